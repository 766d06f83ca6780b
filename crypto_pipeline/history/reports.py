"""What a load did for each series, and when that counts as failed.

What belongs here: the report. What does not: the load (`history/loads.py`), showing it (`cli/`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crypto_pipeline.domain.gaps import Span
from crypto_pipeline.domain.series import Kind, Series
from crypto_pipeline.errors import LoadError
from crypto_pipeline.history.counting import DayCounts
from crypto_pipeline.lake.writing import Written

SHOWN = 5
"""Runs and failures that an error spells out."""


@dataclass(slots=True)
class SeriesReport:
    """What a load did for one series.

    Attributes:
        span: what was asked for.
        written: rows that were new, changed or there already.
        days: expected, present and explained rows of each day, present ones counted in the table.
        missing: runs that no source gave.
        failures: sources that should have answered and did not, in words.
        unlisted: whether the instrument was listed at no time of the span.
    """

    series: Series
    span: Span
    written: Written = field(default_factory=Written)
    days: Mapping[date, DayCounts] = field(default_factory=dict)
    missing: Sequence[Span] = ()
    failures: Sequence[str] = ()
    unlisted: bool = False

    @property
    def expected(self) -> int:
        """Rows that should be there on the days of the span."""
        return sum(count.expected for count in self.days.values())

    @property
    def present(self) -> int:
        """Rows that the table holds on the days of the span."""
        return sum(count.present for count in self.days.values())

    @property
    def explained(self) -> int:
        """Expected rows that are not there for a reason that is known."""
        return sum(count.explained for count in self.days.values())

    @property
    def error(self) -> str | None:
        """Why this series counts as failed, in words, or None.

        It fails where a source that should have answered did not, where not one of the rows that
        nothing explains is there, and where ids or settlements show a hole in what has landed: a
        load never ends well with less than there should be and no reason for it.
        """
        if self.failures:
            spans = _listed(", ", [str(span) for span in self.missing])
            return f"{self.series}: {spans} could not be loaded: {_listed('; ', self.failures)}"
        lacking = self.expected - self.explained - self.present
        if lacking and not self.present:
            return (
                f"{self.series}: no source has a single row in {self.span}; check the symbol, and "
                f"that it was listed then"
            )
        if lacking and self.series.kind is not Kind.KLINES:
            held = [str(day) for day, count in self.days.items() if count.missing]
            return (
                f"{self.series}: {lacking} rows are missing on {_listed(', ', held)}, as the "
                f"exchange's own {_PROOF[self.series.kind]} show; load these days again, and those "
                f"beside them"
            )
        return None

    @property
    def explanation(self) -> str:
        """Why rows are not there that a full range would have, in words; empty where all are."""
        counts = self.days.values()
        if not self.expected and not self.failures:
            return "not listed then" if self.unlisted else "nothing happened then"
        reasons = {
            "not listed yet": sum(count.not_listed for count in counts),
            "delisted": sum(count.delisted for count in counts),
            "without a trade": sum(count.no_trade for count in counts),
            "absent at the exchange": sum(count.missing for count in counts),
        }
        return ", ".join(f"{rows} {reason}" for reason, rows in reasons.items() if rows)


_PROOF = {Kind.TRADES: "ids", Kind.AGG_TRADES: "ids", Kind.FUNDING: "settlement times"}


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
        "explanation": report.explanation,
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
