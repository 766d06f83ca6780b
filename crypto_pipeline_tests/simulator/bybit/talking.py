"""Talking to Bybit's websockets in tests: paths, subscriptions, the data of one topic.

What belongs here: what several tests say alike. What does not: what is expected of the answers.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from crypto_pipeline_tests.simulated import SimulatorProcess, Talk

HOST = "stream.bybit.com"
Message = dict[str, Any]


def talking(running: SimulatorProcess, path: str) -> AbstractContextManager[Talk]:
    """Connect to `/v5/public/<path>`."""
    return running.socket(HOST, f"/v5/public/{path}")


def subscription(*topics: str, **keys: object) -> Message:
    """A request for topics."""
    return {"op": "subscribe", "args": list(topics), **keys}


def hear_data(talk: Talk, topic: str, count: int) -> list[Message]:
    """The next messages of a topic, others left out."""
    return [talk.hear_until(lambda each: each.get("topic") == topic)[-1] for _ in range(count)]


def held(running: SimulatorProcess, path: str, topics: list[str], count: int) -> list[Message]:
    """The first messages of one subscription, the ack left out."""
    found: list[Message] = []
    with talking(running, path) as talk:
        talk.say(subscription(*topics))
        while len(found) < count:
            message = talk.hear()
            found += [message] if "topic" in message else []
    return found
