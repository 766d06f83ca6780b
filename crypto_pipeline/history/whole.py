"""A commit in a thread that is seen to its end, whatever happens to the task that waits for it.

What belongs here: that one wait. What does not: commits (`history/landing.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def whole(
    commit: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    """Run a commit in a thread and see it end, even if this task is cancelled meanwhile."""
    thread = asyncio.create_task(asyncio.to_thread(commit, *given, **named))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.wait([thread])
        raise
