"""What opens a door stands in no log, however something is written there."""

from pathlib import Path

import pytest

from adapters.crawl4ai.server import Access
from adapters.s3.store import Bucket
from runtime.embedded.neo4j_server import Neo4jAddress
from runtime.embedded.s3_server import S3Address


@pytest.mark.parametrize(
    "holder",
    [
        Access("http://x", "hush", 1.0, 1),
        Bucket("b", "r", access_key="a", secret_key="hush"),
        S3Address(url="http://x", access_key="a", secret_key="hush", buckets=Path()),
        Neo4jAddress(url="bolt://x", user="u", password="hush"),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_a_secret_is_in_no_representation(holder: object) -> None:
    assert "hush" not in f"{holder!r} {holder}"
