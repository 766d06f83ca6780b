"""CSV files of a person: plain, in a gzip or in a zip, with a header row or without.

What belongs here: reading them as texts, a block at a time. What does not: what a text means
(`history/own/values.py`), the CSV of exchanges' archives (`venues/csv_columns.py`).
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
from pyarrow import csv as pacsv

from crypto_pipeline.errors import DecodeError
from crypto_pipeline.history.own.files import OwnFile, told
from crypto_pipeline.venues.csv_columns import header_rows

BLOCK = 1 << 22
"""Bytes that are parsed at once."""


class CsvFile(OwnFile):
    """Comma-separated text, plain, in a gzip, or alone in a zip; every field comes as a text.

    Args:
        path: where it is.
        header: whether the first row names the columns; None looks whether it begins with a letter.
        names: of the columns where no row does, in their order; those that it lacks are called
            by their place: 1, 2, 3.
    """

    format_name = "CSV"

    def __init__(
        self, path: Path, *, header: bool | None = True, names: Sequence[str] = ()
    ) -> None:
        self.path = path
        with told(self), _text_of(path) as text:
            self.header = bool(header_rows(text.read(1))) if header is None else header
        with told(self), _text_of(path) as text:
            parsing = pacsv.ParseOptions(invalid_row_handler=lambda _: "skip")
            reader = pacsv.open_csv(text, read_options=self._reading(), parse_options=parsing)
            found = reader.schema.names
        if not self.header:
            found = [*names[: len(found)], *(str(n + 1) for n in range(len(names), len(found)))]
        self.columns = found

    def _reading(self) -> pacsv.ReadOptions:
        return pacsv.ReadOptions(
            use_threads=False, block_size=BLOCK, autogenerate_column_names=not self.header
        )

    def _first_row(self) -> int:
        return 2 if self.header else 1

    def _batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        there = {n: n if self.header else f"f{self.columns.index(n)}" for n in names}
        cut: list[pacsv.InvalidRow] = []
        with _text_of(self.path) as text:
            try:
                for batch in self._parse(text, list(there.values()), cut):
                    yield pa.RecordBatch.from_arrays(batch.columns, names=list(names))
            except pa.ArrowInvalid:
                if not cut:
                    raise
                given, expected = f"{cut[0].actual_columns} fields", f"{cut[0].expected_columns}"
                raise DecodeError(
                    self.name, row=cut[0].number, given=given, expected=expected
                ) from None

    def _parse(
        self, text: IO[bytes], names: list[str], cut: list[pacsv.InvalidRow]
    ) -> Iterator[pa.RecordBatch]:
        """All fields as texts; a row of another length ends the reading and is put in `cut`."""

        def refuse(row: pacsv.InvalidRow) -> str:
            cut.append(row)
            return "error"

        converting = pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=names,
            null_values=[""],
            strings_can_be_null=True,
        )
        parsing = pacsv.ParseOptions(invalid_row_handler=refuse)
        yield from pacsv.open_csv(text, self._reading(), parsing, converting)


@contextmanager
def _text_of(path: Path) -> Iterator[IO[bytes]]:
    """The text of a CSV, unpacked as it is read."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as text:
            yield cast(IO[bytes], text)
    elif path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as pack:
            names = pack.namelist()
            if len(names) != 1:
                raise DecodeError(path.name, given=f"{len(names)} files", expected="one CSV")
            with pack.open(names[0]) as text:
                yield text
    else:
        with path.open("rb") as text:
            yield text
