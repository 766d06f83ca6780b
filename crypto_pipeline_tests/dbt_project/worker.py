"""One dbt process for many commands, as a program that embeds dbt runs it.

Started as a script it reads one JSON request a line, `{"home": …, "args": […]}`, and answers each
with `{"success": …, "said": …}`; it parses the project once. `Worker` is the test's end of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner, dbtRunnerResult

from crypto_pipeline.lake.dbt_runs import dbt_environment

ANSWER = "answer: "


class Worker:
    """A running dbt process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, home: Path, args: tuple[str, ...]) -> tuple[bool, str]:
        """Run one command: whether it succeeded, and what dbt said of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"home": str(home), "args": args}), file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            if line.startswith(ANSWER):
                answer = json.loads(line.removeprefix(ANSWER))
                return answer["success"], answer["said"]
        raise AssertionError("the dbt process ended without an answer")

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)


def _said(done: dbtRunnerResult) -> str:
    results = getattr(done.result, "results", [])
    return "\n".join([str(done.exception), *(str(result.message) for result in results)])


def serve() -> None:
    """Answer requests until there are none."""
    runner = None
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update(dbt_environment(Path(request["home"])))
        if runner is None:
            runner = dbtRunner(manifest=dbtRunner().invoke(["parse"]).result)  # type: ignore[arg-type]  # what parse returns
        done = runner.invoke(["--quiet", *request["args"]])
        print(ANSWER + json.dumps({"success": done.success, "said": _said(done)}), flush=True)


if __name__ == "__main__":
    serve()
