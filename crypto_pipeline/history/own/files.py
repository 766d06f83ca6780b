"""A person's own file, whatever its format: its columns, its rows a batch at a time, its hash.

What belongs here: what all formats have in common. What does not: a format (`history/own/csv.py`,
`history/own/arrow.py`), which of our columns a column is (`history/own/columns.py`), what a value
may be (`history/own/values.py`).
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from crypto_pipeline.errors import DecodeError

BATCH_ROWS = 65_536
_BROKEN = (
    *(pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError, OSError),
    *(zipfile.BadZipFile, zlib.error, EOFError),
)
"""What the readers of all formats raise on bytes that are not theirs."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows as they stand in a file.

    Attributes:
        columns: by the file's own names; texts, where it is a CSV.
        first: number of the first one in the file, counted from 1, a CSV's header included.
    """

    columns: Mapping[str, pa.Array]
    first: int


class OwnFile(ABC):
    """One file that can be read.

    Attributes:
        format_name: of its format, as it is called.
        path: where it is.
        columns: the names of its columns, in its order.
        header: whether the file itself names them.
    """

    format_name: ClassVar[str]
    path: Path
    columns: Sequence[str]
    header: bool = True

    @property
    def name(self) -> str:
        """Its name without its folder: what is shown and stored."""
        return self.path.name

    def rows(self, names: Sequence[str]) -> Iterator[Rows]:
        """The columns named, from the first row to the last.

        Raises:
            DecodeError: the file is broken; names the row where that is known.
        """
        first = self._first_row()
        with told(self):
            for batch in self._batches(names):
                arrays = {name: batch.column(name) for name in names}
                yield Rows(arrays, first)
                first += batch.num_rows

    def sha256(self) -> str:
        """The sha256 of its bytes."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _first_row(self) -> int:
        return 1

    @abstractmethod
    def _batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The columns named, of BATCH_ROWS rows or so."""


@contextmanager
def told(file: OwnFile) -> Iterator[None]:
    """Name the file in what a reader says of its bytes."""
    try:
        yield
    except _BROKEN as error:
        expected = f"a {file.format_name} file"
        raise DecodeError(file.name, given=_first_line(error), expected=expected) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
