"""The shape of a message: its keys, nesting and types without its values.

What belongs here: the shape of one JSON value, and where two shapes part. What does not: which
messages are compared, and what was captured.
"""

from __future__ import annotations

import json
import re
from typing import Any

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TEXTS = ((re.compile(""), "empty text"), (_NUMBER, "number text"), (_TIME, "time text"))


def shape(value: Any) -> Any:
    """What a JSON value looks like.

    Args:
        value: as `json.loads` gives it; text of a whole message is to be loaded first.

    Returns:
        Of an object, its keys with the shape of each value; of a list, the distinct shapes of its
        items in a fixed order; of anything else, a name: `number text`, `time text` (ISO 8601),
        `uuid text`, `empty text`, `text`, `integer`, `fraction`, `boolean`, `null`.
    """
    if isinstance(value, dict):
        return {key: shape(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        found = {json.dumps(each, sort_keys=True): each for each in map(shape, value)}
        return [found[text] for text in sorted(found)]
    return _name(value)


def _name(value: Any) -> str:
    if isinstance(value, str):
        named = (name for pattern, name in (*_TEXTS, (_UUID, "uuid text")) if _is(pattern, value))
        return next(named, "text")
    names: dict[type, str] = {bool: "boolean", int: "integer", float: "fraction"}
    return names.get(type(value), "null")


def _is(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def differences(seen: Any, expected: Any, where: str = "$") -> list[str]:
    """Where two shapes part, one line each; none if they agree.

    An empty list agrees with every list: an answer without rows says nothing of its rows.

    Args:
        seen: shape of our message.
        expected: shape of the captured one.
        where: path of the two in their messages.
    """
    if isinstance(seen, dict) and isinstance(expected, dict):
        return _of_objects(seen, expected, where)
    if isinstance(seen, list) and isinstance(expected, list):
        return _of_lists(seen, expected, where)
    return [] if seen == expected else [f"{where}: {_short(seen)} is not {_short(expected)}"]


def _of_objects(seen: dict[str, Any], expected: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}.{key}: not in the captured one" for key in seen if key not in expected]
    found += [f"{where}.{key}: missing" for key in expected if key not in seen]
    for key in seen.keys() & expected.keys():
        found += differences(seen[key], expected[key], f"{where}.{key}")
    return sorted(found)


def _of_lists(seen: list[Any], expected: list[Any], where: str) -> list[str]:
    """Each item of ours has its like among the captured ones."""
    if not seen or not expected:
        return []
    found: list[str] = []
    for item in seen:
        parted = [differences(item, like, f"{where}[]") for like in expected]
        nearest = min(parted, key=len)
        found += nearest
    return found


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 100 else f"{text[:100]}..."
