"""The prepared pages that benchmarks read."""

from collections.abc import Iterator

import httpx
import pytest

from tests.simulator.caller import Caller, calling
from tests.simulator.pages import STREAMS, PreparedPages
from tests.simulator.server import run_server


@pytest.fixture(scope="module")
def pages() -> Iterator[PreparedPages]:
    pages = PreparedPages(records=20_000, page_size=1000)
    with run_server(pages.app) as pages.simulator.url:
        yield pages


@pytest.fixture
def caller(pages: PreparedPages) -> Iterator[Caller]:
    with calling(pages.simulator) as caller:
        yield caller


def test_no_record_comes_twice_and_none_is_missing(pages: PreparedPages, caller: Caller) -> None:
    for export in STREAMS:
        keys = [
            (record["id"], record.get("customerId"))
            for page in caller.export(f"{export.module}/{export.path}")
            for record in page["data"]
        ]
        assert len(set(keys)) == len(keys) == sum(span.records for span in pages.book[caller.tenant_id, export.path])


def test_children_belong_to_customers_of_the_same_pages(caller: Caller) -> None:
    customers = {record["id"] for page in caller.export("crm/export/customers") for record in page["data"]}
    jobs = [record for page in caller.export("jpm/export/jobs") for record in page["data"]]
    assert {job["customerId"] for job in jobs} <= customers
    assert {job["jobTypeId"] for job in jobs} <= {record["id"] for record in caller.records("jpm/job-types")}


def test_the_total_is_about_what_was_asked_for(pages: PreparedPages) -> None:
    assert pages.summary()["records"] == pytest.approx(20_000, rel=0.1)


def test_changes_come_behind_the_final_token(pages: PreparedPages, caller: Caller) -> None:
    *_, last = caller.export("jpm/export/jobs")
    changed = httpx.post(f"{pages.simulator.url}/_control/changes", json={"records": 180}).json()["changed"]
    new = list(caller.export("jpm/export/jobs", since=last["continueFrom"]))
    assert changed == 180
    assert len(new[0]["data"]) == 10
    assert new[0]["data"][0]["modifiedOn"] == "2026-03-02T15:00:01Z"
    assert caller.get("jpm/export/jobs", **{"from": new[-1]["continueFrom"]}).json()["data"] == []
    httpx.post(f"{pages.simulator.url}/_control/changes", json={"records": 180})
    [newer, *_] = caller.export("jpm/export/jobs", since=new[-1]["continueFrom"])
    assert newer["data"][0] == new[0]["data"][0] | {"modifiedOn": "2026-03-02T15:00:02Z"}
