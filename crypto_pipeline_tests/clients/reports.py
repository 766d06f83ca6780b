"""A client's script seen from inside: it says what it holds whenever the test asks.

What belongs here: that exchange of lines, with nothing but the standard library, since it runs in
the clients' environments too. What does not: the test's end (`scripts.py`), any client.

The test writes a word on a line of standard input; the script answers with one line of JSON on
standard output. The end of standard input ends the script.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable

Report = Callable[[str], object]
"""What the script holds under a word; it is written as JSON, decimal numbers as text."""


def answer(report: Report) -> None:
    """Answer until standard input ends; `report` runs in this thread."""
    for line in sys.stdin:
        say(report(line.strip()))


async def answer_from_loop(report: Report) -> None:
    """Answer until standard input ends; `report` runs in this event loop."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        say(report(line.strip()))


def say(document: object) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(document, default=str) + "\n")
    sys.stdout.flush()
