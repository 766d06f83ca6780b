"""`doctor`: what works, what does not, and what to do.

What belongs here: the order of the checks and how they are shown. What does not: a check
(`cli/doctor_checks.py`, `cli/doctor_venues.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rich.markup import escape

from crypto_pipeline.cli import doctor_checks as checks
from crypto_pipeline.cli.doctor_checks import Finding, Level
from crypto_pipeline.cli.doctor_runs import check_runs
from crypto_pipeline.cli.doctor_venues import check_venues
from crypto_pipeline.cli.terminal import notes, out, print_rows, require_format
from crypto_pipeline.settings import Settings, load_settings

FORMATS = ("table", "json")
COLUMNS = ("level", "subject", "found", "advice")
COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


def run_doctor(output: str) -> int:
    """Check everything, show it, and say how it went.

    Args:
        output: `table` or `json`.

    Returns:
        1 where something failed, else 0.

    Raises:
        UsageError: there is no such format.
        SettingsError: the settings are wrong: they come first.
    """
    require_format(output, FORMATS)
    # No log file: the doctor also looks at homes that cannot be written.
    settings = load_settings()
    findings = []
    for finding in examine(settings):
        findings.append(finding)
        if output == "table":
            _show(finding)
    if output == "json":
        rows = [(f.level.value, f.subject, f.found, f.advice or None) for f in findings]
        print_rows(COLUMNS, rows, output)
    failed = sum(finding.level is Level.FAIL for finding in findings)
    warned = sum(finding.level is Level.WARN for finding in findings)
    notes.print(f"{len(findings)} checks: {failed} failed, {warned} warnings")
    return 1 if failed else 0


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, as soon as it is known."""
    home = settings.home
    subjects: tuple[Callable[[], Iterable[Finding]], ...] = (
        lambda: [checks.check_python()],
        checks.check_versions,
        lambda: [checks.check_extensions()],
        lambda: [checks.check_home(home)],
        lambda: [checks.check_lake(home)],
        lambda: [checks.check_disk(settings)],
        lambda: checks.check_locks(home),
        lambda: check_runs(settings),
        lambda: check_venues(settings),
    )
    for subject in subjects:
        yield from subject()


def _show(finding: Finding) -> None:
    colour = COLOURS[finding.level]
    level = f"[{colour}]{finding.level.value:<4}[/{colour}]"
    out.print(f"{level}  {finding.subject}: {escape(finding.found)}")
    if finding.advice:
        out.print(f"      → {escape(finding.advice)}")
