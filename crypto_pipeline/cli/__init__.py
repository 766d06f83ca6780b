"""The command line: what a person types, and what they read. No logic of its own."""

from __future__ import annotations

from crypto_pipeline.cli.app import main

__all__ = ["main"]
