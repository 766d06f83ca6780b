"""The layers that settings are read from: files, the environment, arguments.

What belongs here: reading each layer into one shape, and remembering what its user wrote where.
What does not: which settings exist and what is valid (`settings.py`), or telling a person what is
wrong (`settings_problems.py`). Values stay as they were written; nothing is validated here but
that a file can be read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from crypto_pipeline.errors import SettingsError

PREFIX = "CRYPTO_"
DELIMITER = "__"
CONFIG_KEY = "CRYPTO_CONFIG"
CONFIG_FILE = "crypto_pipeline.yaml"
ENV_FILE = ".env"
IGNORED = re.compile(r"CRYPTO_(REAL_DATA|CONFIG|LAKE_.*)")
"""Variables with our prefix that others read: the tests, the layers themselves, dbt's profile."""
BASE = "packaged base.yaml"

KeyPath = tuple[str, ...]
"""Where a setting stands: `("venues", "binance", "symbols")`."""


class Layer(PydanticBaseSettingsSource):
    """One source of settings.

    Attributes:
        where: the layer's name for a person: `environment`, a file's path, `argument`.
        tree: the values as written, nested by key.
        as_names: whether its user writes keys as variable names (`CRYPTO_HOME`), not dotted.
    """

    def __init__(
        self, settings: type[BaseSettings], where: str, tree: dict[str, Any], *, as_names: bool
    ) -> None:
        super().__init__(settings)
        self.where, self.tree, self.as_names = where, tree, as_names

    def __call__(self) -> dict[str, Any]:
        """The values as written, for pydantic-settings to merge."""
        return self.tree

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One top-level value, its key, and that it needs no decoding."""
        return self.tree.get(field_name), field_name, False

    def gives(self, path: KeyPath) -> bool:
        """Whether a value in this layer decides the setting at `path`."""
        node: Any = self.tree
        for key in path:
            if not isinstance(node, Mapping):
                return True
            if key not in node:
                return False
            node = node[key]
        return True

    def written(self, path: KeyPath) -> str:
        """The key at `path` as the user of this layer writes it."""
        if self.as_names:
            return PREFIX + DELIMITER.join(path).upper()
        return ".".join(path)

    def leaves(self, path: KeyPath) -> list[KeyPath]:
        """The paths of all values at and under `path`."""
        node: Any = self.tree
        for key in path:
            node = node[key]
        return list(_leaves(node, path))


def read_layers(settings: type[BaseSettings], arguments: Mapping[str, Any]) -> list[Layer]:
    """Read every layer, the strongest first.

    Raises:
        SettingsError: a file cannot be read, or is not what its kind asks for.
    """
    env_file = Path(ENV_FILE).absolute()
    dotenv, environment = _ours(_read_dotenv(env_file)), _ours(os.environ)
    config = _config_path({**dotenv, **environment})
    return [
        Layer(settings, "argument", dict(arguments), as_names=False),
        Layer(settings, "environment", nested(environment), as_names=True),
        Layer(settings, str(env_file), nested(dotenv), as_names=True),
        Layer(settings, str(config), _read_config(config), as_names=False),
        Layer(settings, BASE, read_base(), as_names=False),
    ]


def read_base() -> dict[str, Any]:
    """The packaged defaults."""
    text = files("crypto_pipeline").joinpath("base.yaml").read_text(encoding="utf-8")
    return parse_yaml(text, BASE)


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """Read YAML text whose top is a mapping; empty text is an empty one.

    Raises:
        SettingsError: the text is no YAML, or its top is something else; names file and line, and
            never quotes the line, which may hold a secret.
    """
    try:
        loaded = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SettingsError(f"{where}{place}: this is not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise SettingsError(f"{where}: this is not YAML: unreadable characters") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise SettingsError(f"{where}, line 1: the file has to be `key: value` lines")
    return {str(key): _text_keys(value) for key, value in loaded.items()}


def nested(variables: Mapping[str, str]) -> dict[str, Any]:
    """Nest variables by their names: `CRYPTO_A__B=x` becomes `{"a": {"b": "x"}}`.

    A value that starts with `{` is read as JSON. A name that runs through another one's value
    stands at the top under its whole name, where it is refused as unknown.
    """
    tree: dict[str, Any] = {}
    for name in sorted((name for name in variables if not IGNORED.fullmatch(name)), key=len):
        whole = name[len(PREFIX) :].lower()
        *parents, last = whole.split(DELIMITER)
        node = tree
        for key in parents:
            child = node.setdefault(key, {})
            node, last = (child, last) if isinstance(child, dict) else (tree, whole)
            if node is tree:
                break
        node[last] = _decoded(variables[name])
    return tree


def _decoded(value: str) -> Any:
    if not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _ours(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Those with our prefix, upper case; an empty one counts as not set."""
    return {
        name.upper(): value
        for name, value in variables.items()
        if name.upper().startswith(PREFIX) and value
    }


def _config_path(variables: dict[str, str]) -> Path:
    named = variables.get(CONFIG_KEY)
    path = Path(named or CONFIG_FILE).expanduser().absolute()
    if named and not path.is_file():
        raise SettingsError(
            f"{CONFIG_KEY} = '{named}': there is no such file; name a YAML file, or unset it"
        )
    return path


def _read_config(path: Path) -> dict[str, Any]:
    return parse_yaml(_read_text(path), str(path))


def _read_dotenv(path: Path) -> dict[str, str | None]:
    _read_text(path)
    return dotenv_values(path, interpolate=False)


def _read_text(path: Path) -> str:
    """The file's text; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{path}: cannot be read: {reason}") from None


def _text_keys(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    return {str(key): _text_keys(value) for key, value in node.items()}


def _leaves(node: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(node, Mapping) and node:
        for key, child in node.items():
            yield from _leaves(child, (*path, key))
    else:
        yield path
