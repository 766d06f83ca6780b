"""Errors that a simulator logs, whichever of its parts has them.

What belongs here: keeping them for a test. What does not: what a test expects.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("aiohttp.server", "asyncio", "crypto_pipeline")


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.getMessage()} {record.exc_info}")


@contextmanager
def errors_logged() -> Iterator[list[str]]:
    """What is logged as an error while the context is open, with what was raised."""
    kept, loggers = _Kept(), [logging.getLogger(name) for name in _NAMES]
    for logger in loggers:
        logger.addHandler(kept)
    try:
        yield kept.said
    finally:
        for logger in loggers:
            logger.removeHandler(kept)
