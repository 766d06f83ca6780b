"""Run coinbase-advanced-py's websocket client, and say what it brought whenever the test asks.

Reads a line of standard input: `socket` (URL), `product`, `channels`. Then answers the words of
`kept.py`. The client hands on the text of each message; each event is parsed into the client's own
type. It keeps no book: it is kept here from the snapshot on, and a message that is missing from
the connection's numbers is an error.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

from coinbase.websocket import WSClient
from coinbase.websocket.types.websocket_response import Event, WebsocketResponse

from crypto_pipeline_tests.clients.kept import Kept
from crypto_pipeline_tests.clients.reports import answer

SIDES = {"bid": "bids", "offer": "asks"}


class Messages:
    """What the client calls, in its own thread."""

    def __init__(self) -> None:
        self.kept = Kept()
        self._next = 0

    def hear(self, text: str) -> None:
        """Keep what a message brings."""
        message = json.loads(text)
        channel = message.get("channel", message.get("type"))
        self.kept.seen[channel] += 1
        if message.get("type") == "error":
            self.kept.errors.append(text)
            return
        self._count(message["sequence_num"])
        self._try_response(text)
        take = {"market_trades": self._trades, "l2_data": self._book, "candles": self._bars}
        for event in message["events"]:
            if channel in take:
                take[channel](Event(event, channel))

    def _count(self, number: int) -> None:
        if number != self._next:
            self.kept.errors.append(f"sequence_num {number} came in place of {self._next}")
        self._next = number + 1

    def _try_response(self, text: str) -> None:
        """The client's type for a whole message asks for a `client_id`."""
        try:
            WebsocketResponse(json.loads(text))
        except KeyError as error:
            self.kept.seen[f"response without {error.args[0]}"] += 1

    def _trades(self, event: Any) -> None:
        # The newest comes first.
        for one in reversed(event.trades):
            time = datetime.fromisoformat(one.time).timestamp() * 1000
            self.kept.add_trade(one.trade_id, time, one.price, one.size, one.side)

    def _book(self, event: Any) -> None:
        if event.type == "snapshot":
            self.kept.clear_book()
        for one in event.updates:
            self.kept.change_book(SIDES[one.side], [(one.price_level, one.new_quantity)])

    def _bars(self, event: Any) -> None:
        for one in event.candles:
            prices = (one.open, one.high, one.low, one.close, one.volume)
            self.kept.add_bar(int(one.start) * 1000, prices, closed=False)


def main() -> None:
    """Run what the first line of standard input names, until it ends."""
    wanted = json.loads(sys.stdin.readline())
    messages = Messages()
    client = WSClient(on_message=messages.hear, retry=False)
    client.base_url = wanted["socket"]
    client.open()
    client.subscribe(product_ids=[wanted["product"]], channels=wanted["channels"])
    answer(messages.kept.report)
    client.close()


if __name__ == "__main__":
    main()
