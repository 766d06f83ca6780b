"""The origin of a home's data: real, testnets, or one synthetic market. A home holds one, for ever.

What belongs here: the stamp and its check. What does not: finding out what origin a source has
(`history/endpoints.py`).
"""

from __future__ import annotations

import json
import os
import re
from importlib.metadata import version
from pathlib import Path

from crypto_pipeline.errors import LakeError, OriginError

REAL = "real"
TESTNET = "testnet"
"""The testnets of all exchanges: what trades there is nobody's money."""
ORIGIN = re.compile(r"real|testnet|simulator:\d+")
VALID = "'real', 'testnet' or 'simulator:<seed>'"


def stamp_path(home: Path) -> Path:
    """The file that holds a home's origin."""
    return home / "origin.json"


def origin_of(home: Path) -> str | None:
    """The origin that a home is stamped with, or None where it is not stamped yet.

    Raises:
        LakeError: the stamp cannot be read.
    """
    path = stamp_path(home)
    try:
        origin = str(json.loads(path.read_text(encoding="utf-8"))["origin"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(
            f'{path} cannot be read ({error}); it should hold {{"origin": "<origin>"}}, '
            f"with {VALID}"
        ) from error
    return origin


def claim(home: Path, origin: str) -> None:
    """Stamp a home with its origin, or check the stamp that it has.

    Args:
        home: the home; it is made.
        origin: `real`, `testnet` or `simulator:<seed>`.

    Raises:
        OriginError: the home holds data of another origin.
        LakeError: the origin is none of them.
    """
    if not ORIGIN.fullmatch(origin):
        raise LakeError(f"origin '{origin}' is not known; valid is {VALID}")
    held = origin_of(home) or _stamp(home, origin)
    if held != origin:
        raise OriginError(str(home), held=held, offered=origin)


def _stamp(home: Path, origin: str) -> str:
    """Write the stamp, unless another process was first; return what stands there."""
    home.mkdir(parents=True, exist_ok=True)
    draft = home / f".origin.{os.getpid()}"
    stamp = {"origin": origin, "program_version": version("crypto-pipeline")}
    draft.write_text(json.dumps(stamp), encoding="utf-8")
    try:
        stamp_path(home).hardlink_to(draft)
    except FileExistsError:
        return origin_of(home) or origin
    finally:
        draft.unlink()
    return origin
