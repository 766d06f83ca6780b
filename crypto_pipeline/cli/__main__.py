"""`python -m crypto_pipeline.cli` is `crypto-pipeline`."""

from __future__ import annotations

import sys

from crypto_pipeline.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
