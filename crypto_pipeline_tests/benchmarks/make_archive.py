"""The archive that the benchmarks download: Binance's bucket layout, filled from a random walk.

What belongs here: rows as Binance writes them (spot, 1m, milliseconds, eight decimals, no header),
zipped by day and by month, each beside its `.CHECKSUM`. What does not: serving them (`mirror.py`)
or timing anything. Files are cached, written whole or not at all, and the same for the same
parameters, so a run that was stopped is taken up where it ended.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from crypto_pipeline_tests.benchmarks.walk import Walk, walk

MINUTES = 1440
COINS_50 = """
BTC ETH BNB SOL XRP ADA DOGE TRX LINK DOT MATIC LTC BCH AVAX UNI ATOM XLM ETC FIL NEAR APT ARB OP
INJ IMX HBAR VET GRT AAVE MKR ALGO STX QNT EGLD SAND MANA AXS THETA FTM EOS XTZ CHZ FLOW CRV KAVA
ZEC DASH ENJ BAT COMP
"""
COINS = tuple(COINS_50.split())


@dataclass(frozen=True)
class Archive:
    """What one archive holds, and where.

    Attributes:
        root: the folder that a mirror serves as the bucket.
        coins: base coins, each quoted in USDT.
        start: the first day, UTC, inclusive.
        days: how many days follow it.
    """

    root: Path
    coins: tuple[str, ...]
    start: date
    days: int

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.start + timedelta(days=self.days)

    @property
    def symbols(self) -> list[str]:
        """Unified symbols, such as BTC/USDT."""
        return [f"{coin}/USDT" for coin in self.coins]

    @property
    def rows(self) -> int:
        """Bars of all symbols and days, each counted once."""
        return len(self.coins) * self.days * MINUTES


def plan(folder: Path, *, rows: int, start: date = date(2024, 1, 1)) -> Archive:
    """An archive of at least `rows` bars: 50 symbols and the days needed, fewer symbols if small.

    Args:
        folder: where the archives of all sizes are cached.
        rows: bars wanted, 1 to 50 symbols x 366 days.
        start: the first day; the days must end in 2024, while the bucket writes milliseconds.

    Raises:
        ValueError: more rows than 50 symbols hold in 2024.
    """
    symbol_days = -(-rows // MINUTES)
    coins = COINS[: min(len(COINS), max(1, symbol_days // 30))]
    days = -(-symbol_days // len(coins))
    if rows < 1 or start + timedelta(days=days) > date(2025, 1, 1):
        raise ValueError(f"rows is {rows}: give 1 to {50 * 366 * MINUTES}")
    name = f"archive-{len(coins)}x{days}-{start:%Y%m%d}"
    return Archive(folder / name, coins, start, days)


def make(archive: Archive) -> None:
    """Write every file that the archive lacks, on all cores, saying how far it is."""
    missing = [coin for coin in archive.coins if not _is_done(archive, coin)]
    if not missing:
        print(f"archive of {archive.rows:,} bars: cached in {archive.root}")
        return
    print(f"writing an archive of {archive.rows:,} bars to {archive.root} (untimed, kept)")
    workers = min(os.cpu_count() or 1, len(missing))
    with ProcessPoolExecutor(workers) as pool:
        tasks = pool.map(make_symbol, [archive] * len(missing), missing)
        for number, coin in enumerate(tasks, start=1):
            print(f"  {coin}USDT written, {number} of {len(missing)}", flush=True)


def make_symbol(archive: Archive, coin: str) -> str:
    """Write the daily files of one symbol, and a monthly one for each month that is complete."""
    rows = walk(coin, archive.days * MINUTES)
    texts = [
        (archive.start + timedelta(days=day), _csv(rows, archive.start, day))
        for day in range(archive.days)
    ]
    for day, text in texts:
        _write_zip(_folder(archive, "daily", coin), f"{coin}USDT-1m-{day}", text)
    for month, text in _complete_months(texts):
        _write_zip(_folder(archive, "monthly", coin), f"{coin}USDT-1m-{month}", text)
    _done(archive, coin).touch()
    return coin


def _complete_months(texts: list[tuple[date, bytes]]) -> Iterator[tuple[str, bytes]]:
    for month, group in groupby(texts, key=lambda item: f"{item[0]:%Y-%m}"):
        days = list(group)
        is_last = (days[-1][0] + timedelta(days=1)).day == 1
        if is_last and days[0][0].day == 1:
            yield month, b"".join(text for _, text in days)


def _csv(rows: Walk, start: date, day: int) -> bytes:
    cut = slice(day * MINUTES, (day + 1) * MINUTES)
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=day)
    open_time = int(midnight.timestamp()) * 1000 + np.arange(MINUTES, dtype=np.int64) * 60_000
    prices = [_text(column[cut]) for column in (rows.open, rows.high, rows.low, rows.close)]
    columns = [
        pa.array(open_time),
        *prices,
        _text(rows.volume_base[cut]),
        pa.array(open_time + 59_999),
        _text(rows.volume_quote[cut]),
        pa.array(rows.trade_count[cut]),
        _text(rows.taker_volume_base[cut]),
        _text(rows.taker_volume_quote[cut]),
        pa.array(np.zeros(MINUTES, dtype=np.int8)),
    ]
    return _write_csv(pa.table(columns, names=[str(number) for number in range(12)]))


def _write_csv(table: pa.Table) -> bytes:
    sink = BytesIO()
    pa_csv.write_csv(table, sink, pa_csv.WriteOptions(include_header=False, quoting_style="none"))
    return sink.getvalue()


def _text(units: NDArray[np.int64]) -> pa.Array:
    """Amounts in units of 1e-8, as decimals that print all eight digits."""
    words = np.zeros((len(units), 2), dtype="<i8")
    words[:, 0] = units
    buffers = [None, pa.py_buffer(words.tobytes())]
    return pa.Array.from_buffers(pa.decimal128(28, 8), len(units), buffers)


def _write_zip(folder: Path, stem: str, text: bytes) -> None:
    path, checksum = folder / f"{stem}.zip", folder / f"{stem}.zip.CHECKSUM"
    if checksum.exists():
        return
    sink = BytesIO()
    entry = zipfile.ZipInfo(f"{stem}.csv", date_time=(2024, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(sink, "w") as bundle:
        bundle.writestr(entry, text, compresslevel=6)
    _write_whole(path, sink.getvalue())
    digest = hashlib.sha256(sink.getvalue()).hexdigest()
    _write_whole(checksum, f"{digest}  {path.name}\n".encode())


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def _folder(archive: Archive, period: str, coin: str) -> Path:
    return archive.root / "data" / "spot" / period / "klines" / f"{coin}USDT" / "1m"


def _done(archive: Archive, coin: str) -> Path:
    return archive.root / f"{coin}.done"


def _is_done(archive: Archive, coin: str) -> bool:
    return _done(archive, coin).exists()
