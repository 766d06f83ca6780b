"""`up`: the web interface and the daemon on one home, until Ctrl-C.

What belongs here: the order of start, watch and end. What does not: one program's life
(`cli/processes.py`), its port (`cli/ports.py`), the runs it launches (`cli/launched_runs.py`).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import yaml
from dagster import DagsterInstance

from crypto_pipeline.cli import launched_runs
from crypto_pipeline.cli.demo import DEMO_HOME
from crypto_pipeline.cli.instance import VARIABLE, chosen_folder
from crypto_pipeline.cli.ports import address_of, choose_port, kept
from crypto_pipeline.cli.processes import Child, tail
from crypto_pipeline.cli.reloading import Reloading
from crypto_pipeline.cli.runs import prepared_home
from crypto_pipeline.cli.simulate import simulator_process
from crypto_pipeline.cli.terminal import notes, out, settings_with_logs
from crypto_pipeline.cli.webserver import note_path, noted, noted_url, when_ready
from crypto_pipeline.errors import ChildEndedError, LakeLockedError
from crypto_pipeline.lake.dbt_runs import prepare_manifest
from crypto_pipeline.lake.locks import hold, holder, lock_path
from crypto_pipeline.settings import Settings

WATCH_SECONDS = 1.0
LOCK = "up"
LOG_FORMAT = ("--log-format", "json")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the web interface listens.

    Attributes:
        host: the address that is bound.
        port: a port that was free when it was chosen.
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        return address_of(self.host, self.port)


def run_up(*, demo: bool, port: int | None, host: str) -> int:
    """Start everything, stay until stopped, end everything.

    Args:
        demo: on a simulated exchange of its own, in a home of its own unless CRYPTO_HOME is set.
        port: of the web interface; 0 takes a free one, None what the settings say.
        host: the address that it binds.

    Returns:
        0 where a person stopped it, or where it runs already.

    Raises:
        UsageError: the port is taken, DAGSTER_HOME is no folder, or the home refuses the origin.
        ChildEndedError: the web interface or the daemon ended by itself.
    """
    arguments = {"home": os.environ.get("CRYPTO_HOME") or str(DEMO_HOME)} if demo else {}
    settings = settings_with_logs(**arguments)
    try:
        with _stopped_by_signals(), hold(lock_path(settings.home, LOCK), wait=0, purpose="up"):
            # Of an `up` that was killed.
            note_path(settings.home).unlink(missing_ok=True)
            with (
                kept(host, choose_port(host, port, settings)) as free,
                _simulated(settings, demo) as settings,
            ):
                _serve(settings, Place(host, free))
    except KeyboardInterrupt:
        notes.print("stopped")
    except LakeLockedError as error:
        if error.catalog != LOCK:
            raise
        _say_where(settings.home)
    return 0


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Take the ways in which a person or a system stops a program for Ctrl-C."""
    before = {number: signal.signal(number, _interrupt) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say_where(home: Path) -> None:
    url = noted_url(home)
    if url is None:
        notes.print(f"another `up` is starting or stopping on {home}: {_holder(home)}")
    else:
        out.print(f"already up at {url}: {_holder(home)}")


def _holder(home: Path) -> str:
    return holder(lock_path(home, LOCK))


@contextmanager
def _simulated(settings: Settings, demo: bool) -> Iterator[Settings]:
    """The settings, pointed at a simulator of our own where this is a demo without one."""
    if not demo or settings.simulator_url is not None:
        yield settings
        return
    with simulator_process() as address:
        notes.print(f"simulated exchanges: {address} (CRYPTO_SIMULATOR_URL for other commands)")
        yield settings_with_logs(home=str(settings.home), simulator_url=address)


def _serve(settings: Settings, place: Place) -> None:
    home = settings.home
    _pass_on(settings)
    notes.print(f"home: {home}")
    with prepared_home(settings, []) as instance:
        if chosen_folder(home) is not None:
            notes.print(f"Dagster's state: {os.environ[VARIABLE]} ({VARIABLE} is set)")
        notes.print("reading the dbt project")
        prepare_manifest(home)
        reloading = Reloading(home, place.url)
        with _programs(home, place, instance) as programs:
            _announce(programs, place)
            with noted(home, place.url):
                _watch(programs, instance, reloading)


def _pass_on(settings: Settings) -> None:
    """Put what our options decided where the programs that we start will read it."""
    os.environ["CRYPTO_HOME"] = str(settings.home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    if settings.simulator_url is not None:
        os.environ["CRYPTO_SIMULATOR_URL"] = settings.simulator_url


@contextmanager
def _programs(home: Path, place: Place, instance: DagsterInstance) -> Iterator[list[Child]]:
    """Both programs for the length of the block."""
    logs, workspace = home / "logs", str(_workspace(home))
    bound = ["--host", place.host, "--port", str(place.port)]
    with ExitStack() as stack:
        programs: list[Child] = []
        stack.callback(_stop, programs, instance)
        arguments = ["dagster_webserver", "--workspace", workspace, *LOG_FORMAT, *bound]
        programs.append(Child("web interface", arguments, logs / "webserver.log"))
        arguments = ["dagster._daemon", "run", "--workspace", workspace, *LOG_FORMAT]
        programs.append(Child("daemon", arguments, logs / "daemon.log"))
        yield programs


def _workspace(home: Path) -> Path:
    """The code location, under the name that it has everywhere."""
    path = home / "run" / "workspace.yaml"
    module = {"module_name": "crypto_pipeline.definitions", "location_name": launched_runs.LOCATION}
    text = yaml.safe_dump({"load_from": [{"python_module": module}]})
    path.write_text(text, encoding="utf-8")
    return path


def _announce(programs: list[Child], place: Place) -> None:
    """Wait until the web interface serves the assets, and say where.

    Raises:
        ChildEndedError: it ended, did not answer in time, or cannot load the definitions.
    """
    notes.print("starting the web interface and the daemon")

    def still_running() -> None:
        for program in programs:
            program.require_running()

    served = when_ready(place.url, still_running)
    web = programs[0]
    if served is None or served.problem is not None:
        why = served.problem if served and served.problem else tail(web.log)
        raise ChildEndedError(web.name, code=None, log=str(web.log), tail=why)
    out.print(f"web interface: {place.url} ({served.assets} assets)")
    if place.host not in LOOPBACK:
        notes.print("anyone who reaches this address can start and stop runs: it has no password")
    notes.print(f"logs: {web.log.parent}; Ctrl-C stops everything")


def _watch(programs: list[Child], instance: DagsterInstance, reloading: Reloading) -> None:
    """Say what runs do, and keep the definitions current, for as long as both programs run."""
    news = launched_runs.News(instance)
    while True:
        for program in programs:
            program.require_running()
        for line in (*news.lines(), *reloading.lines()):
            notes.print(line)
        time.sleep(WATCH_SECONDS)


def _stop(programs: list[Child], instance: DagsterInstance) -> None:
    """End both programs, the runs that they launched, and whatever else they started."""
    try:
        notes.print("stopping; Ctrl-C again ends everything at once")
        runs = []
        for program in reversed(programs):
            program.stop()
        # Their code servers stay for as long as a run needs them.
        if runs := launched_runs.launched(instance):
            count = f"{len(runs)} run" + "s" * (len(runs) != 1)
            notes.print(f"canceling {count} under way; what was committed stays")
            launched_runs.cancel(instance, runs)
        for program in programs:
            program.end_group()
    except KeyboardInterrupt:
        for program in programs:
            program.end_group(seconds=0)
    launched_runs.close(instance, runs)
    if waiting := launched_runs.waiting(instance):
        notes.print(f"runs that wait in the queue for the next `up`: {waiting}")
