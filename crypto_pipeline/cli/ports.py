"""The port that the web interface takes.

What belongs here: finding one that is free, and saying why one that was asked for is not. What does
not: listening on it.
"""

from __future__ import annotations

import errno
import json
import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

from crypto_pipeline.cli.terminal import notes
from crypto_pipeline.errors import UsageError
from crypto_pipeline.settings import Settings
from crypto_pipeline.settings_sources import read_layers

TRIES = 50
HIGHEST = 65535


def choose_port(host: str, asked: int | None, settings: Settings) -> int:
    """A port of `host` that is free at this moment.

    Args:
        host: the address that will be bound.
        asked: what --port says; 0 takes any free one; None is for the settings to say.
        settings: their `webserver_port` holds where a person set it; the default one gives way to
            the next free port, and says so.

    Raises:
        UsageError: a port that was asked for is taken or out of range, or the address is not ours.
    """
    wanted = settings.webserver_port if asked is None else asked
    if not 0 <= wanted <= HIGHEST:
        raise UsageError(f"--port {wanted} is no port; valid are 0 (any free one) to {HIGHEST}")
    free = free_port(host, wanted)
    if free is not None:
        return free
    if asked is not None or _is_set(settings):
        raise UsageError(_taken(host, wanted, "--port" if asked is not None else "webserver_port"))
    for port in range(wanted + 1, min(wanted + TRIES, HIGHEST) + 1):
        if free_port(host, port) is not None:
            notes.print(f"port {wanted} is taken{_by_whom(host, wanted)}; taking {port}")
            return port
    raise UsageError(f"ports {wanted} to {wanted + TRIES} of {host} are taken; give --port 0")


def free_port(host: str, port: int) -> int | None:
    """The port, or the one that the system gives for 0; None where it is taken.

    Raises:
        UsageError: it cannot be bound, whoever has it.
    """
    try:
        with closing(_bound(host, port)) as probe:
            return int(probe.getsockname()[1])
    except socket.gaierror as error:
        raise UsageError(f"--host '{host}' is no address: {error.strerror}") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return None
        raise UsageError(
            f"port {port} of {host} cannot be taken: {error.strerror}. Give an address of this "
            f"machine with --host, and a port from 1024 on with --port, or --port 0"
        ) from error


@contextmanager
def kept(host: str, port: int) -> Iterator[int]:
    """Keep a free port for the length of the block: the system lends it to nobody meanwhile.

    A program of ours that binds it by number still can. Elsewhere than on Linux it could not, and
    there nothing is kept.
    """
    with ExitStack() as held:
        if sys.platform == "linux":
            # Whoever took it since it was chosen is told of by the program that binds it next.
            with suppress(OSError):
                held.enter_context(closing(_bound(host, port)))
        yield port


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def address_of(host: str, port: int) -> str:
    """The URL at which a server that is bound to `host` is reached from this machine."""
    own = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 replaced  # nosec B104
    return f"http://{f'[{own}]' if ':' in own and not own.startswith('[') else own}:{port}"


def _is_set(settings: Settings) -> bool:
    """Whether a person set the port, in whichever layer above the packaged one."""
    layers = read_layers(type(settings), {})
    return any(layer.gives(("webserver_port",)) for layer in layers[:-1])


def _taken(host: str, port: int, option: str) -> str:
    return (
        f"port {port} of {host}, which {option} asks for, is taken{_by_whom(host, port)}. "
        f"End that program, give another port with --port N, or --port 0 for any free one. "
        f"'lsof -i :{port}' names the program."
    )


def _by_whom(host: str, port: int) -> str:
    """What can be told of the program that listens there, from how it answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address_of(host, port)}/server_info", timeout=1) as answer:
            is_dagster = "dagster_webserver_version" in json.loads(answer.read(10_000))
    except (OSError, ValueError):
        return ""
    return " by a Dagster web interface (`up` of another home?)" if is_dagster else ""
