"""What the assets and checks run on: a home, its settings, and who watches.

What belongs here: the resource. What does not: the work (`history/`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crypto_pipeline.clock import Clock, clock_from
from crypto_pipeline.domain.series import Kind
from crypto_pipeline.history.endpoints import Sources, find_sources
from crypto_pipeline.history.loads import Pace, Progress
from crypto_pipeline.history.reports import SeriesReport
from crypto_pipeline.settings import Settings, load_settings


@dataclass(frozen=True)
class History:
    """The one resource of history assets.

    Attributes:
        settings: or None to read them when a run starts, in the run's own process.
        attended: whether a person started this run at a terminal, so that Ctrl-C is theirs.
        only_missing: whether days that the home holds whole are left out.
        on_progress: is told how far the load of a kind is; called from the load's thread.
        on_report: is told each series' outcome.
    """

    settings: Settings | None = None
    attended: bool = False
    only_missing: bool = False
    on_progress: Callable[[Kind, Progress], None] = lambda _, __: None
    on_report: Callable[[SeriesReport], None] = lambda _: None

    def current_settings(self) -> Settings:
        """The settings of this run."""
        return self.settings or load_settings()

    def sources(self) -> Sources:
        """The exchanges as this run reaches them."""
        return find_sources(self.current_settings())

    def clock(self) -> Clock:
        """The clock of this run."""
        return clock_from(self.current_settings())

    def pace(self) -> Pace:
        """How much is done at a time."""
        settings = self.current_settings()
        return Pace(downloads=settings.downloads, commit_rows=settings.commit_rows)
