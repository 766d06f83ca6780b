"""The Dagster code location: what `dagster` loads. Everything is found from `defs/build.py`."""

from __future__ import annotations

from dagster import Definitions, definitions

from crypto_pipeline.defs.build import build_definitions
from crypto_pipeline.settings import load_settings


@definitions
def defs() -> Definitions:
    """The definitions of the home that the settings name."""
    return build_definitions(load_settings())
