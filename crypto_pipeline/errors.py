"""Every error that crypto_pipeline raises on purpose, in one tree.

    CryptoPipelineError
    ├── UsageError            what the caller asked for cannot be done; exit code 2
    │   ├── SettingsError     a configured value is wrong
    │   ├── OriginError       a synthetic home was given real data, or the reverse
    │   ├── PortBusyError     another program listens on the port
    │   ├── FaultRuleError    the simulator's fault rules cannot be read (simulator/errors.py)
    │   └── RecordingError    a line of a recorded capture is malformed (simulator/errors.py)
    ├── DecodeError           a venue sent what its documented format does not allow
    ├── SourceError           one source (an archive file, a REST range) could not give its rows
    │   ├── SourceMissingError    it is not there (404)
    │   ├── SourceBusyError       asking again later may help (429, 5xx, a dropped connection)
    │   ├── SymbolRefusedError    the venue does not know this symbol; others may go on
    │   └── VenueBlockedError     the venue refuses this address or country (403, 418, 451)
    ├── ClockError            the configured clock cannot be asked
    ├── ChildEndedError       a program that a command started and needs ended by itself
    ├── LoadError             a load ended with ranges that no source could give
    └── LakeError             the lake cannot be read or written
        ├── LakeVersionError  the lake was written by a newer version
        ├── LakeLockedError   another process holds the write lock
        └── RawError          a file of the raw zone is damaged, gone or cannot be written

What belongs here: the classes and the text they print. A message says what was given, what is
valid, and what to do next. What does not: catching them, or deciding on an exit code's place.
Secrets are never arguments of an error.
"""

from __future__ import annotations


class CryptoPipelineError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes:
        exit_code: what a command that ends on this error returns to the shell.
    """

    exit_code = 1


class UsageError(CryptoPipelineError):
    """What was asked for cannot be done as asked; asking differently helps."""

    exit_code = 2


class SettingsError(UsageError):
    """A configured value is wrong; the text names key, value, source and what is valid."""


class OriginError(UsageError):
    """Data of one origin was offered to a home that holds another.

    Attributes:
        held: the origin that the home is stamped with: `real`, `testnet` or `simulator:<seed>`.
        offered: the origin that was to be written.
    """

    def __init__(self, home: str, *, held: str, offered: str) -> None:
        self.home, self.held, self.offered = home, held, offered
        super().__init__(home, held, offered)

    def __str__(self) -> str:
        """Name both origins and the way out."""
        return (
            f"{self.home} holds data of origin '{self.held}' and refuses '{self.offered}': "
            f"real, testnet and synthetic data never share a home. Set CRYPTO_HOME to another "
            f"folder, or move this one away."
        )


class DecodeError(CryptoPipelineError):
    """A venue sent what its documented format does not allow.

    Attributes:
        where: the file or endpoint, as its reader would look it up.
        row: 1-based row in it, header included, or None where there are no rows.
        field: the column, or None where the row as a whole is wrong.
        given: what stood there.
        expected: what is valid there.
    """

    def __init__(
        self,
        where: str,
        *,
        given: str,
        expected: str,
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        self.where, self.row, self.field = where, row, field
        self.given, self.expected = given, expected
        super().__init__(where, row, field, given, expected)

    def __str__(self) -> str:
        """Read as `<file>, row 17, close: got 'abc', expected a decimal number`."""
        place = [self.where]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.field is not None:
            place.append(self.field)
        return f"{', '.join(place)}: got {self.given}, expected {self.expected}"


class SourceError(CryptoPipelineError):
    """One source could not give its rows; the next one may.

    Attributes:
        url: the source.
        reason: why, in words.
    """

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(url, reason)

    def __str__(self) -> str:
        """Read as `<url>: <reason>`."""
        return f"{self.url}: {self.reason}"


class SourceMissingError(SourceError):
    """The source does not exist: a venue answered 404."""


class SourceBusyError(SourceError):
    """The source could not answer now: 429, a 5xx, a time-out, a dropped connection.

    Attributes:
        retry_after: seconds that the venue asked to wait, or None where it did not say.
    """

    def __init__(self, url: str, reason: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(url, reason)


class SymbolRefusedError(SourceError):
    """The venue does not know this symbol, or not for this: fatal for it, the others go on."""


class VenueBlockedError(SourceError):
    """The venue refuses this address, key or country: 403, 418 or 451."""


class ClockError(CryptoPipelineError):
    """The configured clock cannot be asked for the time.

    Attributes:
        url: what was asked.
        reason: why it gave no time, in words.
    """

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(url, reason)

    def __str__(self) -> str:
        """Name the address, the reason and the way out."""
        return (
            f"the clock at {self.url} gave no time: {self.reason}. Start the simulator that "
            f"CRYPTO_CLOCK_URL or CRYPTO_SIMULATOR_URL names, or unset them for the system's clock."
        )


class ChildEndedError(CryptoPipelineError):
    """A program that a command started, and needs, ended or failed by itself.

    Attributes:
        name: the program.
        code: its exit code, negative for a signal; None where it runs and does not work.
        log: the file that has its output.
        tail: the end of that output.
    """

    def __init__(self, name: str, *, code: int | None, log: str, tail: str) -> None:
        self.name, self.code, self.log, self.tail = name, code, log, tail
        super().__init__(name, code, log, tail)

    def __str__(self) -> str:
        """Name the program, how it ended, and show the end of its log."""
        how = "does not work" if self.code is None else f"ended by itself (exit code {self.code})"
        if self.code is not None and self.code < 0:
            how = f"was ended by signal {-self.code}"
        shown = f". The end of {self.log}:\n{self.tail}" if self.tail else f"; see {self.log}"
        return f"the {self.name} {how}{shown}"


class LoadError(CryptoPipelineError):
    """A load ended with ranges that no source could give; what could be given has landed."""


class LakeError(CryptoPipelineError):
    """The lake cannot be read or written."""


class LakeVersionError(LakeError):
    """The lake was written by a newer version of this program.

    Attributes:
        catalog: which of the home's catalogs.
        found: its schema version.
        known: the newest schema version that this program knows.
        written_by: the program version that wrote it.
    """

    def __init__(self, catalog: str, *, found: int, known: int, written_by: str) -> None:
        self.catalog, self.found, self.known, self.written_by = catalog, found, known, written_by
        super().__init__(catalog, found, known, written_by)

    def __str__(self) -> str:
        """Name both versions and the way out."""
        return (
            f"catalog '{self.catalog}' has schema {self.found}, written by crypto-pipeline "
            f"{self.written_by}; this program knows schemas up to {self.known}. "
            f"Upgrade crypto-pipeline to {self.written_by} or newer; nothing was changed."
        )


class LakeLockedError(LakeError):
    """Another process holds a catalog's write lock for longer than was waited.

    Attributes:
        catalog: whose lock.
        waited: seconds.
        holder: who holds it, as it described itself.
    """

    def __init__(self, catalog: str, *, waited: float, holder: str) -> None:
        self.catalog, self.waited, self.holder = catalog, waited, holder
        super().__init__(catalog, waited, holder)

    def __str__(self) -> str:
        """Name the holder and the wait."""
        return (
            f"the write lock of catalog '{self.catalog}' is held by {self.holder}; waited "
            f"{self.waited:.0f} s. Let it end (or end it), then run the same command again."
        )


class RawError(LakeError):
    """A file of the raw zone is damaged, gone, or cannot be written.

    Attributes:
        path: the file.
        reason: what is wrong, read after the path.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        """Read as `raw file <path> is damaged: …`."""
        return f"raw file {self.path} {self.reason}"


class PortBusyError(UsageError):
    """Another program listens on a port that a server of ours was told to take.

    Attributes:
        port: the port, on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(port)

    def __str__(self) -> str:
        """Name the port and the way out."""
        return (
            f"port {self.port} of 127.0.0.1 is taken by another program. Give another with "
            f"--port N, or --port 0 for any free one."
        )
