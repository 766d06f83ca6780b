"""The commands, their options, and the one place where errors become text and an exit code.

Exit codes: 0 done, 1 failed or stopped, 2 asked for what cannot be. What belongs here: options and
help. What does not: what a command does; each is imported when it is run, so that help is quick.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import click
import typer

from crypto_pipeline.cli.load_commands import backfill, import_files, instruments, rebuild
from crypto_pipeline.cli.options import End, Format, Interval, Start, Symbol
from crypto_pipeline.errors import CryptoPipelineError

INTERRUPTED = 130
"""What typer makes of Ctrl-C; a person's shell is told 1."""

app = typer.Typer(
    name="crypto-pipeline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Collect, check and query crypto market data; every row counted, no gap silent.",
    epilog="State lies in CRYPTO_HOME (default .crypto_pipeline). Ranges are start-inclusive, "
    "end-exclusive, in UTC days.",
)
lake_app = typer.Typer(no_args_is_help=True, help="Maintain the lake.", rich_markup_mode=None)
app.add_typer(lake_app, name="lake")

_INSTANTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"]


def main() -> int:
    """Run a command line; returns the exit code."""
    try:
        code = app(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CryptoPipelineError as error:
        _say(f"error: {error}")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    if code == INTERRUPTED:
        _say("stopped; what was committed before is whole, the rest was not written")
        return 1
    return code if isinstance(code, int) else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 the command line speaks to a person


def _end(code: int) -> NoReturn:
    raise typer.Exit(code)


@app.command()
def demo() -> None:
    """Load, check and derive a synthetic market from nothing; ends by itself."""
    from crypto_pipeline.cli.demo import run_demo

    _end(run_demo())


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="on a synthetic market")] = False,
    port: Annotated[
        int | None, typer.Option(help="of the web interface; 0 takes a free one")
    ] = None,
    host: Annotated[str, typer.Option(help="address that the web interface binds")] = "127.0.0.1",
) -> None:
    """Run the web interface and the daemon: schedules, sensors and backfills."""
    from crypto_pipeline.cli.up import run_up

    _end(run_up(demo=demo, port=port, host=host))


@app.command()
def simulate(
    recordings: Annotated[
        Path | None, typer.Option(help="serve recorded data of this folder instead of a market")
    ] = None,
    replay_speed: Annotated[
        Literal["clock", "fast"],
        typer.Option(help="captures follow the clock, or go as fast as clients read"),
    ] = "clock",
    port: Annotated[int, typer.Option(help="of the control API; 0 takes free ports")] = 0,
    faults: Annotated[Path | None, typer.Option(help="JSON file of fault rules")] = None,
    speed: Annotated[float, typer.Option(min=0.0, help="simulated seconds in a real one")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="of the synthetic market")] = 7,
    now: Annotated[
        datetime | None,
        typer.Option(formats=_INSTANTS, help="simulated UTC time at the start; else the present"),
    ] = None,
    limits: Annotated[
        bool, typer.Option("--limits/--no-limits", help="enforce rate limits and deadlines")
    ] = True,
    hurry: Annotated[
        float,
        typer.Option(min=0.01, max=10_000.0, help="seconds of limits and pings in a real one"),
    ] = 1.0,
    firehose: Annotated[
        bool, typer.Option("--firehose", help="pour trades as fast as clients read")
    ] = False,
) -> None:
    """Run exchanges on loopback; prints the address for CRYPTO_SIMULATOR_URL first."""
    from crypto_pipeline.cli.simulate import run_simulator
    from crypto_pipeline.simulator.serve import SimulatorOptions

    options = SimulatorOptions(
        recordings=recordings,
        replay_speed=replay_speed,
        seed=seed,
        port=port,
        faults=faults,
        speed=speed,
        now=now.replace(tzinfo=UTC) if now is not None else None,
        limits=limits,
        hurry=hurry,
        firehose=firehose,
    )
    _end(run_simulator(options))


app.command()(backfill)
app.command("import")(import_files)
app.command()(rebuild)
app.command()(instruments)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="a statement; tables are market.klines, …")] = "",
    output: Format = "table",
    attach: Annotated[
        bool, typer.Option("--attach", help="print the lines that open this lake in a duckdb shell")
    ] = False,
) -> None:
    """Query the lake, read-only, also while it is written."""
    from crypto_pipeline.cli.query import print_attach, run_sql

    _end(print_attach() if attach else run_sql(query, output))


@app.command()
def coverage(
    exchange: Annotated[str | None, typer.Option(help="only this exchange")] = None,
    symbol: Symbol = None,
    interval: Interval = None,
    start: Start = None,
    end: End = None,
    output: Format = "table",
) -> None:
    """Show what the lake holds and what is missing, by series."""
    from crypto_pipeline.cli.query import run_coverage

    _end(run_coverage(exchange, symbol, interval, start, end, output))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def dbt(context: typer.Context) -> None:
    """Run dbt on the lake under the marts lock: crypto-pipeline dbt build."""
    from crypto_pipeline.cli.maintain import run_dbt_command

    _end(run_dbt_command(context.args))


@app.command()
def doctor(output: Format = "table") -> None:
    """Check versions, disk, clock, locks and each exchange, and say what to do."""
    from crypto_pipeline.cli.doctor import run_doctor

    _end(run_doctor(output))


@lake_app.command("compact")
def compact() -> None:
    """Merge small files by month and remove what nobody needs, of the raw zone too."""
    from crypto_pipeline.cli.maintain import run_compact

    _end(run_compact())
