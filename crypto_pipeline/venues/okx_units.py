"""OKX's names and units and ours: instruments, contracts, volumes of bars, trades, times.

What belongs here: what REST and the archive have in common. What does not: which field stands where
(`venues/okx.py`, `venues/okx_archive.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crypto_pipeline.domain.funding import settlement_times
from crypto_pipeline.domain.instruments import Instrument, InstrumentType
from crypto_pipeline.domain.klines import with_vwap
from crypto_pipeline.errors import DecodeError
from crypto_pipeline.venues.columns import numbers
from crypto_pipeline.venues.okx_answers import Level

RPI = "1"
"""`source` of a trade against an order of the retail price improvement (until 2026-07: enhanced
liquidity) program; `0` is any other."""

BAR_FIELDS = ("open", "high", "low", "close", "vol", "vol_ccy", "vol_quote")
"""Numbers of a bar, in the order and by the names of the archive; REST has the same order."""

_MOST_DECIMALS = 8
_EXACT = float(1 << 53)
"""Below it every whole number is a DOUBLE of its own."""

_HOUR, _LATE = 3_600_000_000, 60_000_000

Column: TypeAlias = pa.Array | pa.ChunkedArray


def native_symbol(instrument: Instrument) -> str:
    """`BTC-USDT` is the pair, `BTC-USDT-SWAP` the perpetual."""
    pair = f"{instrument.base}-{instrument.quote}"
    return f"{pair}-SWAP" if instrument.instrument_type is InstrumentType.PERP else pair


def base_amounts(sizes: Column, contract_size: Decimal) -> pa.Array:
    """Sizes in contracts as amounts of base coin, each the nearest DOUBLE of the exact product.

    A plain product of doubles is not: 0.07 times 0.01 is 0.0007000000000000001.
    """
    values = (
        pa.chunked_array([sizes]).to_numpy() if isinstance(sizes, pa.Array) else sizes.to_numpy()
    )
    if contract_size == 1:
        return pa.array(values)
    numerator, denominator = contract_size.as_integer_ratio()
    with np.errstate(over="ignore"):
        for decimals in range(_MOST_DECIMALS + 1):
            units = np.rint(values * 10.0**decimals)
            whole = units * numerator
            if (units / 10.0**decimals == values).all() and (np.abs(whole) < _EXACT).all():
                return pa.array(whole / (denominator * 10.0**decimals))
    return pa.array([float(Decimal(repr(value)) * contract_size) for value in values.tolist()])


def base_levels(
    where: str, levels: Sequence[Level], contract_size: Decimal
) -> list[tuple[str, str]]:
    """Price and amount of each level of a book, the amount in base coin.

    Raises:
        DecodeError: a size is no number.
    """
    sizes = numbers(where, "amount", [size for _, size, *_ in levels])
    amounts = base_amounts(sizes, contract_size).to_pylist()
    return [(level[0], repr(amount)) for level, amount in zip(levels, amounts, strict=True)]


def bar_columns(
    kind: InstrumentType, read: Mapping[str, pa.Array], contract_size: Callable[[], Decimal]
) -> dict[str, pa.Array]:
    """Prices and volumes of bars, in the names of `domain.klines`.

    `vol` is base coin on spot and contracts on swaps, `vol_ccy` quote coin on spot and base coin on
    swaps, `vol_quote` quote coin. Bars of 2021 and before have a volume and 0 in the two others:
    there the quote volume is NULL, and the base volume of a swap its contracts times their size.

    Args:
        kind: spot or perpetual.
        read: BAR_FIELDS, as the exchange writes them.
        contract_size: asked only where such bars of swaps are there.
    """
    spot, vol, vol_ccy = kind is InstrumentType.SPOT, read["vol"], read["vol_ccy"]
    traded, quote = pc.greater(vol, 0.0), vol_ccy if spot else read["vol_quote"]
    quote = pc.if_else(pc.and_(traded, pc.equal(quote, 0.0)), None, quote)
    base = vol if spot else vol_ccy
    silent = pc.and_(traded, pc.equal(base, 0.0))
    if pc.any(silent).as_py():
        base = pc.if_else(silent, base_amounts(vol, contract_size()), base)
    prices = {name: read[name] for name in ("open", "high", "low", "close")}
    volumes = {"volume_base": base, "volume_quote": quote, "vwap": with_vwap(base, quote)}
    return {**prices, **volumes}


def trade_types(sources: Column) -> pa.Array:
    """`rpi` where a trade was against such an order, NULL elsewhere."""
    return pc.if_else(pc.equal(sources, RPI), "rpi", pa.scalar(None, pa.string()))


def due_times(stamps_us: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Settlement times in µs: the full hour where they are printed up to a minute after it.

    The archive prints when a settlement was done, mostly 2 to 24 s after the hour that it was due;
    REST prints the hour. Later ones were held up by an outage, and stay as they are printed.
    """
    seconds = settlement_times(stamps_us)
    late = seconds % _HOUR
    due: npt.NDArray[np.int64] = np.where(late <= _LATE, seconds - late, seconds)
    return due


def refuse_others(where: str, names: Column, native: str, *, header: int = 0) -> None:
    """Refuse rows of another instrument than the one asked for; `header` rows stand above them.

    Raises:
        DecodeError: there are such; names the first.
    """
    other = pc.not_equal(names, native)
    if pc.any(other).as_py():
        row = pc.index(other, value=True).as_py()
        raise DecodeError(
            where,
            row=row + 1 + header,
            field="instId",
            given=f"'{names[row].as_py()}'",
            expected=f"'{native}'",
        )
