"""What every fault rule has: where it strikes, when, and how often.

What belongs here: those fields. What does not: what goes wrong (`http_rules.py`,
`frame_rules.py`), and counting (`faults.py`).
"""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from crypto_pipeline.simulator.market.listings import Venue
from crypto_pipeline.simulator.wire.hostnames import HOSTS, valid_host


def _written(value: object) -> object:
    """A number of seconds is no instant that a person writes."""
    if isinstance(value, str) and "-" in value:
        return value
    raise ValueError("valid is 2023-03-15T00:00:00Z")


Instant = Annotated[AwareDatetime, BeforeValidator(_written)]
HostName = Annotated[str, AfterValidator(valid_host)]


class Rule(BaseModel):
    """A rule that is in force at some hosts, for some time.

    Attributes:
        kind: its name.
        host: the production host it is for; None is any.
        exchange: the exchange whose hosts it is for; None is any.
        start: simulated instant from which on it strikes, inclusive; None is from the beginning.
        end: simulated instant until which it strikes, exclusive; None is for ever.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str
    host: HostName | None = None
    exchange: Venue | None = None
    start: Instant | None = None
    end: Instant | None = None

    @model_validator(mode="after")
    def _can_strike(self) -> Self:
        if self.host and self.exchange and HOSTS[self.host] != self.exchange:
            raise ValueError(f"{self.host} is a host of {HOSTS[self.host]}, not {self.exchange}")
        if self.start and self.end and self.start >= self.end:
            raise ValueError("it ends before it starts; end is exclusive, and later than start")
        return self


class CountedRule(Rule):
    """A rule that strikes requests, connections or frames one by one.

    Attributes:
        path: a regular expression that is searched for in the path (anchor it with ^ and $), of a
            websocket the path it was opened with.
        times: how often it strikes; None is always.
        after: how many that it meets are let through first.
        rate: the share of those it meets that it strikes, the same ones each time; None is all.
    """

    path: re.Pattern[str] = re.compile("")
    times: Annotated[int, Field(ge=1)] | None = None
    after: Annotated[int, Field(ge=0)] = 0
    rate: Annotated[float, Field(gt=0, le=1)] | None = None
