"""The store that other tests stand on."""

import httpx

from tests.servers.seaweedfs import SeaweedServer


def test_it_has_buckets_and_shows_nothing_to_nobody(seaweed_server: SeaweedServer) -> None:
    assert seaweed_server.create("first") == "s3://first"
    assert httpx.get(f"{seaweed_server.endpoint}/first", trust_env=False).status_code == 403
