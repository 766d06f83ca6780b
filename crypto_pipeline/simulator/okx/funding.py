"""Funding rates as OKX writes them.

What belongs here: the running rate and the rows of the history. What does not: rates themselves.
"""

from __future__ import annotations

from crypto_pipeline.simulator.market.funding import DECIMALS
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.records import Funding
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket
from crypto_pipeline.simulator.market.texts import decimal_text, signed_text
from crypto_pipeline.simulator.market.timeframes import HOUR

HISTORY_ROWS = 400
_CAP = "0.00375"
_SIXTEEN = 16

Row = dict[str, str]


def current(market: SyntheticMarket, listing: Listing, at: int) -> Row:
    """The running rate of a swap at an instant (µs), as REST writes it."""
    mark = market.mark(listing, at)
    length = mark.interval_hours * HOUR
    settled = market.fundings(listing, mark.next_funding - length, mark.next_funding)
    premium = (mark.mark - mark.index) * 10**_SIXTEEN // mark.index
    return {
        "formulaType": "withRate",
        "fundingRate": signed_text(mark.predicted_rate, DECIMALS),
        "fundingTime": str(mark.next_funding),
        "impactValue": f"20000.{'0' * _SIXTEEN}",
        "instId": listing.symbol,
        "instType": "SWAP",
        "interestRate": decimal_text(10 ** (_SIXTEEN - 4), _SIXTEEN),
        "maxFundingRate": _CAP,
        "method": "current_period",
        "minFundingRate": f"-{_CAP}",
        "nextFundingRate": "",
        "nextFundingTime": str(mark.next_funding + length),
        "premium": signed_text(premium, _SIXTEEN),
        "settFundingRate": signed_text(settled[-1].rate if settled else 0, DECIMALS),
        "settState": "settled",
        "ts": str(at // 1000),
    }


def pushed(market: SyntheticMarket, listing: Listing, at: int) -> Row:
    """The running rate as the websocket writes it: with the time of the settlement before."""
    row = current(market, listing, at)
    length = listing.interval_hours * HOUR
    before = str(int(row["fundingTime"]) - length)
    return dict(sorted({**row, "prevFundingTime": before}.items()))


def history(
    market: SyntheticMarket, listing: Listing, first: int, last: int, limit: int
) -> list[Row]:
    """The newest settlements in [first, last] (ms), newest first."""
    start = max(first, last - limit * listing.interval_hours * HOUR + 1)
    found = market.fundings(listing, start, last + 1) if start <= last else []
    return [_settled(listing, funding) for funding in reversed(found[-limit:])]


def _settled(listing: Listing, funding: Funding) -> Row:
    return {
        "formulaType": "withRate",
        "fundingRate": signed_text(funding.predicted_rate, DECIMALS),
        "fundingTime": str(funding.settled_at),
        "instId": listing.symbol,
        "instType": "SWAP",
        "method": "current_period",
        "realizedRate": signed_text(funding.rate, DECIMALS),
    }
