"""Processes for tests: one that has imported everything forks the others, since starting Python takes a second."""

from __future__ import annotations

import multiprocessing

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    [
        "tests.data.divided_downloader",
        "tests.data.downloader",
        "tests.data.month_writer",
        "s3fs",
        "bybit_async.data.data",
        "pandas",
        "pyarrow.parquet",
    ]
)
