"""Random numbers by counter: any index of any stream, without the ones before it.

What belongs here: the hash, uniform numbers, and smooth noise made of them. What does not: what
the numbers mean.

Nothing but integer arithmetic and the IEEE operations + - * / and floor is used, so that the
numbers are equal on every machine.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from crypto_pipeline.simulator.market.records import Integers

Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]

_EXPONENT_BITS = 12
_TABLED_BITS = 14


@lru_cache(maxsize=16384)
def stream(key: str) -> np.uint64:
    """The start of a stream of numbers."""
    return np.uint64(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()))


def hashed(key: str, index: Integers) -> Hashes:
    """A number of 64 bits for each index (splitmix64)."""
    return mixed(index.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + stream(key))


def mixed(bits: Hashes) -> Hashes:
    """The finalizer of splitmix64: every bit of the input changes half of the output's."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def uniform(key: str, index: Integers) -> Floats:
    """A number in [0, 1) for each index."""
    return (hashed(key, index) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def smooth(key: str, index: Integers, scales: range) -> Floats:
    """Value noise: for each index a sum over scales of smooth curves through random points.

    Args:
        key: which noise.
        index: ascending, as near to each other as their neighbours.
        scales: n has a random point every 4^n indices, in [-1, 1) times 2^(n - scales.start).
    """
    total = np.zeros(len(index))
    for scale in scales:
        bits = 2 * scale
        first = int(index[0]) >> bits
        lattice = np.arange(first, (int(index[-1]) >> bits) + 2, dtype=np.int64)
        values = 2.0 ** (scale - scales.start) * (2.0 * uniform(f"{key}:{scale}", lattice) - 1.0)
        lengths = np.diff(np.searchsorted(index, lattice << bits, side="left"))
        weight = _weights(index, bits)
        weight *= np.repeat(np.diff(values), lengths)
        weight += np.repeat(values[:-1], lengths)
        total += weight
    return total


def _weights(index: Integers, bits: int) -> Floats:
    """How far each index has come from one random point to the next, from 0 to 1."""
    if bits <= _TABLED_BITS:
        return np.take(_table(bits), index & ((1 << bits) - 1))
    within = (index & ((1 << bits) - 1)) * (1.0 / (1 << bits))
    return np.asarray(within * within * (3.0 - 2.0 * within))


@lru_cache(maxsize=16)
def _table(bits: int) -> Floats:
    within = np.arange(1 << bits) * (1.0 / (1 << bits))
    return np.asarray(within * within * (3.0 - 2.0 * within))


def exponential(exponent: Floats) -> Floats:
    """e^exponent to about four digits, for exponents within ±4."""
    power = 1.0 + exponent * 2.0**-_EXPONENT_BITS
    for _ in range(_EXPONENT_BITS):
        power = power * power
    return power
