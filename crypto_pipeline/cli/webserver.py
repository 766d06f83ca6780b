"""Asking the web interface that `up` runs, and noting where it is for others to find.

What belongs here: `run/up.json` of a home, and the questions to the running server. What does not:
starting it (`cli/up.py`).
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import getpid
from pathlib import Path
from typing import Any

START_SECONDS = 180.0
POLL_SECONDS = 0.3
LONGEST_ANSWER = 20_000_000

QUESTION = """
{ version
  assetNodes { id }
  workspaceOrError {
    ... on PythonError { message }
    ... on Workspace { locationEntries { name locationOrLoadError {
      ... on PythonError { message } } } } } }
"""

RELOAD = """
mutation Reload($location: String!) {
  reloadRepositoryLocation(repositoryLocationName: $location) {
    __typename
    ... on Error { message }
    ... on WorkspaceLocationEntry { locationOrLoadError { ... on PythonError { message } } } } }
"""
RELOAD_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Served:
    """What the web interface serves.

    Attributes:
        version: Dagster's.
        assets: how many.
        problem: why the definitions do not load, or None where they do.
    """

    version: str
    assets: int
    problem: str | None


def when_ready(url: str, still_running: Callable[[], None]) -> Served | None:
    """Wait until the web interface answers.

    Args:
        url: its address.
        still_running: is called between two questions, and raises where waiting has no sense.

    Returns:
        What it serves, or None where it has not answered within START_SECONDS.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        still_running()
        try:
            return _read(_ask(url, QUESTION))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            time.sleep(POLL_SECONDS)
    return None


def reload_location(url: str, location: str) -> str | None:
    """Have the web interface read a code location anew; waits until it has.

    Returns:
        Why it did not, in words, or None where it did.
    """
    try:
        answer = _ask(url, RELOAD, seconds=RELOAD_SECONDS, location=location)
        entry = answer["data"]["reloadRepositoryLocation"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        return str(error) or type(error).__name__
    problem = entry if "message" in entry else entry.get("locationOrLoadError") or {}
    return problem.get("message")


def _ask(url: str, query: str, *, seconds: float = 30, **variables: str) -> Any:
    """One GraphQL answer; no proxy is used for it."""
    request = urllib.request.Request(  # noqa: S310 http, to our own server
        f"{url}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=seconds) as answer:
        return json.loads(answer.read(LONGEST_ANSWER))


def _read(answer: Any) -> Served:
    data = answer["data"]
    workspace = data["workspaceOrError"]
    entries = workspace.get("locationEntries", [])
    problems = [workspace, *(entry["locationOrLoadError"] or {} for entry in entries)]
    messages = [problem["message"] for problem in problems if "message" in problem]
    return Served(data["version"], len(data["assetNodes"]), "\n".join(messages) or None)


def note_path(home: Path) -> Path:
    """The file that says where a home's web interface is, while there is one."""
    return home / "run" / "up.json"


@contextmanager
def noted(home: Path, url: str) -> Iterator[None]:
    """Note for the length of the block where this process's web interface is."""
    path = note_path(home)
    draft = path.with_suffix(f".{getpid()}")
    draft.write_text(json.dumps({"pid": getpid(), "url": url}), encoding="utf-8")
    draft.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def noted_url(home: Path) -> str | None:
    """Where the web interface of a home is said to be; None where nothing is said."""
    try:
        return str(json.loads(note_path(home).read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
