"""Fault rules of websockets: frames, connections, and what an exchange says.

What belongs here: each rule as a person writes it. What does not: carrying it out
(`frame_faults.py`, and the conversation of each exchange).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from crypto_pipeline.simulator.wire.fault_rule import CountedRule

BOOK = re.compile("book|depth|level2|l2", re.IGNORECASE)
"""Channels of order book changes, in the words of every exchange."""


class ChannelRule(CountedRule):
    """A rule for some channels and symbols.

    Attributes:
        channel: a regular expression that is searched for in the exchange's own channel name; None
            is any.
        symbol: the exchange's own symbol, in any case; None is any.
    """

    channel: re.Pattern[str] | None = None
    symbol: str | None = None


class FrameRule(ChannelRule):
    """Spoil frames of market data; acks and heartbeats without a channel are let through.

    `drop_frame` leaves a frame out, `duplicate_frame` sends it twice, `reorder_frames` sends it
    after the next one, `malformed_frame` sends its first half, `sequence_gap` leaves out a frame
    of an order book, `symbol_silent` leaves out every frame of its symbols.
    """

    kind: Literal[
        "drop_frame",
        "duplicate_frame",
        "reorder_frames",
        "malformed_frame",
        "sequence_gap",
        "symbol_silent",
    ]


class CloseRule(ChannelRule):
    """Close the connection in place of sending a frame; at once where no frame is awaited.

    Frames are awaited where `after`, `rate`, `channel` or `symbol` are given.

    Attributes:
        code: of the close frame; 1006 closes the TCP connection without one.
        reason: of the close frame.
    """

    kind: Literal["close"]
    code: Annotated[int, Field(ge=1000, le=4999)] = 1001
    reason: Annotated[str, Field(max_length=100)] = ""


class SilenceRule(CountedRule):
    """Keep connections open and send nothing: no frames, no acks, no pings, no pongs.

    `times`, `after` and `rate` count connections; one that fell silent stays so.
    """

    kind: Literal["silence"]


class SpeechRule(ChannelRule):
    """Change what an exchange says.

    `refuse_subscription` answers a subscription with the exchange's own error,
    `ack_without_data` acknowledges it and sends nothing, `wrong_book_checksum` spoils OKX's
    CRC32, `shutdown_notice` announces the end of the connection (Binance's serverShutdown, OKX's
    64008), `book_reset` restarts a book's sequence (OKX, Bybit).
    """

    kind: Literal[
        "refuse_subscription",
        "ack_without_data",
        "wrong_book_checksum",
        "shutdown_notice",
        "book_reset",
    ]
