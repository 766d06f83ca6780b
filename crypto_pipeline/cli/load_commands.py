"""The commands that bring rows into a home, or show what could be brought: options and help.

What belongs here: those signatures. What does not: what a command does, which is imported when it
is run, so that help is quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crypto_pipeline.cli.options import End, Exchange, Interval, Kind, Start, Symbol


def instruments(
    exchange: Annotated[
        list[str] | None, typer.Option("--exchange", help="repeat for several; else all")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="ask the exchanges first, as a run of this process")
    ] = False,
    output: Annotated[str, typer.Option("--format", help="table, csv or json")] = "table",
) -> None:
    """Show what exchanges list and what of it is collected: the members of the universe first."""
    from crypto_pipeline.cli.instruments import run_instruments

    raise typer.Exit(run_instruments(exchange, refresh=refresh, output=output))


def backfill(
    exchange: Exchange = None,
    symbol: Symbol = None,
    interval: Interval = None,
    start: Start = None,
    end: End = None,
    kind: Kind = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="leave out days that are held whole")
    ] = False,
    unlisted: Annotated[
        bool, typer.Option("--unlisted", help="also symbols that the exchange does not list")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="say what it would take, and load nothing")
    ] = False,
    lines: Annotated[bool, typer.Option("--lines", hidden=True)] = False,
) -> None:
    """Load history as a run of this process; what is there already is compared, not repeated."""
    from crypto_pipeline.cli.asked import Asked
    from crypto_pipeline.cli.backfill import run_backfill

    asked = Asked(exchange, symbol, interval, start, end, kind, missing, unlisted)
    raise typer.Exit(run_backfill(asked, as_lines=lines, only_estimate=estimate))


def import_files(
    files: Annotated[
        list[Path], typer.Argument(help="CSV, Parquet or feather files of one series")
    ],
    exchange: Annotated[str, typer.Option(help="whose market it is")],
    symbol: Annotated[str, typer.Option(help="BTC/USDT, or BTC/USDT:USDT for the perpetual")],
    kind: Annotated[str, typer.Option(help="klines, trades, agg_trades or funding")] = "klines",
    interval: Annotated[str | None, typer.Option(help="of klines: 1m to 1d")] = None,
    columns: Annotated[
        list[str] | None, typer.Option(help="ours=theirs,…: open_time=date,volume_base=volume")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="who wrote it: freqtrade, ccxt, binance-archive")
    ] = None,
    time_unit: Annotated[
        str | None, typer.Option(help="of times that are numbers: s, ms, us, ns; or iso")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", help="csv, parquet or feather, else by the name")
    ] = None,
    no_header: Annotated[
        bool, typer.Option("--no-header", help="a CSV's columns are called 1, 2, 3")
    ] = False,
    utc: Annotated[bool, typer.Option("--utc", help="times without a zone are UTC")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="take the file's row where another one is there")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say what is in the files and would be done")
    ] = False,
) -> None:
    """Import your own files: every row checked, a file lands whole or not at all."""
    from crypto_pipeline.cli.import_files import AskedImport, run_import

    asked = AskedImport(
        files=files,
        exchange=exchange,
        symbol=symbol,
        kind=kind,
        interval=interval,
        columns=columns or (),
        preset=preset,
        time_unit=time_unit,
        form=form,
        header=not no_header,
        utc=utc,
        replace=replace,
        dry_run=dry_run,
    )
    raise typer.Exit(run_import(asked))


def rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="only compare, and leave the lake as it is")
    ] = False,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="also if not all of it can be made again")
    ] = False,
) -> None:
    """Make the market tables again from what came over the wire, kept in the raw zone."""
    from crypto_pipeline.cli.rebuild import run_rebuild

    raise typer.Exit(run_rebuild(only_check=check, accept_loss=accept_loss))
