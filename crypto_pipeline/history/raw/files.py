"""Files of the raw zone: their names, their hashes, and writing one so that it is never half there.

What belongs here: what every file there has in common. What does not: what is kept of a source
(`history/raw/zone.py`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit
from uuid import uuid4

import zstandard

from crypto_pipeline.domain.series import Kind
from crypto_pipeline.errors import RawError

PARTIAL = ".partial"
"""Where files are written before they are whole; a name in it may be left by a killed process."""

_PATH = re.compile(r"[a-z0-9_]+/[a-z0-9_]+/[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,8}){0,3}")
_BLOCK = 1 << 20


def raw_folder(home: Path) -> Path:
    """Where a home's raw zone lies."""
    return home / "raw"


def within_zone(folder: Path, path: str) -> Path:
    """The file that a path within the raw zone names.

    Raises:
        RawError: it is no such path.
    """
    if not _PATH.fullmatch(path):
        raise RawError(path, "is no path within a raw zone")
    return folder / path


def publish(draft: Path, target: Path) -> None:
    """Give a draft that is whole its name; an older file of that name is replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.chmod(0o444)
    draft.replace(target)


def draft_in(folder: Path) -> Path:
    """A name for a file that is not whole yet, on the same disk as its place."""
    partial = folder / PARTIAL
    partial.mkdir(parents=True, exist_ok=True)
    return partial / f"{os.getpid()}.{uuid4().hex}"


def path_of(exchange: str, kind: Kind, sha256: str, suffix: str) -> str:
    """Where content of that hash lies within the raw zone."""
    return f"{exchange}/{kind.value}/{sha256[:2]}/{sha256}{suffix}"


def suffix_of(url: str) -> str:
    """What a file's name ends with, `.zip` or `.csv.gz`; empty where that is nothing usual."""
    name = PurePosixPath(urlsplit(url).path).name.lower()
    matched = re.search(r"(\.(csv|json|tar))?\.[a-z][a-z0-9]{0,7}$", name)
    return matched[0] if matched else ""


def sha256_of(file: Path) -> str:
    """The hash of a file's bytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def unpacked_sha256(target: Path) -> str:
    """The hash of a file's content before compression."""
    found = hashlib.sha256()
    with unpacked(target) as content:
        while block := content.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


@contextmanager
def unpacked(target: Path) -> Iterator[BinaryIO]:
    """A file's content before compression, read as it is unpacked."""
    with target.open("rb") as packed:
        reader = zstandard.ZstdDecompressor().stream_reader(packed)
        yield BufferedReader(reader, _BLOCK)


def compare(target: Path, sha256: str) -> None:
    """Hold content against the hash in its file's name."""
    if not target.name.startswith(sha256):
        raise RawError(str(target), f"is damaged: the sha256 of its content is {sha256}")


@contextmanager
def told(target: Path) -> Iterator[None]:
    """Say which file of the raw zone is meant where the system, or zstd, says that it fails."""
    try:
        yield
    except FileNotFoundError as error:
        raise RawError(str(target), "is not there") from error
    except zstandard.ZstdError as error:
        raise RawError(str(target), f"is damaged: {error}") from error
    except OSError as error:
        raise RawError(str(target), f"failed: {error.strerror or error}") from error
