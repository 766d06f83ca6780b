"""What a websocket client asks: SUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, ..., or an error.

What belongs here: reading one message, and the exchange's codes 0 to 3. What does not: doing it
(`conversation.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from crypto_pipeline.simulator.wire.answers import compact

METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
LONGEST_ID = 36
"""Characters of a text as request id."""
COMBINED = "combined"
"""The only property."""

_INT64 = 1 << 63
_LEAST_PARAMETERS = {"SET_PROPERTY": 2, "GET_PROPERTY": 1}


class SpeechError(Exception):
    """A message that the exchange answers with an error frame."""

    def __init__(self, code: int, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(code, message)

    def text(self) -> bytes:
        """The error frame."""
        return compact({"code": self.code, "msg": self.message})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        method: one of `METHODS`.
        names: stream names, or the property's.
        value: that a property is set to.
        number: the request's id, to be sent back.
    """

    method: str
    names: tuple[str, ...]
    value: bool
    number: int | str | None

    def reply(self, result: object) -> bytes:
        """The frame that answers it."""
        return compact({"result": result, "id": self.number})


def read(message: str | bytes) -> Asked:
    """Read one message.

    Raises:
        SpeechError: it is no JSON, no known request, or a parameter is wrong.
    """
    text = message if isinstance(message, str) else message.decode("utf-8", "replace")
    document, end = _parsed(text), f"at line 1 column {len(text)}"
    if not isinstance(document, dict):
        raise _invalid(f"invalid type: expected struct Request {end}")
    method = _method(document, text)
    number, parameters = _id(document.get("id")), document.get("params", [])
    if not isinstance(parameters, list):
        raise _invalid(f"invalid type: expected a sequence {end}")
    if method in _LEAST_PARAMETERS:
        return _property(method, parameters, number)
    if not all(isinstance(name, str) for name in parameters):
        raise _invalid(f"invalid type: expected a string {end}")
    return Asked(method, tuple(parameters), value=False, number=number)


def _method(document: dict[str, object], text: str) -> str:
    method = document.get("method")
    if method is None:
        raise _invalid(f"missing field `method` at line 1 column {len(text)}")
    if method not in METHODS:
        known = ", ".join(f"`{each}`" for each in METHODS)
        at = text.find(str(method)) + len(str(method)) + 1
        raise _invalid(f"unknown variant `{method}`, expected one of {known} at line 1 column {at}")
    return str(method)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno} column {error.colno}"
        raise SpeechError(3, f"Invalid JSON: expected value {where}") from error
    except (RecursionError, ValueError) as error:
        raise SpeechError(3, "Invalid JSON: recursion limit exceeded at line 1") from error


def _id(number: object) -> int | str | None:
    if number is None or (isinstance(number, str) and len(number) <= LONGEST_ID):
        return number
    if isinstance(number, int) and not isinstance(number, bool) and -_INT64 <= number < _INT64:
        return number
    raise _invalid("request ID must be an unsigned integer")


def _property(method: str, parameters: list[object], number: int | str | None) -> Asked:
    if len(parameters) > _LEAST_PARAMETERS[method]:
        raise _invalid("too many parameters")
    if not parameters or not isinstance(parameters[0], str):
        raise _invalid("property name must be a string")
    if parameters[0] != COMBINED:
        raise SpeechError(0, "Unknown property")
    value = parameters[1] if len(parameters) > 1 else None
    if method == "SET_PROPERTY" and not isinstance(value, bool):
        raise SpeechError(1, "Invalid value type: expected Boolean")
    return Asked(method, (COMBINED,), value=value is True, number=number)


def _invalid(what: str) -> SpeechError:
    return SpeechError(2, f"Invalid request: {what}")
