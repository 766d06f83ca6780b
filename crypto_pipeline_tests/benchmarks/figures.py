"""A figure beside its goal, and how a person and a program read it.

What belongs here: the record, the table, the JSON, the page. What does not: measuring, or any
result.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    Attributes:
        bench: the benchmark that measured it.
        name: what was measured, in words.
        value: in `unit`.
        goal: the value to reach, or None for a figure that is printed for comparison.
        at_most: whether the goal is an upper bound; a lower one otherwise.
    """

    bench: str
    name: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether there is a goal and the value is on its wrong side."""
        if self.goal is None:
            return False
        return self.value > self.goal if self.at_most else self.value < self.goal

    @property
    def goal_text(self) -> str:
        """The goal with its sign, or nothing."""
        if self.goal is None:
            return ""
        return f"{'≤' if self.at_most else '≥'} {number(self.goal)} {self.unit}"

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        return "missed" if self.is_missed else "met"


def number(value: float) -> str:
    """Three digits or whole thousands, for a person."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_table(figures: Sequence[Figure]) -> None:
    """Print all figures, goals beside them."""
    table = Table("benchmark", "figure", "value", "goal", "")
    for figure in figures:
        value = f"{number(figure.value)} {figure.unit}"
        style = "red" if figure.is_missed else None
        table.add_row(
            figure.bench, figure.name, value, figure.goal_text, figure.verdict, style=style
        )
    Console().print(table)


def write_json(figures: Sequence[Figure], conditions: dict[str, object], path: Path) -> None:
    """Keep the figures with the conditions that they were taken under."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) | {"missed": figure.is_missed} for figure in figures]
    path.write_text(json.dumps({"conditions": conditions, "figures": rows}, indent=1) + "\n")


PAGE = """# Performance

Made by `make bench ARGS="{names} --page docs/performance.md"`, which takes all figures in one
run, the product's beside those that it is held against. Times are of one noisy machine of {cores}
cores: trust ratios. Python {python}, duckdb {duckdb}, pyarrow {pyarrow}, dagster {dagster}; the
archive of `history` and `dagster` holds {rows:,} bars of {symbols} symbols over {days} days.

| benchmark | figure | value | goal | |
|---|---|---|---|---|
"""


def write_page(
    figures: Sequence[Figure], conditions: dict[str, object], names: Sequence[str], path: Path
) -> None:
    """Write the figures as a page for people."""
    lines = [
        f"| {f.bench} | {f.name} | {number(f.value)} {f.unit} | {f.goal_text} | {f.verdict} |\n"
        for f in figures
    ]
    head = PAGE.format(names=" ".join(names), **conditions)
    path.write_text(head + "".join(lines), encoding="utf-8")
