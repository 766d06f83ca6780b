"""What commands share on their way to a person: consoles, tables, days, settings with logs.

What belongs here: printing and reading what a person types. What does not: what a command does.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from crypto_pipeline.errors import UsageError
from crypto_pipeline.logs import configure_logs
from crypto_pipeline.settings import Settings, load_settings

FORMATS = ("table", "csv", "json")

WIDE = 100_000
"""Columns where no terminal sets a width: a table in a file or a pipe is never folded."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
"""Answers: what a program may read on."""

notes = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and remarks: what only a person reads."""


def settings_with_logs(**arguments: Any) -> Settings:
    """Load the settings and send this process's logs to the home; warnings come here too."""
    settings = load_settings(**arguments)
    configure_logs(settings.home, settings.log_level, console=False)
    return settings


def parse_day(text: str, option: str) -> date:
    """Read a UTC day.

    Raises:
        UsageError: it is not written as YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} '{text}' is not a day; write it as YYYY-MM-DD, such as 2023-03-01"
        ) from None


def require_format(output: str, valid: Sequence[str] = FORMATS) -> None:
    """Refuse an output format that there is not.

    Raises:
        UsageError: naming those there are.
    """
    if output not in valid:
        raise UsageError(f"--format '{output}' is not known; valid are {', '.join(valid)}")


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], output: str) -> None:
    """Print rows in one of FORMATS; NULL is empty in csv and table, null in json."""
    if output == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows([_text(value) for value in row] for row in rows)
    elif output == "json":
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        json.dump(found, sys.stdout, default=_json, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        table = Table(box=None, header_style="bold")
        for column in columns:
            table.add_column(str(column), overflow="fold")
        for row in rows:
            table.add_row(*(_text(value) for value in row))
        out.print(table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return _time(value) if isinstance(value, datetime) else str(value)


def _time(value: datetime) -> str:
    return value.isoformat(sep=" ").replace("+00:00", "Z")


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
