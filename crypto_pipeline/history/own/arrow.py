"""Parquet and feather files of a person.

What belongs here: reading them in parts that memory holds. What does not: what a value means
(`history/own/values.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc
from pyarrow import parquet as pq

from crypto_pipeline.errors import UsageError
from crypto_pipeline.history.own.files import BATCH_ROWS, OwnFile, told

MAX_PART = 1 << 27
"""Bytes of one record batch of a feather file: it is read whole."""


class ParquetFile(OwnFile):
    """A Parquet file."""

    format_name = "Parquet"

    def __init__(self, path: Path) -> None:
        self.path = path
        with told(self), pq.ParquetFile(path) as file:
            self.columns = file.schema_arrow.names

    def _batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(BATCH_ROWS, columns=list(names), use_threads=False)


class FeatherFile(OwnFile):
    """A feather file of version 2, which is an Arrow IPC file."""

    format_name = "feather"

    def __init__(self, path: Path) -> None:
        self.path = path
        with told(self), ipc.open_file(path) as file:
            self.columns = file.schema.names
            parts = max(1, file.num_record_batches)
        if path.stat().st_size // parts > MAX_PART:
            raise UsageError(
                f"{self.name} holds its rows in {parts} parts, too large to be read one by one; "
                f"write it again with feather.write_feather(table, path, chunksize={BATCH_ROWS})"
            )

    def _batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = [self.columns.index(name) for name in names]
        options = ipc.IpcReadOptions(included_fields=wanted)
        with (
            pa.memory_map(str(self.path)) as source,
            ipc.open_file(source, options=options) as file,
        ):
            for part in range(file.num_record_batches):
                yield file.get_batch(part).select(list(names))
