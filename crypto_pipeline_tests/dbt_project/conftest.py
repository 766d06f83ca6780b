"""What the tests of the dbt project share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crypto_pipeline_tests.dbt_project.worker import Worker


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()
