"""A market catalog that was made anew, put in the place of the home's own by renaming folders.

    rebuild/market/    the catalog that is being made
    rebuild/ready      it is whole; from here on only folders are renamed
    market.before-…    the catalog before, kept until a person removes it

What belongs here: the renames, and what a kill between them leaves to be done. What does not:
making the catalog (`history/rebuild.py`), waiting until nobody writes (`lake/locks.py`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from crypto_pipeline.errors import LakeError
from crypto_pipeline.lake.catalogs import Catalog, catalog_file
from crypto_pipeline.lake.locks import alone, write_lock

MARKET = Catalog.MARKET
READY = "ready"


def put_in_place(home: Path, made: Path, now: datetime) -> Path | None:
    """Rename the market catalog out of the way, and the one under `made` into its place.

    The caller sees to it that nobody has either open for writing.

    Returns:
        Where the one before lies; None where there was none.

    Raises:
        LakeError: a folder cannot be renamed; all is as it was.
    """
    place, before = home / MARKET.value, None
    (made / READY).touch()
    if place.exists():
        before = _free_name(home, f"{MARKET.value}.before-{now:%Y%m%dT%H%M%SZ}")
        rename(place, before)
    try:
        rename(made / MARKET.value, place)
    except LakeError:
        if before is not None:
            rename(before, place)
        raise
    return before


def complete(home: Path, made: Path) -> bool:
    """Complete what was killed while folders were renamed; False where nothing is to be completed.

    Raises:
        LakeError: a folder cannot be renamed.
    """
    if not (made / READY).exists():
        return False
    if (made / MARKET.value).exists():
        with alone(home, MARKET), write_lock(home, MARKET):
            if catalog_file(home, MARKET).exists():
                return False
            rename(made / MARKET.value, home / MARKET.value)
    return True


def rename(folder: Path, target: Path) -> None:
    """Rename a folder.

    Raises:
        LakeError: it cannot be renamed; names both.
    """
    try:
        folder.rename(target)
    except OSError as error:
        raise LakeError(f"{folder} cannot become {target}: {error.strerror}") from error


def _free_name(home: Path, name: str) -> Path:
    taken = sum(path.name.startswith(name) for path in home.iterdir())
    return home / (f"{name}-{taken + 1}" if taken else name)
