"""The peer: `freqtrade download-data` on the same mirror.

What belongs here: one run. What does not: its environment (`clients/environments.py`), and how it
is pointed at the mirror (`clients/freqtrade/download.py`, which runs inside it).
"""

from __future__ import annotations

from pathlib import Path

from crypto_pipeline_tests.benchmarks.make_archive import Archive
from crypto_pipeline_tests.benchmarks.running import Run, run_for_json
from crypto_pipeline_tests.clients.environments import CLIENTS

SCRIPT = CLIENTS / "freqtrade" / "download.py"


def download(mirror: str, folder: Path, archive: Archive, python: Path) -> Run:
    """Run freqtrade once into `folder`, which is made.

    Raises:
        RuntimeError: it failed, or stored other than all the bars.
    """
    folder.mkdir(parents=True)
    command = [str(python), str(SCRIPT), "--mirror", mirror]
    command += [
        "--folder",
        str(folder),
        "--timerange",
        f"{archive.start:%Y%m%d}-{archive.end:%Y%m%d}",
    ]
    run = run_for_json([*command, "--pairs", *archive.symbols])
    if run.bars != archive.rows:
        raise RuntimeError(f"freqtrade stored {run.bars:,} bars; the archive has {archive.rows:,}")
    return run
