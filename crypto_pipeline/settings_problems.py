"""What is wrong with the settings, told to a person.

What belongs here: turning validation errors into a line each that names the key as it was written,
the value, where it came from and what is valid. What does not: deciding what is valid
(`settings.py`), or reading the layers (`settings_sources.py`).

A secret never reaches these lines: the value of an unknown key is not shown, and of a value with
userinfo only what stands behind it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from crypto_pipeline.settings_sources import KeyPath, Layer

MASK = "***"


def explain(
    error: ValidationError, layers: Sequence[Layer], model: type[BaseModel], valid: list[KeyPath]
) -> str:
    """Say in words what a validation found.

    Args:
        error: what pydantic found.
        layers: the layers that were merged, the strongest first.
        model: the settings, whose field descriptions say what is valid.
        valid: the paths of all settings, for suggestions.
    """
    details = error.errors(include_url=False, include_context=True)
    unknown = {_path(detail) for detail in details if _is_unknown(detail)}
    lines = [line for path in unknown for line in _unknown_lines(path, layers, valid)]
    for detail in details:
        path = _path(detail)
        if not any(path[: len(other)] == other for other in unknown):
            lines.append(_wrong_line(detail, path, layers, model))
    return "\n".join(["wrong settings:", *(f"  {line}" for line in sorted(set(lines)))])


def shown(value: object, *, secret: bool = False) -> str:
    """A value as an error may show it: short, without userinfo.

    Args:
        value: as it was written.
        secret: whether it may hold a password anywhere but in a plain `scheme://host:port`.
    """
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set):
        return "a list"
    text = without_userinfo(str(value))
    if secret and not re.fullmatch(r"[a-z0-9+]{1,8}://(\*\*\*@)?[\w.\[\]-]*(:\w{0,5})?/?", text):
        return MASK
    return f"'{text[:197] + '...' if len(text) > 200 else text}'"


def without_userinfo(text: str) -> str:
    """The text with all that stands before its last `@`, but a scheme, replaced by `***`."""
    if "@" not in text:
        return text
    return re.sub(r"(?s)^(\s*[A-Za-z0-9+]{1,8}://)?.*@", rf"\1{MASK}@", text)


def _is_unknown(detail: ErrorDetails) -> bool:
    return detail["type"] == "extra_forbidden" or detail["loc"][-1] == "[key]"


def _path(detail: ErrorDetails) -> KeyPath:
    """Where the setting stands, without positions in a list."""
    return tuple(key for key in detail["loc"] if isinstance(key, str) and key != "[key]")


def _unknown_lines(path: KeyPath, layers: Sequence[Layer], valid: list[KeyPath]) -> list[str]:
    return [
        _unknown_line(leaf, layer, valid)
        for layer in layers
        if layer.gives(path)
        for leaf in layer.leaves(path)
    ]


def _unknown_line(path: KeyPath, layer: Layer, valid: list[KeyPath]) -> str:
    name = layer.written(path)
    names = [layer.written(other) for other in valid]
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
    return f"{name} ({layer.where}): there is no such setting; the nearest is {nearest}"


def _wrong_line(
    detail: ErrorDetails, path: KeyPath, layers: Sequence[Layer], model: type[BaseModel]
) -> str:
    layer, written_at, given = _origin(path, layers)
    if detail["type"] == "missing":
        return f"{layer.written(path)} is not set: {_valid(detail, path, model)}"
    if isinstance(detail["loc"][-1], int):
        given = detail["input"]
    value = shown(given, secret="proxy" in path[-1])
    return f"{layer.written(written_at)} = {value} ({layer.where}): {_valid(detail, path, model)}"


def _origin(path: KeyPath, layers: Sequence[Layer]) -> tuple[Layer, KeyPath, Any]:
    """The strongest layer that decides this setting, where it is written there, and its value."""
    layer = next((layer for layer in layers if layer.gives(path)), layers[-1])
    node: Any = layer.tree
    for length, key in enumerate(path):
        if not isinstance(node, Mapping):
            return layer, path[:length], node
        node = node.get(key)
    return layer, path, node


def _valid(detail: ErrorDetails, path: KeyPath, model: type[BaseModel]) -> str:
    """What would be right: our own check's words, else the field's description."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return f"valid is {_description(path, model)}"


def _description(path: KeyPath, model: type[BaseModel]) -> str:
    """The description of the last field on the path; a key of a mapping is none."""
    found, fields = "", model.model_fields
    for key in path:
        if key in fields:
            found = fields[key].description or found
            fields = _fields_below(fields[key].annotation) or fields
    return found


def _fields_below(annotation: Any) -> dict[str, FieldInfo]:
    """The fields of a model, or of the one that a mapping's values are; else none."""
    inner = (get_args(annotation) or (annotation,))[-1]
    return inner.model_fields if isinstance(inner, type) and issubclass(inner, BaseModel) else {}
