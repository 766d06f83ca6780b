"""Fault rules of HTTP: connections, answers, files of an archive, a host's time.

What belongs here: each rule as a person writes it. What does not: carrying it out (`spoiling.py`,
`host.py`, `doors.py`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from crypto_pipeline.simulator.wire.fault_rule import CountedRule, Rule

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OF_THE_BODY = ("content-length", "transfer-encoding")


def _header_name(name: str) -> str:
    if _TOKEN.fullmatch(name) is None:
        raise ValueError("no name of a header; valid are letters, digits and !#$%&'*+-.^_`|~")
    if name.lower() in _OF_THE_BODY:
        raise ValueError("it follows from the body; the rule wrong_content_length spoils it")
    return name


def _header_value(value: str) -> str:
    if _CONTROL.search(value) is not None:
        raise ValueError("a header's value has no control characters, line ends among them")
    return value


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]


class StatusRule(CountedRule):
    """Answer this status, headers and body (text, or any JSON value).

    200 is for exchanges that say what is wrong in the body alone.
    """

    kind: Literal["status"]
    status: Literal[200] | Annotated[int, Field(ge=400, le=599)]
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    body: Any = ""


class RefusalRule(CountedRule):
    """Answer that status with the exchange's own body, or HTML where it documents none.

    502 is HTML always: it comes from the proxy before the exchange.
    """

    kind: Literal["403", "418", "451", "500", "502", "503"]


class TooManyRequestsRule(CountedRule):
    """Answer 429 with the exchange's own body.

    Attributes:
        retry_after: seconds that `Retry-After` says; None is 1 where the exchange sends that
            header, and no header elsewhere.
    """

    kind: Literal["429"]
    retry_after: Annotated[int, Field(ge=0)] | None = None


class DelayRule(CountedRule):
    """Wait for `seconds` before the answer, or before a handshake."""

    kind: Literal["delay", "slow"]
    seconds: Annotated[float, Field(ge=0, le=600)]


class BodyRule(CountedRule):
    """Spoil the answer.

    `drop` closes the connection in the middle of the body, `corrupt` flips eight bytes,
    `truncate_body` gives the first half with a Content-Length that agrees, `truncated_json` the
    same of JSON alone, `wrong_content_length` says more bytes than follow, `missing` answers 404
    instead, `connection_reset` resets the connection before any answer.
    """

    kind: Literal[
        "drop",
        "corrupt",
        "truncate_body",
        "truncated_json",
        "wrong_content_length",
        "missing",
        "connection_reset",
    ]


class WrongChecksumRule(CountedRule):
    """Answer another hash than the file's; meets `.CHECKSUM` requests of files that match."""

    kind: Literal["wrong_checksum"]


class TruncateRowRule(CountedRule):
    """Change a file of an archive: one row of its CSV ends after some columns.

    The `.CHECKSUM` agrees with the changed file. `times`, `after` and `rate` count files, not
    requests: a file that was changed stays so.

    Attributes:
        row: which, counted from 1, a header included; None is the middle one.
        columns: how many of its columns are left.
    """

    kind: Literal["truncate_row"]
    row: Annotated[int, Field(ge=1)] | None = None
    columns: Annotated[int, Field(ge=1, le=11)] = 5


class MonthDiffersRule(CountedRule):
    """Leave a row out of a monthly file that the daily file has; counts files, not requests.

    Attributes:
        row: which, counted from 1, a header included; None is the middle one.
    """

    kind: Literal["month_differs"]
    row: Annotated[int, Field(ge=1)] | None = None


class DoorRule(Rule):
    """Let nobody in.

    `connection_refused` closes the listeners, `outage` also ends every open connection,
    `tls_failure` fails each TLS handshake.
    """

    kind: Literal["connection_refused", "outage", "tls_failure"]


class ClockSkewRule(Rule):
    """Shift the time that the exchange's hosts tell and live in by `seconds`.

    It is always of an exchange or of all; a rule with a host skews that host's exchange.
    """

    kind: Literal["clock_skew"]
    seconds: Annotated[float, Field(ge=-86_400, le=86_400)]


FileRule = TruncateRowRule | MonthDiffersRule
HttpRule = StatusRule | RefusalRule | TooManyRequestsRule | BodyRule | WrongChecksumRule | FileRule
