"""Options that several commands have in common.

What belongs here: their names and help. What does not: reading them (`cli/asked.py`).
"""

from __future__ import annotations

from typing import Annotated

import typer

Format = Annotated[str, typer.Option("--format", help="table, csv or json")]
Exchange = Annotated[list[str] | None, typer.Option("--exchange", help="repeat for several")]
Symbol = Annotated[
    list[str] | None,
    typer.Option("--symbol", help="BTC/USDT, or BTC/USDT:USDT for the perpetual; repeat"),
]
Interval = Annotated[list[str] | None, typer.Option("--interval", help="1m to 1d; repeat")]
Kind = Annotated[
    list[str] | None,
    typer.Option("--kind", help="klines, trades, agg_trades, funding; repeat; else klines"),
]
Start = Annotated[str | None, typer.Option("--start", help="first UTC day, YYYY-MM-DD")]
End = Annotated[str | None, typer.Option("--end", help="day after the last, YYYY-MM-DD")]
