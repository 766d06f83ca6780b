"""DuckDB's extensions, loaded from their wheels: no network, no HOME.

What belongs here: finding and loading the compiled extensions, and the settings without which
DuckDB would look for them elsewhere. What does not: what a session attaches (`lake/catalogs.py`).
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import duckdb

from crypto_pipeline.errors import LakeError

EXTENSIONS = ("sqlite_scanner", "ducklake")
"""In loading order: ducklake looks for the scanner of its catalog."""


def extension_path(name: str) -> Path:
    """The extension's file inside its wheel, for exactly the duckdb that runs.

    Raises:
        LakeError: the wheel is absent, or of another version than duckdb.
    """
    wheel = f"duckdb-extension-{name.replace('_', '-')}"
    try:
        package = files(f"duckdb_extension_{name}")
    except ModuleNotFoundError as error:
        raise LakeError(
            f"the package {wheel} is not installed; install {wheel}=={duckdb.__version__}"
        ) from error
    path = Path(str(package)) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not path.is_file():
        raise LakeError(
            f"{wheel} {version(wheel)} does not serve duckdb {duckdb.__version__}; "
            f"install {wheel}=={duckdb.__version__}"
        )
    return path


def load_extensions(connection: duckdb.DuckDBPyConnection) -> None:
    """Load what a lake session needs into an open connection and forbid downloads in it.

    Raises:
        LakeError: a wheel is absent or of another version.
    """
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    for name in EXTENSIONS:
        connection.load_extension(str(extension_path(name)))
    # An Arrow object beside an ASOF join is planned as one row: 6,400 ms become 38.
    connection.execute("SET asof_loop_join_threshold = 0")
    connection.execute("SET TimeZone = 'UTC'")
