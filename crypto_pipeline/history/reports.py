"""What a load did for each series, and when that counts as failed.

What belongs here: the report. What does not: the load (`history/klines.py`), showing it (`cli/`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.errors import LoadError
from crypto_pipeline.history.landing import DayCounts
from crypto_pipeline.lake.writing import Written
from crypto_pipeline.venues.venue import Series

SHOWN = 5
"""Runs and failures that an error spells out."""


@dataclass(slots=True)
class SeriesReport:
    """What a load did for one series.

    Attributes:
        span: what was asked for.
        written: rows that were new, changed or there already.
        days: expected and present bars of each day, present ones counted in the table.
        missing: runs that no source gave.
        failures: sources that should have answered and did not, in words.
    """

    series: Series
    span: Span
    written: Written = field(default_factory=Written)
    days: Mapping[date, DayCounts] = field(default_factory=dict)
    missing: Sequence[Span] = ()
    failures: Sequence[str] = ()

    @property
    def expected(self) -> int:
        """Bars that should be there on the days of the span."""
        return sum(count.expected for count in self.days.values())

    @property
    def present(self) -> int:
        """Bars that the table holds on the days of the span."""
        return sum(count.present for count in self.days.values())

    @property
    def error(self) -> str | None:
        """Why this series counts as failed, in words, or None.

        It fails where a source that should have answered did not, and where not one bar is there:
        a load never ends well with nothing written.
        """
        if self.failures:
            spans = _listed(", ", [str(span) for span in self.missing])
            return f"{self.series}: {spans} could not be loaded: {_listed('; ', self.failures)}"
        if self.expected and not self.present:
            return (
                f"{self.series}: no source has a single bar in {self.span}; check the symbol, and "
                f"that it was listed then"
            )
        return None


def _listed(separator: str, texts: Sequence[str]) -> str:
    """The first of many texts, and how many more there are."""
    more = len(texts) - SHOWN
    return separator.join([*texts[:SHOWN], *([f"{more} more"] if more > 0 else [])])


def told(report: SeriesReport) -> dict[str, object]:
    """A report as the fields of a log line."""
    return {
        "series": str(report.series),
        "span": str(report.span),
        "inserted": report.written.inserted,
        "changed": report.written.changed,
        "unchanged": report.written.unchanged,
        "expected": report.expected,
        "present": report.present,
        "error": report.error,
    }


def raise_failed(reports: Sequence[SeriesReport]) -> None:
    """End a load that did not give everything with one error that names it.

    Raises:
        LoadError: at least one series failed; the others have landed.
    """
    errors = [report.error for report in reports if report.error is not None]
    if errors:
        landed = len(reports) - len(errors)
        raise LoadError(
            "\n".join([f"{len(errors)} of {len(reports)} series failed; {landed} landed:", *errors])
        )
