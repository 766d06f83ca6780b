"""Run `freqtrade download-data` against a mirror of Binance's archive and print what it took.

Runs in freqtrade's own environment (`requirements.lock`), never in crypto_pipeline's. Two things
are changed: the host in freqtrade's archive address, which no setting reaches, and, by its
configuration, the hosts and the rate limiter of ccxt. All else is freqtrade as it comes: daily
zips, six columns, no checksum, feather.

The time is that of its `refresh_backtest_ohlcv_data`: start-up and imports are left out, in its
favour. The last line on standard output is a JSON object: `bars`, `seconds`, `cpu_seconds`,
`peak_rss_mb`.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.data.history import history_utils
from freqtrade.data.history.datahandlers import (
    featherdatahandler,  # noqa: F401 else imported inside the timed part, pyarrow with it
)
from freqtrade.exchange import binance_public_data
from freqtrade.main import main as freqtrade_main

ARCHIVE = "https://data.binance.vision"


def main() -> None:
    """Download what the arguments name, then print the figures."""
    options = _options()
    _point_archive_at(options.mirror)
    taken = _time_downloads()
    config = options.folder / "config.json"
    config.write_text(json.dumps(_configuration(options.mirror, options.pairs)), encoding="utf-8")
    data = options.folder / "data"
    code = _run(config, data, options.timerange)
    bars = sum(len(pd.read_feather(path)) for path in data.rglob("*.feather"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds, cpu_seconds = (sum(times) for times in zip(*taken, strict=True))
    figures = {"bars": bars, "seconds": seconds, "cpu_seconds": cpu_seconds, "peak_rss_mb": peak}
    print(json.dumps(figures))
    sys.exit(code)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mirror", required=True)
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--timerange", required=True, help="20240101-20240201, end exclusive")
    parser.add_argument("--pairs", required=True, nargs="+")
    return parser.parse_args()


def _run(config: Path, data: Path, timerange: str) -> int:
    arguments = ["download-data", "--config", str(config), "--userdir", str(config.parent)]
    arguments += ["--datadir", str(data), "--timeframes", "1m", "--timerange", timerange]
    try:
        freqtrade_main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _point_archive_at(mirror: str) -> None:
    address = binance_public_data.binance_vision_ohlcv_zip_url

    def mirrored(*args: Any) -> str:
        return address(*args).replace(ARCHIVE, mirror)

    binance_public_data.binance_vision_ohlcv_zip_url = mirrored


def _time_downloads() -> list[tuple[float, float]]:
    """Seconds and CPU seconds of each download from now on, in a list that grows."""
    taken: list[tuple[float, float]] = []
    refresh = history_utils.refresh_backtest_ohlcv_data

    def timed(*args: Any, **kwargs: Any) -> list[str]:
        start, cpu_start = time.perf_counter(), time.process_time()
        unavailable = refresh(*args, **kwargs)
        taken.append((time.perf_counter() - start, time.process_time() - cpu_start))
        return unavailable

    history_utils.refresh_backtest_ohlcv_data = timed
    return taken


def _configuration(mirror: str, pairs: list[str]) -> dict[str, Any]:
    urls = {"api": {"public": f"{mirror}/api/v3", "v1": f"{mirror}/api/v1"}}
    options = {"fetchMarkets": {"types": ["spot"]}}
    ccxt = {"urls": urls, "enableRateLimit": False, "options": options}
    exchange = {"name": "binance", "pair_whitelist": pairs, "ccxt_config": ccxt, "enable_ws": False}
    return {
        "exchange": exchange,
        "pairs": pairs,
        "trading_mode": "spot",
        "stake_currency": "USDT",
        "dry_run": True,
        "pairlists": [{"method": "StaticPairList"}],
    }


if __name__ == "__main__":
    main()
