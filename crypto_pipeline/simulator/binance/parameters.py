"""What a REST request says: its parameters read, or the exchange's error for a bad one.

What belongs here: codes -11xx and their messages. What does not: what is answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from crypto_pipeline.simulator.market.timeframes import HOUR, MINUTE

Query = Mapping[str, str]

DEFAULT_ROWS = 500
SYMBOLS = r"^[\w\-._&&[^a-z]]{1,50}$"
"""The legal range of a symbol, as the exchange's message writes it."""

_SYMBOL = re.compile(r"[\w\-.]{1,50}")
_NUMBERS = "^[0-9]{1,20}$"
_ZONE = re.compile(r"([+-]?)(\d{1,2})(?::(\d{2}))?")
_FIRST_MICROSECONDS = 10**14


class RequestError(Exception):
    """A request that Binance refuses with a code and a message; HTTP 400 unless it says other."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(code, message)


def required(query: Query, name: str) -> str:
    """A parameter that has to be there.

    Raises:
        RequestError: it is not, or is empty.
    """
    if not query.get(name):
        raise RequestError(
            -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
        )
    return query[name]


def illegal(name: str, legal: str) -> RequestError:
    """The error for characters that a parameter may not have."""
    message = f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    return RequestError(-1100, message)


def symbol_text(text: str, parameter: str = "symbol") -> str:
    """A symbol that may exist: upper case, 50 characters at most.

    Raises:
        RequestError: it may not.
    """
    if not _SYMBOL.fullmatch(text) or text != text.upper():
        raise illegal(parameter, SYMBOLS)
    return text


def symbol_texts(query: Query) -> list[str] | None:
    """What `symbol` or the JSON list `symbols` name; None where neither is there.

    Raises:
        RequestError: the list is no list of symbols, or both are there.
    """
    if "symbol" in query and "symbols" in query:
        raise RequestError(-1128, "Combination of optional parameters invalid.")
    if "symbols" not in query:
        return [symbol_text(query["symbol"])] if "symbol" in query else None
    try:
        symbols = json.loads(query["symbols"])
    except (ValueError, RecursionError):
        symbols = None
    if not isinstance(symbols, list) or not all(isinstance(text, str) for text in symbols):
        raise illegal("symbols", '^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}")*\\]$')
    return [symbol_text(text) for text in symbols]


def whole(query: Query, name: str) -> int | None:
    """A number without sign; None where it is absent.

    Raises:
        RequestError: it is no such number.
    """
    text = query.get(name)
    if text is None:
        return None
    if not re.fullmatch(_NUMBERS, text, re.ASCII):
        raise illegal(name, _NUMBERS)
    return int(text)


def rough_limit(query: Query, default: int = DEFAULT_ROWS) -> int:
    """What `limit` says, before it is judged: `default` where it is no number."""
    text = query.get("limit", "")
    return int(text) if re.fullmatch(_NUMBERS, text, re.ASCII) else default


def row_limit(query: Query, most: int, default: int = DEFAULT_ROWS) -> int:
    """How many rows to give: more than `most` is silently `most`.

    Raises:
        RequestError: it is no number, or below 1.
    """
    text = query.get("limit", str(default))
    if not re.fullmatch(r"-?[0-9]{1,20}", text, re.ASCII):
        raise illegal("limit", _NUMBERS)
    if int(text) < 1:
        raise RequestError(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(int(text), most)


def time_ms(query: Query, name: str) -> int | None:
    """A time in ms, None where it is absent; µs are recognised by their size.

    Raises:
        RequestError: it is no number.
    """
    value = whole(query, name)
    if value is None:
        return None
    return value // 1000 if value >= _FIRST_MICROSECONDS else value


def zone_offset(query: Query) -> int:
    """`timeZone` in ms east of UTC: `0`, `8`, `-1:00`, `05:45`, within -12:00 and +14:00.

    Raises:
        RequestError: it is none of these.
    """
    named = _ZONE.fullmatch(query.get("timeZone", "0"))
    if named is not None:
        sign, hours, minutes = named[1], int(named[2]), int(named[3] or 0)
        offset = (hours * HOUR + minutes * MINUTE) * (-1 if sign == "-" else 1)
        if minutes < 60 and -12 * HOUR <= offset <= 14 * HOUR:
            return offset
    raise RequestError(-1130, "Data sent for parameter 'timeZone' is not valid.")
