"""Daily files of a pair as busy as the busiest days: five million trades in Binance's layout.

What belongs here: making such files once. What does not: loading them (`trades.py`). The simulator
has no coin that busy; only size counts here, so prices wander and ids go on.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv

from crypto_pipeline.domain.intervals import EPOCH, day_start

ROWS = 5_000_000
FIRST_ID = 5_400_000_000
SYMBOL = "BTCUSDT"


def make_dense(root: Path, days: list[date]) -> None:
    """Write the files, with their checksums, that are not there from an earlier run."""
    folder = root / "data/spot/daily/trades" / SYMBOL
    folder.mkdir(parents=True, exist_ok=True)
    for number, day in enumerate(days):
        path = folder / f"{SYMBOL}-trades-{day:%Y-%m-%d}.zip"
        if path.with_name(f"{path.name}.CHECKSUM").exists():
            continue
        packed = _packed(path.stem, _text(day, FIRST_ID + number * ROWS))
        path.write_bytes(packed)
        line = f"{hashlib.sha256(packed).hexdigest()}  {path.name}\n"
        path.with_name(f"{path.name}.CHECKSUM").write_text(line, encoding="utf-8")


def _text(day: date, first_id: int) -> bytes:
    """A day's CSV: id, price, amount, amount in quote, time in µs, buyer is maker, best match."""
    random = np.random.default_rng(day.toordinal())
    prices = 60_000 + np.cumsum(random.integers(-1, 2, ROWS)) / 100
    amounts = random.integers(1, 200_000, ROWS) / 100_000
    start = (day_start(day) - EPOCH) // timedelta(microseconds=1)
    times = start + np.sort(random.integers(0, 86_400_000_000, ROWS))
    maker = pc.if_else(pa.array(random.random(ROWS) < 0.5), "True", "False")
    columns = [
        pa.array(np.arange(first_id, first_id + ROWS)),
        pa.array(prices.round(2)),
        pa.array(amounts),
        pa.array((prices * amounts).round(8)),
        pa.array(times),
        maker,
        pa.array(["True"]).take(pa.array(np.zeros(ROWS, dtype=np.int64))),
    ]
    text = io.BytesIO()
    options = pacsv.WriteOptions(include_header=False, quoting_style="none")
    pacsv.write_csv(pa.table(columns, names=[*"abcdefg"]), text, options)
    return text.getvalue()


def _packed(name: str, text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(f"{name}.csv", text)
    return packed.getvalue()
