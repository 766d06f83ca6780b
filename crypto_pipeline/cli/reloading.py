"""Definitions that follow the universe: a running `up` reads them anew after a change.

What belongs here: noticing the change and telling the web interface. What does not: the daemon,
which reads them anew each minute by itself, and the list (`history/universe.py`).
"""

from __future__ import annotations

from pathlib import Path

from crypto_pipeline.cli.launched_runs import LOCATION
from crypto_pipeline.cli.webserver import reload_location
from crypto_pipeline.history.universe import universe_path

Stamp = tuple[int, int]


class Reloading:
    """Watches the universe of one home for one web interface.

    Args:
        home: whose list; what it holds now counts as known.
        url: of the web interface.
    """

    def __init__(self, home: Path, url: str) -> None:
        self._path, self._url = universe_path(home), url
        self._seen = self._stamp()

    def lines(self) -> list[str]:
        """Have the definitions read anew where the list has changed; what to tell a person."""
        stamp = self._stamp()
        if stamp == self._seen:
            return []
        self._seen = stamp
        problem = reload_location(self._url, LOCATION)
        if problem is None:
            return ["the universe has changed: the definitions were read anew"]
        return [
            f"the universe has changed, but the definitions were not read anew ({problem}): choose "
            f"Reload in {self._url}/locations"
        ]

    def _stamp(self) -> Stamp | None:
        # The list is replaced whole and only where it differs, so its time of change tells.
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return (found.st_mtime_ns, found.st_ino)
