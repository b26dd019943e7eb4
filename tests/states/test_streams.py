"""A tenant's history is complete when every stream was read, and no stream can be forgotten."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.derivation.dbt import manifest_path
from pipelines.servicetitan.raw_tables import RAW_TABLES, REJECTED_RECORDS
from pipelines.servicetitan.streams import STREAMS
from tests.states.warehouse import Warehouse

NAMES = [stream.name for stream in STREAMS if not stream.optional]
OPTIONAL = [stream.name for stream in STREAMS if stream.optional]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
COMPLETE, UNREAD, FAILED = 1, 1000, 2000  # tenants; with a stream's place added, the two that lack that one


def sync_of(tenant: int, **complete: bool) -> list[dict[str, Any]]:
    return [
        {"sync_id": "a", "tenant_id": tenant, "tenant_name": "", "stream": stream, "complete": done}
        for stream, done in complete.items()
    ]


def test_a_tenant_without_what_is_optional_is_complete_all_the_same(warehouse: Warehouse) -> None:
    whole = sync_of(COMPLETE, **dict.fromkeys(NAMES, True))
    failed = sync_of(FAILED, **dict.fromkeys(NAMES, True), **dict.fromkeys(OPTIONAL, False))
    broken = [{**row, "error": None if row["complete"] else "HTTP 500"} for row in failed]
    warehouse.load({"tenant_syncs": [*whole, *broken]})
    warehouse.derive(NOW)
    assert OPTIONAL
    assert warehouse.rows("select tenant_id from marts.tenant_baselines order by 1") == [(COMPLETE,), (FAILED,)]


def test_a_tenant_that_lacks_any_one_stream_has_no_baseline(warehouse: Warehouse) -> None:
    rows = sync_of(COMPLETE, **dict.fromkeys(NAMES, True))
    for place, left_out in enumerate(NAMES):
        rows += sync_of(UNREAD + place, **{name: True for name in NAMES if name != left_out})
        rows += sync_of(FAILED + place, **{name: name != left_out for name in NAMES})
    warehouse.load({"tenant_syncs": rows})
    warehouse.derive(NOW)
    assert warehouse.rows("select tenant_id from marts.tenant_baselines") == [(COMPLETE,)]


def test_dbt_derives_from_just_the_tables_that_the_load_makes(tmp_path: Path, work_dir: Path) -> None:
    known = json.loads(manifest_path(tmp_path / "warehouse.duckdb", work_dir).read_bytes())["sources"].values()
    sources = [source for source in known if source["source_name"] == "servicetitan"]
    assert {source["name"] for source in sources} == {table.name for table in RAW_TABLES} - {REJECTED_RECORDS.name}
    assert {source["name"] for source in sources if "ours" not in source["tags"]} == {*NAMES, *OPTIONAL}
    assert {source["name"] for source in sources if "optional" in source["tags"]} == set(OPTIONAL)
    facts = {stream.name for stream in STREAMS if stream.facts_only}
    assert {source["name"] for source in sources if "facts_only" in source["tags"]} == facts
