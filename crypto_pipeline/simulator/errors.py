"""Errors of those who run the simulator: rules and recordings that it cannot read.

What belongs here: these branches of the program's tree of errors. What does not: what the simulated
exchanges answer to their clients.
"""

from __future__ import annotations

from crypto_pipeline.errors import UsageError


class FaultRuleError(UsageError):
    """A list of the simulator's fault rules is not valid.

    Attributes:
        where: the file or request that held it.
        wrong: what is wrong in it, and what is valid there.
    """

    def __init__(self, where: str, wrong: str) -> None:
        self.where, self.wrong = where, wrong
        super().__init__(where, wrong)

    def __str__(self) -> str:
        """Name the place, the fault in it, and what a rule looks like."""
        return (
            f"{self.where} is no list of fault rules: {self.wrong}. A rule looks like "
            f'{{"host": "data.binance.vision", "path": "2023-03-02", "kind": "missing"}}; '
            f'"times" and "after" bound how often it strikes.'
        )


class RecordingError(UsageError):
    """A line of a recorded capture is malformed, or the file cannot be read.

    Attributes:
        path: the file.
        line: 1-based number of the line; 0 where the file cannot be read at all.
        wrong: what is wrong in it.
    """

    def __init__(self, path: str, line: int, wrong: str) -> None:
        self.path, self.line, self.wrong = path, line, wrong
        super().__init__(path, line, wrong)

    def __str__(self) -> str:
        """Name file and line, and the way out."""
        if not self.line:
            return f"{self.path}: {self.wrong}. Take the file out of the recordings folder."
        return (
            f"{self.path}, line {self.line}: {self.wrong}. Mend or remove that line, or take the "
            f"file out of the recordings folder."
        )
