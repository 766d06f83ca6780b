"""Run python-okx's websocket client, and say what it brought whenever the test asks.

Reads a line of standard input: `socket` (base URL, with TLS: the client takes no other), `ca` (file
of the authority that signed for it), `instrument`. Then answers the words of `kept.py`.

The client hands on the text of each message. It keeps no book: it is kept here from the snapshot
on, and a message that does not follow the one before is an error, as OKX documents it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from okx.websocket.WsPublicAsync import WsPublicAsync

from crypto_pipeline_tests.clients.kept import Kept
from crypto_pipeline_tests.clients.reports import answer_from_loop

PUBLIC, BUSINESS = ("trades", "books", "funding-rate"), ("candle1m",)


class Messages:
    """What the client calls."""

    def __init__(self) -> None:
        self.kept = Kept()
        self._last = -1

    def hear(self, text: str) -> None:
        """Keep what a message brings."""
        message = json.loads(text)
        if "event" in message:
            self.kept.seen[message["event"]] += 1
            if message["event"] == "error":
                self.kept.errors.append(text)
            return
        channel = message["arg"]["channel"]
        take = {"trades": self._trade, "candle1m": self._bar, "funding-rate": self._funding}
        for row in message["data"]:
            if channel == "books":
                self._book(message["action"], row)
            else:
                take[channel](row)

    def _trade(self, row: dict[str, Any]) -> None:
        self.kept.add_trade(row["tradeId"], int(row["ts"]), row["px"], row["sz"], row["side"])

    def _bar(self, row: list[str]) -> None:
        # The swap's volume in base coins is the sixth, the pair's is the fifth.
        self.kept.add_bar(int(row[0]), [*row[1:5], row[6]], row[8] == "1")

    def _funding(self, row: dict[str, Any]) -> None:
        self.kept.add_funding(row["fundingRate"], int(row["fundingTime"]))

    def _book(self, action: str, row: dict[str, Any]) -> None:
        self.kept.seen["books"] += 1
        if action == "snapshot":
            self.kept.clear_book()
        elif row["prevSeqId"] != self._last:
            self.kept.errors.append(f"after {self._last} came {row['prevSeqId']}")
        self._last = row["seqId"]
        self.kept.change_book("bids", row["bids"])
        self.kept.change_book("asks", row["asks"])


async def main() -> None:
    """Run what the first line of standard input names, until it ends."""
    wanted = json.loads(sys.stdin.readline())
    os.environ["SSL_CERT_FILE"] = wanted["ca"]
    messages, clients = Messages(), []
    for base, channels in (("public", PUBLIC), ("business", BUSINESS)):
        client = WsPublicAsync(url=f"{wanted['socket']}/ws/v5/{base}")
        clients.append(client)
        await client.start()
        asked = [{"channel": name, "instId": wanted["instrument"]} for name in channels]
        await client.subscribe(asked, messages.hear)
    await answer_from_loop(messages.kept.report)
    for client in clients:
        await client.stop()


if __name__ == "__main__":
    asyncio.run(main())
