"""Faults on demand: what goes wrong, where, how often.

What belongs here: the rules as a person writes them, and which of them an answer meets. What does
not: doing it to a socket (`host.py`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from crypto_pipeline.errors import FaultRuleError

HostName = Literal[
    "api.binance.com", "data-api.binance.vision", "fapi.binance.com", "data.binance.vision"
]
HOSTS: tuple[HostName, ...] = get_args(HostName)

CHECKSUM = ".CHECKSUM"


class Rule(BaseModel):
    """One rule; the first that meets a request decides, except that a delay lets others follow.

    Attributes:
        host: the production host it is for; None is any.
        path: a regular expression that is searched for in the path (anchor it with ^ and $).
        times: how often it strikes; None is always.
        after: how many requests that it meets are let through first.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str
    host: HostName | None = None
    path: re.Pattern[str] = re.compile("")
    times: Annotated[int, Field(ge=1)] | None = None
    after: Annotated[int, Field(ge=0)] = 0


class StatusRule(Rule):
    """Answer this status, headers and body (text, or any JSON value)."""

    kind: Literal["status"]
    status: Annotated[int, Field(ge=400, le=599)]
    headers: dict[str, str] = {}
    body: Any = ""


class TooManyRequestsRule(Rule):
    """Answer 429 with `Retry-After: <retry_after>` (seconds)."""

    kind: Literal["429"]
    retry_after: Annotated[int, Field(ge=0)] = 1


class DelayRule(Rule):
    """Wait for `seconds` before the answer."""

    kind: Literal["delay"]
    seconds: Annotated[float, Field(ge=0, le=600)]


class BodyRule(Rule):
    """Spoil the answer's body.

    `drop` closes the connection in the middle of it, `corrupt` flips eight bytes, `truncate_body`
    gives the first half with a Content-Length that agrees, `missing` answers 404 instead.
    """

    kind: Literal["drop", "corrupt", "truncate_body", "missing"]


class WrongChecksumRule(Rule):
    """Answer another hash than the file's; meets `.CHECKSUM` requests of files that match."""

    kind: Literal["wrong_checksum"]


class TruncateRowRule(Rule):
    """Change a zip of the archive: one row of its CSV ends after some columns.

    The `.CHECKSUM` agrees with the changed file. `times` and `after` count files, not requests: a
    file that was changed stays so.

    Attributes:
        row: which, counted from 1, a header included; None is the middle one.
        columns: how many of its columns are left.
    """

    kind: Literal["truncate_row"]
    row: Annotated[int, Field(ge=1)] | None = None
    columns: Annotated[int, Field(ge=1, le=11)] = 5


AnyRule = Annotated[
    StatusRule | TooManyRequestsRule | DelayRule | BodyRule | WrongChecksumRule | TruncateRowRule,
    Field(discriminator="kind"),
]

_RULES: TypeAdapter[list[AnyRule]] = TypeAdapter(list[AnyRule])


class LiveRule:
    """A rule and how often it met and struck.

    Attributes:
        rule: the rule.
        met: how many requests it was meant for (files, for `truncate_row`).
        struck: how many of them it spoiled.
    """

    def __init__(self, rule: AnyRule) -> None:
        self.rule = rule
        self.met = self.struck = 0
        self._files: dict[str, bool] = {}

    def strikes(self, host: str, path: str) -> bool:
        """Whether this request is to be spoiled; counts it if it is one of the rule's."""
        if self.rule.host not in (None, host):
            return False
        file = path.removesuffix(CHECKSUM)
        if isinstance(self.rule, TruncateRowRule):
            return self._strikes_file(file)
        if isinstance(self.rule, WrongChecksumRule):
            met = path.endswith(CHECKSUM) and self._matches(path, file)
        else:
            met = self._matches(path)
        return met and self._count()

    def _strikes_file(self, file: str) -> bool:
        if not file.endswith(".zip") or not self._matches(file):
            return False
        if file not in self._files:
            self._files[file] = self._count()
        return self._files[file]

    def _matches(self, *paths: str) -> bool:
        return any(self.rule.path.search(path) for path in paths)

    def _count(self) -> bool:
        self.met += 1
        if self.met <= self.rule.after:
            return False
        if self.rule.times is not None and self.struck >= self.rule.times:
            return False
        self.struck += 1
        return True

    def described(self) -> dict[str, object]:
        """The rule as JSON, with its counts."""
        return {**self.rule.model_dump(mode="json"), "met": self.met, "struck": self.struck}


class FaultBook:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[LiveRule] = []

    def replace(self, rules: list[AnyRule]) -> None:
        """Put these rules, with counts at 0, in place of all others."""
        self.rules = [LiveRule(rule) for rule in rules]

    def met_by(self, host: str, path: str) -> list[AnyRule]:
        """The rules to carry out on this request: delays, then at most one other."""
        found: list[AnyRule] = []
        for live in self.rules:
            if live.strikes(host, path):
                found.append(live.rule)
                if not isinstance(live.rule, DelayRule):
                    break
        return found


def parse_rules(text: str | bytes, where: str) -> list[AnyRule]:
    """Read a JSON list of rules.

    Args:
        text: the list.
        where: what holds it, for the error.

    Raises:
        FaultRuleError: it is no JSON list of valid rules; every wrong place is named.
    """
    try:
        return _RULES.validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'the whole'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        raise FaultRuleError(where, wrong) from error
