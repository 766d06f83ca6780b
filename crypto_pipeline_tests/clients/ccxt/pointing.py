"""An exchange of ccxt whose hosts are the simulator's, all else as it comes.

What belongs here: making it. What does not: what is asked of it.

Each production URL gets the simulated host in place of its own; its path stays. Hosts that are not
simulated lead to a closed port, so that nothing leaves the machine.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

NOWHERE = "//127.0.0.1:9"


def pointed_at(made: Any, endpoints: dict[str, str]) -> Any:
    """The exchange, its URLs replaced; `endpoints` are base URLs by production host."""
    made.urls["api"] = _replaced(made.urls["api"], made.hostname or "", endpoints)
    if made.id in ("binance", "binanceusdm"):
        _keep_spot_recognisable(made.urls["api"].get("ws", {}))
    return made


def _replaced(node: Any, hostname: str, endpoints: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _replaced(value, hostname, endpoints) for name, value in node.items()}
    parts = urlsplit(node.replace("{hostname}", hostname))
    found = [url for host, url in endpoints.items() if host.split(":")[0] == parts.hostname]
    base = found[0] if found else NOWHERE
    scheme = "ws" if parts.scheme.startswith("ws") else "http"
    return f"{scheme}://{urlsplit(base).netloc}{parts.path}"


def _keep_spot_recognisable(sockets: dict[str, Any]) -> None:
    """A message is a spot one to ccxt if the URL holds `/stream`, as the real host's does."""
    for name in ("spot", "margin"):
        if name in sockets:
            sockets[name] = sockets[name].replace("ws://", "ws://stream@")
