"""The table of sources in docs/loading.md is what the venues declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.domain.intervals import Interval
from crypto_pipeline.domain.series import RANGED, Kind
from crypto_pipeline.venues.capabilities import Archive, Capabilities, Empty
from crypto_pipeline.venues.venue import known_venues

PAGE = Path(__file__).resolve().parents[1] / "docs" / "loading.md"
HEAD = ["| exchange | instruments | kind | files | REST |", "|---|---|---|---|---|"]


def files(archive: Archive | None) -> str:
    if archive is None:
        return ""
    cuts = " and ".join(cut.value for cut in archive.cuts)
    shift = f", days start {-archive.day_starts.total_seconds() / 3600:.0f} h before midnight UTC"
    verified = ", sha256" if archive.checksums else ""
    return f"{cuts}{verified}{shift if archive.day_starts else ''}"


def intervals(capabilities: Capabilities) -> str:
    missing = [i.value for i in Interval if i not in capabilities.intervals]
    return f"all intervals but {' '.join(missing)}" if missing else "all intervals"


def rest(capabilities: Capabilities, kind: Kind) -> str:
    if kind is Kind.KLINES:
        bars = capabilities.klines[-1]
        empty = "; minutes without a trade are left out" if bars.empty is Empty.ABSENT else ""
        return f"{intervals(capabilities)}, {bars.rows} bars a page{empty}"
    if kind is Kind.FUNDING:
        funding = capabilities.funding
        depth = (
            f"the last {funding.depth.days} days" if funding and funding.depth else "to the listing"
        )
        return depth if funding else ""
    route = capabilities.trades if kind is Kind.TRADES else capabilities.agg_trades
    if route is None:
        return ""
    if route.depth is None:
        return "by id, to the listing"
    hours = route.depth.total_seconds() / 3600
    return (
        f"by id, the last {hours / 24:.0f} days" if hours > 96 else f"by id, the last {hours:g} h"
    )


def lines() -> Iterator[str]:
    for name, venue in known_venues().items():
        for instrument_type in InstrumentType:
            offered = venue.capabilities.get(instrument_type)
            for kind in RANGED:
                if offered is None or not offered.offers(kind):
                    continue
                cells = (
                    name,
                    instrument_type.value,
                    kind.value,
                    files(offered.archives.get(kind)),
                    rest(offered, kind),
                )
                yield f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def test_loading_page_given_the_venues_lists_their_sources() -> None:
    table = "\n".join([*HEAD, *lines()])
    assert table in PAGE.read_text(encoding="utf-8"), table
