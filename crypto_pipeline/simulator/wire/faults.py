"""Faults on demand: the rules in force, which of them meet what, and how often they struck.

What belongs here: reading rules, counting, choosing. What does not: the rules' own fields
(`http_rules.py`, `frame_rules.py`), and doing it to a socket.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, get_args

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from crypto_pipeline.simulator.clock import SimulatorClock
from crypto_pipeline.simulator.errors import FaultRuleError
from crypto_pipeline.simulator.market.listings import Venue
from crypto_pipeline.simulator.streams.feeds import Frame
from crypto_pipeline.simulator.wire import frame_rules as of_frames
from crypto_pipeline.simulator.wire import http_rules as of_http
from crypto_pipeline.simulator.wire.fault_rule import CountedRule
from crypto_pipeline.simulator.wire.files import CHECKSUM
from crypto_pipeline.simulator.wire.hostnames import HOSTS

AnyRule = Annotated[
    of_http.StatusRule
    | of_http.RefusalRule
    | of_http.TooManyRequestsRule
    | of_http.DelayRule
    | of_http.BodyRule
    | of_http.WrongChecksumRule
    | of_http.TruncateRowRule
    | of_http.MonthDiffersRule
    | of_http.DoorRule
    | of_http.ClockSkewRule
    | of_frames.FrameRule
    | of_frames.CloseRule
    | of_frames.SilenceRule
    | of_frames.SpeechRule,
    Field(discriminator="kind"),
]

_RULES: TypeAdapter[list[AnyRule]] = TypeAdapter(list[AnyRule])
_FIELDS = {
    kind: tuple(rule.model_fields)
    for rule in get_args(get_args(AnyRule)[0])
    for kind in get_args(rule.model_fields["kind"].annotation)
}
"""The fields of a rule, by its kind."""
_SPREAD = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: its multiples fill [0, 2^64) evenly."""


class LiveRule:
    """A rule and how often it met and struck.

    Attributes:
        rule: the rule.
        met: how many requests, frames or connections it was meant for (files, for rules of files).
        struck: how many of them it spoiled.
    """

    def __init__(self, rule: AnyRule) -> None:
        self.rule = rule
        self.met = self.struck = 0
        self._files: dict[str, bool] = {}

    def at(self, host: str) -> bool:
        """Whether it is for that host."""
        ours = self.rule.exchange in (None, HOSTS.get(host))
        return ours and self.rule.host in (None, host)

    def strikes_request(self, path: str) -> bool:
        """Whether this request of its host is to be spoiled; counts it if it is the rule's."""
        file = path.removesuffix(CHECKSUM)
        if isinstance(self.rule, of_http.FileRule):
            return self._strikes_file(file)
        if isinstance(self.rule, of_http.WrongChecksumRule):
            met = path.endswith(CHECKSUM) and self.on(path, file)
        else:
            met = self.on(path)
        return met and self.count()

    def _strikes_file(self, file: str) -> bool:
        monthly = not isinstance(self.rule, of_http.MonthDiffersRule) or "/monthly/" in file
        if not (file.endswith((".zip", ".gz")) and monthly and self.on(file)):
            return False
        if file not in self._files:
            self._files[file] = self.count()
        return self._files[file]

    def strikes_frame(self, path: str, channel: str, symbol: str) -> bool:
        """Whether this frame of its host is to be spoiled; counts it if it is the rule's."""
        rule = self.rule
        if not isinstance(rule, of_frames.ChannelRule) or not self.on(path):
            return False
        wanted = rule.channel or (of_frames.BOOK if rule.kind == "sequence_gap" else None)
        if wanted is not None and not wanted.search(channel):
            return False
        named = rule.symbol is None or rule.symbol.upper() == symbol.upper()
        return named and self.count()

    def on(self, *paths: str) -> bool:
        """Whether one of the paths is the rule's."""
        rule = self.rule
        return isinstance(rule, CountedRule) and any(rule.path.search(path) for path in paths)

    def count(self) -> bool:
        """Count one that it met; whether it is struck."""
        rule = self.rule
        if not isinstance(rule, CountedRule):
            return False
        self.met += 1
        if self.met <= rule.after or self.struck == rule.times:
            return False
        if rule.rate is not None and self.met * _SPREAD % 2**64 >= rule.rate * 2**64:
            return False
        self.struck += 1
        return True

    def described(self) -> dict[str, object]:
        """The rule as JSON, with its counts."""
        return {**self.rule.model_dump(mode="json"), "met": self.met, "struck": self.struck}


class FaultBook:
    """The rules in force.

    Args:
        clock: the simulated time, for rules with a start or an end.

    Attributes:
        rules: all of them, in the order they were given.
        changes: how often they were replaced.
    """

    def __init__(self, clock: SimulatorClock) -> None:
        self.rules: list[LiveRule] = []
        self.changes = 0
        self._clock = clock

    def replace(self, rules: list[AnyRule]) -> None:
        """Put these rules, with counts at 0, in place of all others."""
        self.rules = [LiveRule(rule) for rule in rules]
        self.changes += 1

    def met_by(self, host: str, path: str) -> list[of_http.HttpRule | of_http.DelayRule]:
        """The rules to carry out on this request: delays, then at most one other."""
        found: list[of_http.HttpRule | of_http.DelayRule] = []
        for live in self.live(host):
            rule = live.rule
            if not isinstance(rule, of_http.HttpRule | of_http.DelayRule):
                continue
            if live.strikes_request(path):
                found.append(rule)
                if not isinstance(rule, of_http.DelayRule):
                    break
        return found

    def frame_rule(
        self, host: str, path: str, frame: Frame
    ) -> of_frames.FrameRule | of_frames.CloseRule | None:
        """The first rule that strikes this frame of a connection opened at `path`."""
        for live in self.live(host):
            rule = live.rule
            spoils = isinstance(rule, of_frames.FrameRule) and frame.channel != ""
            if not spoils and not isinstance(rule, of_frames.CloseRule):
                continue
            if live.strikes_frame(path, frame.channel, frame.symbol):
                return rule  # type: ignore[return-value] # narrowed by the two lines above
        return None

    def closing(self, host: str, path: str) -> of_frames.CloseRule | None:
        """The rule that closes this connection without waiting for a frame."""
        for live in self.live(host):
            rule = live.rule
            if not isinstance(rule, of_frames.CloseRule) or rule.after or rule.rate is not None:
                continue
            if rule.channel is None and rule.symbol is None and live.strikes_frame(path, "", ""):
                return rule
        return None

    def silences(self, host: str, path: str) -> list[LiveRule]:
        """The rules that may silence a connection opened at `path`."""
        found = (live for live in self.live(host) if isinstance(live.rule, of_frames.SilenceRule))
        return [live for live in found if live.on(path)]

    def speech(self, name: str, host: str, path: str, channel: str, symbol: str) -> bool:
        """Whether what an exchange says is changed by the rule of that name."""
        return any(
            live.rule.kind == name and live.strikes_frame(path, channel, symbol)
            for live in self.live(host)
        )

    def door(self, host: str, *kinds: str) -> bool:
        """Whether a rule of one of the kinds keeps everybody out of a host."""
        return any(live.rule.kind in kinds for live in self.live(host))

    def skew(self, exchange: Venue) -> float:
        """Seconds that the exchange's time is ahead of the simulated time."""
        rules = (live.rule for live in self.live() if self._skews(live, exchange))
        return sum(rule.seconds for rule in rules if isinstance(rule, of_http.ClockSkewRule))

    def _skews(self, live: LiveRule, exchange: Venue) -> bool:
        of_host = HOSTS.get(live.rule.host or "", live.rule.exchange)
        return of_host in (None, exchange)

    def live(self, host: str | None = None) -> Iterator[LiveRule]:
        """The rules whose time it is, of a host if one is given."""
        for live in self.rules:
            rule = live.rule
            if host is not None and not live.at(host):
                continue
            if rule.start is None and rule.end is None:
                yield live
                continue
            now = self._clock.now()
            begun = rule.start is None or rule.start <= now
            if begun and (rule.end is None or now < rule.end):
                yield live


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
        wrong = "; ".join(_told(problem) for problem in error.errors(include_url=False))
        raise FaultRuleError(where, wrong) from error


def _told(problem: ErrorDetails) -> str:
    place = ".".join(str(part) for part in problem["loc"]) or "the whole"
    if problem["type"] != "extra_forbidden":
        return f"{place}: {problem['msg']}"
    return f"{place}: no such field; valid are {', '.join(_FIELDS[str(problem['loc'][1])])}"
