"""Logs: JSON lines in the home, readable lines at a terminal, secrets in neither.

What belongs here: where lines go, what each carries, and the masking. What does not: what is worth
a line. Importing this has no effect; until `configure_logs` is called, lines behave as the standard
library's do (warnings and worse go to stderr).

    CRYPTO_HOME/logs/crypto_pipeline.jsonl   {"timestamp", "level", "event", "run_id", "logger", …}
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import stamina.instrumentation
import structlog
from concurrent_log_handler import ConcurrentRotatingFileHandler
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import EventDict, Processor

from crypto_pipeline.errors import UsageError

LOG_FILE = "crypto_pipeline.jsonl"
MAX_BYTES = 20_000_000
BACKUPS = 5
MASK = "***"
HEAD = ("timestamp", "level", "event", "run_id", "logger")
TALKATIVE = ("aiohttp", "asyncio", "ccxt", "filelock", "urllib3")
"""Loggers that print whole requests at DEBUG; they start at INFO."""
ALEMBIC = "alembic"
"""Tells at INFO, in each process, which plugins Dagster's storage could migrate with."""

SECRET_KEY = re.compile(r"key|secret|token|passw(or)?d|passphrase|authorization", re.IGNORECASE)
PLAIN_KEYS = frozenset({"asset_key", "asset_keys", "key_part", "partition_key", "run_key"})
"""Names with `key` in them that hold no secret."""

USERINFO = re.compile(r"(?<=://)[^\s/?#]*@")
ASSIGNED = re.compile(
    r"""(?ix) \b ( [\w-]* (?: api_?-?key | secret | token | passw(?:or)?d | passphrase | signature )
    ["']? \s* [=:] \s* ) ( "[^"]*" | '[^']*' | [^\s&,;"'}\])]+ )"""
)


def configure_logs(
    home: Path,
    level: str,
    *,
    console: bool,
    max_bytes: int = MAX_BYTES,
    backups: int = BACKUPS,
) -> None:
    """Send this process's log lines, ours and those of libraries, to the home's file.

    Several processes may write to one home. Calling it again replaces what it set up before.

    Args:
        home: CRYPTO_HOME; its `logs` folder is made.
        level: the least level that is kept, such as `INFO`.
        console: whether readable lines go to stderr too.
        max_bytes: size at which the file is rotated; all processes of a home use the same.
        backups: how many rotated files are kept.

    Raises:
        UsageError: the folder cannot be written.
    """
    handlers = [_file_handler(home / "logs", max_bytes, backups)]
    if console:
        handlers.append(_console_handler())
    root = logging.getLogger()
    remove_log_handlers()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    log_retries()
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    logging.getLogger(ALEMBIC).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=_LOGGER_CHAIN,
        wrapper_class=BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def remove_log_handlers() -> None:
    """Close what `configure_logs` opened in this process."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _OURS)]:
        root.removeHandler(handler)
        handler.close()


def get_logger(name: str) -> BoundLogger:
    """A logger that takes keywords: `log.info("loaded", rows=1440)`."""
    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name), processors=_LOGGER_CHAIN, wrapper_class=BoundLogger
    )
    return logger


def log_retries() -> None:
    """Make each retry of this process one line of ours; stamina prints them to stdout otherwise."""
    stamina.instrumentation.set_on_retry_hooks([_log_retry])


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    get_logger("crypto_pipeline.retries").info(
        "tried again",
        attempt=details.retry_num + 1,
        wait_s=round(details.wait_for, 2),
        cause=str(details.caused_by),
    )


def bind_run(run_id: str) -> None:
    """Put a run's id on every later line of this thread or task, and of tasks it starts."""
    structlog.contextvars.bind_contextvars(run_id=run_id)


def mask_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace secrets in a line's values: by name of the key, userinfo in URLs, `apiKey=…`."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: Any) -> Any:
    if SECRET_KEY.search(key) and key not in PLAIN_KEYS and value is not None:
        return MASK
    if isinstance(value, Mapping):
        return {str(name): _masked(str(name), item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", item) for item in value]
    if isinstance(value, bool | int | float) or value is None:
        return value
    return ASSIGNED.sub(rf"\1{MASK}", USERINFO.sub(f"{MASK}@", str(value)))


def _head_first(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """What every line has stands first; run_id is null outside a run."""
    return {key: event.get(key) for key in HEAD} | dict(event)


_LOGGER_CHAIN: list[Processor] = [
    structlog.stdlib.filter_by_level,
    mask_secrets,
    ProcessorFormatter.wrap_for_formatter,
]
"""What a line passes in our loggers; the rest happens where the lines of libraries pass too."""


def _formatter(*last: Processor) -> ProcessorFormatter:
    return ProcessorFormatter(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            ProcessorFormatter.remove_processors_meta,
            *last,
        ]
    )


class _RotatingFile(ConcurrentRotatingFileHandler):
    """The home's file, told apart from handlers that others installed."""


class _Console(logging.StreamHandler[Any]):
    """The terminal, told apart from handlers that others installed."""


_OURS = (_RotatingFile, _Console)


def _file_handler(folder: Path, max_bytes: int, backups: int) -> logging.Handler:
    path = folder / LOG_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}. Set CRYPTO_HOME to a folder that can."
        ) from error
    handler: logging.Handler = _RotatingFile(
        str(path), maxBytes=max_bytes, backupCount=backups, encoding="utf-8"
    )
    handler.setFormatter(
        _formatter(
            structlog.processors.format_exc_info,
            _head_first,
            mask_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        )
    )
    return handler


def _console_handler() -> logging.Handler:
    handler = _Console(sys.stderr)
    # Plain tracebacks: the pretty ones print local variables.
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    handler.setFormatter(_formatter(structlog.processors.format_exc_info, mask_secrets, renderer))
    return handler
