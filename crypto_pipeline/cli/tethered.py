"""Run a module as a program that ends when its starter does, however the starter ended.

`python -m crypto_pipeline.cli.tethered MODULE ARGS…`: standard input is a pipe that the starter
holds; when it closes, the program is interrupted as by Ctrl-C. What belongs here: the tether. What
does not: starting and stopping (`cli/processes.py`).
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Run the module that the arguments name, tethered to standard input."""
    del sys.argv[0]
    # A shell starts background jobs with SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_starter, daemon=True, name="tether").start()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_starter() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
