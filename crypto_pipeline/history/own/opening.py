"""Opening a person's file by its format.

What belongs here: which format a file has. What does not: reading it (`history/own/csv.py`,
`history/own/arrow.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.own.arrow import FeatherFile, ParquetFile
from crypto_pipeline.history.own.csv import CsvFile
from crypto_pipeline.history.own.files import OwnFile


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    PARQUET = "parquet"
    FEATHER = "feather"


SUFFIXES = {
    ".csv": Format.CSV,
    ".csv.gz": Format.CSV,
    ".zip": Format.CSV,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".feather": Format.FEATHER,
    ".arrow": Format.FEATHER,
}
"""What a name's end says; any other file needs its format named."""


def open_own_file(
    path: Path,
    form: Format | None = None,
    *,
    header: bool | None = True,
    names: Sequence[str] = (),
) -> OwnFile:
    """Open a file and read the names of its columns.

    Args:
        path: the file.
        form: how it is written; None goes by the end of its name.
        header: of a CSV, see `CsvFile`.
        names: of a CSV's columns, see `CsvFile`.

    Raises:
        UsageError: there is no such file, or its name does not say how it is written.
        DecodeError: it is not written so.
    """
    if not path.is_file():
        wrong = "is a folder; name the files in it" if path.is_dir() else "is not there"
        raise UsageError(f"{path} {wrong}")
    form = form or _format_of(path)
    if form is Format.CSV:
        return CsvFile(path, header=header, names=names)
    return ParquetFile(path) if form is Format.PARQUET else FeatherFile(path)


def format_of(file: OwnFile) -> Format:
    """The format that a file was opened in."""
    return Format(file.format_name.lower())


def _format_of(path: Path) -> Format:
    for suffix, form in SUFFIXES.items():
        if path.name.lower().endswith(suffix):
            return form
    raise UsageError(
        f"{path.name} does not say how it is written; name it with --format csv, parquet or "
        f"feather (known without: {' '.join(SUFFIXES)})"
    )
