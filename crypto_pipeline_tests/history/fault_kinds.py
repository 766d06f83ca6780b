"""The faults of the matrix: what the simulator is told, and what an error has to say of it.

What belongs here: each fault once, as lasting or as passing. What does not: where it strikes
(`fault_matrix.py`). The simulator's faults of websockets are not here: history has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

EVERYWHERE = frozenset({"binance", "okx", "bybit", "coinbase"})
TIMEOUT = 1.0
"""Seconds that an answer may take in the cells of delays."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a source fails.

    Attributes:
        name: as the page writes it; whatever does not say how often it strikes strikes always.
        rule: of the simulator, without the place.
        reasons: an error has one of them.
        exchanges: at which it can be.
        of_files: it is one of archives alone.
        of_months: of monthly files alone.
        of_rest: of REST alone.
        first_host: it strikes the first host alone, where there are others.
        of_host: it strikes all that its hosts do, not only the answers that hold rows.
        of_exchange: it strikes all hosts of the exchange, the archive's too.
        over_tls: it needs connections with TLS.
        hasty: it needs a short time-out.
        sampled: one cell of it is a test.
    """

    name: str
    rule: Mapping[str, object]
    reasons: tuple[str, ...] = ()
    exchanges: frozenset[str] = field(default=EVERYWHERE, kw_only=True)
    of_files: bool = field(default=False, kw_only=True)
    of_months: bool = field(default=False, kw_only=True)
    of_rest: bool = field(default=False, kw_only=True)
    first_host: bool = field(default=False, kw_only=True)
    of_host: bool = field(default=False, kw_only=True)
    of_exchange: bool = field(default=False, kw_only=True)
    over_tls: bool = field(default=False, kw_only=True)
    hasty: bool = field(default=False, kw_only=True)
    sampled: bool = field(default=True, kw_only=True)

    def rules(self, exchange: str, hosts: Sequence[str], path: str) -> list[dict[str, object]]:
        """The simulator's rules for one load."""
        if self.of_exchange:
            return [{"exchange": exchange, **self.rule}]
        struck = hosts[:1] if self.first_host else hosts
        where = {} if self.of_host or self.first_host else {"path": path}
        return [{"host": host, **where, **self.rule} for host in struck]


def _said(status: int, body: object, *reasons: str, exchange: str, name: str) -> Fault:
    """A refusal in an exchange's own words."""
    rule = {"kind": "status", "status": status, "body": body}
    own, sampled = frozenset({exchange}), name in SAMPLED
    return Fault(name, rule, reasons, exchanges=own, of_rest=True, sampled=sampled)


def _of_bybit(code: int, message: str) -> Fault:
    body = {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": 0}
    return _said(200, body, str(code), exchange="bybit", name=f"retCode {code} with HTTP 200")


def _of_okx(status: int, code: str, message: str) -> Fault:
    body = {"code": code, "msg": message, "data": []}
    return _said(status, body, code, exchange="okx", name=f"code {code} with HTTP {status}")


def _of_binance(status: int, code: int, message: str) -> Fault:
    body = {"code": code, "msg": message}
    return _said(status, body, str(code), exchange="binance", name=f"code {code}, HTTP {status}")


SAMPLED = ("retCode 10006 with HTTP 200", "code 50011 with HTTP 200")
TWICE: Mapping[str, object] = {"times": 2}
NO_ANSWER = ("no whole answer", "failed 3 times in a row")
UNREADABLE = ("no whole answer", "no whole JSON answer", *NO_ANSWER[1:], ", expected ")

OF_HTTP = (
    Fault("400", {"kind": "status", "status": 400}, ("HTTP 400",)),
    Fault("401", {"kind": "status", "status": 401}, ("HTTP 401",), sampled=False),
    Fault("403", {"kind": "403"}, ("(403)",)),
    Fault("403 at the first host", {"kind": "403"}, ("(403)",), first_host=True, sampled=False),
    Fault("418", {"kind": "418"}, ("(418)",)),
    Fault("451", {"kind": "451"}, ("(451)",)),
    Fault("500", {"kind": "500"}, ("HTTP 500",)),
    Fault("500 twice", {"kind": "500", **TWICE}, ("HTTP 500",), sampled=False),
    Fault("502", {"kind": "502"}, ("HTTP 502",)),
    Fault("503", {"kind": "503"}, ("HTTP 503",)),
    Fault("503, one of three", {"kind": "503", "rate": 0.33}, ("HTTP 503",), of_exchange=True),
    Fault("429", {"kind": "429"}, ("HTTP 429",), sampled=False),
    Fault("429 twice, Retry-After: 2", {"kind": "429", "retry_after": 2, **TWICE}),
    Fault("429, Retry-After: 5 days", {"kind": "429", "retry_after": 432_000}, ("HTTP 429",)),
    Fault("429 twice, no Retry-After", {"kind": "status", "status": 429, **TWICE}),
)
OF_TIME = (
    Fault("delay within the time-out", {"kind": "delay", "seconds": 0.3, "times": 3}),
    Fault("delay beyond the time-out, twice", {"kind": "slow", "seconds": 3, **TWICE}, hasty=True),
    Fault(
        "delay beyond the time-out",
        {"kind": "delay", "seconds": 3},
        ("Timeout",),
        hasty=True,
        sampled=False,
    ),
    Fault("clock skew, 1 h ahead", {"kind": "clock_skew", "seconds": 3600}, of_exchange=True),
    Fault(
        "clock skew, 1 h behind",
        {"kind": "clock_skew", "seconds": -3600},
        of_exchange=True,
        sampled=False,
    ),
)
OF_BODIES = (
    Fault("drop twice", {"kind": "drop", **TWICE}, NO_ANSWER),
    Fault("drop", {"kind": "drop"}, NO_ANSWER, sampled=False),
    Fault("wrong Content-Length", {"kind": "wrong_content_length"}, NO_ANSWER),
    Fault("truncated body twice", {"kind": "truncate_body", **TWICE}, UNREADABLE, sampled=False),
    Fault("truncated body", {"kind": "truncate_body"}, UNREADABLE),
    Fault("truncated JSON", {"kind": "truncated_json"}, UNREADABLE, of_rest=True),
    Fault("corrupt body twice", {"kind": "corrupt", **TWICE}, UNREADABLE, sampled=False),
    Fault("corrupt body", {"kind": "corrupt"}, UNREADABLE),
    Fault(
        "404",
        {"kind": "missing"},
        ("does not have it", "they come with the archive's file"),
    ),
)
OF_CONNECTIONS = (
    Fault("connection reset twice", {"kind": "connection_reset", **TWICE}, NO_ANSWER),
    Fault("connection reset", {"kind": "connection_reset"}, NO_ANSWER, sampled=False),
    Fault("connection refused", {"kind": "connection_refused"}, NO_ANSWER, of_host=True),
    Fault(
        "connection refused at the first host",
        {"kind": "connection_refused"},
        NO_ANSWER,
        first_host=True,
        sampled=False,
    ),
    Fault("outage", {"kind": "outage"}, NO_ANSWER, of_host=True, sampled=False),
    Fault("outage of archive and REST", {"kind": "outage"}, NO_ANSWER, of_exchange=True),
    Fault("500 of archive and REST", {"kind": "500"}, ("HTTP 500",), of_exchange=True),
    Fault("403 of archive and REST", {"kind": "403"}, ("(403)",), of_exchange=True, sampled=False),
    Fault("TLS failure", {"kind": "tls_failure"}, ("ssl",), of_host=True, over_tls=True),
)
OF_FILES = (
    Fault(
        "wrong checksum",
        {"kind": "wrong_checksum"},
        ("expected sha256",),
        of_files=True,
        exchanges=frozenset({"binance"}),
    ),
    Fault("truncated row", {"kind": "truncate_row"}, ("fields",), of_files=True),
    Fault(
        "a row that only the daily file has",
        {"kind": "month_differs", "row": 3},
        ("as the exchange's own settlement times show",),
        of_files=True,
        of_months=True,
    ),
)
OWN_WORDS = (
    _of_okx(429, "50011", "Too Many Requests"),
    _of_okx(200, "50011", "Too Many Requests"),
    _of_okx(200, "50001", "Service temporarily unavailable. Try again later"),
    _of_okx(200, "51001", "Instrument ID doesn't exist."),
    _of_bybit(10006, "Too many visits. Exceeded the API Rate Limit."),
    _of_bybit(10016, "Server error."),
    _of_bybit(10001, "params error: symbol invalid"),
    _of_bybit(10024, "Compliance rules triggered."),
    _of_binance(400, -1121, "Invalid symbol."),
    _of_binance(429, -1003, "Too much request weight used; current limit is 6000 per 1 MINUTE."),
    _of_binance(503, -1008, "Server is currently overloaded with other requests."),
    _of_binance(401, -2015, "Invalid API-key, IP, or permissions for action."),
    _said(
        404,
        {"error": "NOT_FOUND", "error_details": "valid product_id is required", "message": ""},
        "NOT_FOUND",
        exchange="coinbase",
        name="NOT_FOUND",
    ),
    _said(401, "Unauthorized\n", "HTTP 401", exchange="coinbase", name="Unauthorized"),
    _said(429, "Too Many Requests\n", "HTTP 429", exchange="coinbase", name="Too Many Requests"),
)

FAULTS = (*OF_HTTP, *OF_TIME, *OF_BODIES, *OF_CONNECTIONS, *OF_FILES, *OWN_WORDS)
