"""Batches on their way: bounded, in order, and cut into packages that keep together what belongs together."""

import threading

import pyarrow as pa
import pytest

from pipelines.servicetitan.batches import Batch, BatchQueue, Closed


def batch(table: str, *values: int, bookmark: str | None = None, rejected: Batch | None = None) -> Batch:
    rows = pa.table({"id": pa.array(values, pa.int64())})
    return Batch(table, rows, "1", {"from": bookmark} if bookmark else None, rejected)


def package(batches: BatchQueue, *tables: str) -> dict[str, list[int]]:
    """What one package takes, table by table in turn, as dlt does it."""
    taken: dict[str, list[int]] = {table: [] for table in tables}
    going_on = list(tables)
    while going_on:
        for table in list(going_on):
            if batches.package_ends(table):
                going_on.remove(table)
            elif arrived := batches.take(table):
                taken[table] += arrived.rows["id"].to_pylist()
    return taken


def test_batches_of_a_table_keep_their_order() -> None:
    batches = BatchQueue.of([batch("jobs", 1), batch("leads", 2), batch("jobs", 3)])
    assert batches.begin_package()
    assert package(batches, "jobs", "leads") == {"jobs": [1, 3], "leads": [2]}
    assert not batches.begin_package()


def test_a_package_ends_when_it_is_full_and_the_next_goes_on() -> None:
    batches = BatchQueue.of(batch("jobs", number) for number in range(5))
    batches.package_rows = 2
    packages = []
    while batches.begin_package():
        packages.append(package(batches, "jobs")["jobs"])
    assert packages == [[0, 1], [2, 3], [4]]


def test_a_package_ends_when_it_has_lasted_long_enough() -> None:
    seconds = iter(range(0, 10_000, 50))
    batches = BatchQueue(package_seconds=120, monotonic=lambda: float(next(seconds)))
    for number in range(4):
        batches.put(batch("jobs", number))
    batches.finish()
    assert batches.begin_package()
    assert 0 < len(package(batches, "jobs")["jobs"]) < 4


@pytest.mark.parametrize("order", [("jobs", "rejected"), ("rejected", "jobs")])
def test_rejected_records_go_in_the_package_of_their_page(order: tuple[str, str]) -> None:
    batches = BatchQueue.of([batch("jobs", 1, 2, rejected=batch("rejected", 9)), batch("jobs", 3)])
    batches.package_rows = 1
    assert batches.begin_package()
    assert package(batches, *order) == {"jobs": [1, 2], "rejected": [9]}


def test_a_bookmark_alone_is_no_reason_for_a_package() -> None:
    assert not BatchQueue.of([batch("jobs", bookmark="t2")]).begin_package()
    assert BatchQueue.of([batch("jobs", bookmark="t2"), batch("leads", 1)]).begin_package()
    empty = batch("jobs", bookmark="t2").rows
    assert BatchQueue.of([Batch("jobs", empty, "1", {"from": "t2"}, keep=True)]).begin_package()


def test_a_reader_waits_while_too_much_is_on_its_way() -> None:
    batches, put = BatchQueue(most_bytes=8), threading.Event()
    batches.put(batch("jobs", 1))

    def put_another() -> None:
        batches.put(batch("jobs", 2))
        put.set()

    thread = threading.Thread(target=put_another, daemon=True)
    thread.start()
    assert not put.wait(0.1)
    assert batches.take("jobs")
    assert put.wait(10)


def test_readers_are_let_go_when_nobody_takes_any_more() -> None:
    batches = BatchQueue(most_bytes=8)
    batches.put(batch("jobs", 1))
    threading.Timer(0.05, batches.close).start()
    with pytest.raises(Closed):
        batches.put(batch("jobs", 2))
    with pytest.raises(Closed):
        batches.sleep(600)
