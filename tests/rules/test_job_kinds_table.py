"""What `check` says of the kinds of jobs, from a published copy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration.cli.job_kinds import show_job_kinds

HEADING = "Which jobs of the last 90 days count as what; `servicetitan-flow rules` prints all rules"
KINDS, RULES = ("sales", "install", "other"), 25


def publish(analytics: Path, rows: list[dict[str, Any]]) -> None:
    with duckdb.connect(analytics) as con:
        con.register("rows", pa.Table.from_pylist(rows))
        con.execute("create schema marts")
        con.execute("create table marts.job_kinds as from rows")
        con.execute("create table marts.job_kind_behaviour as from rows")


def taken(job_type: int, unit: int, kind: str, *, behaves_as: str | None = None, **fields: Any) -> dict[str, Any]:
    rule = {"match_field": "job_type_name", "pattern": f"word {job_type % RULES}", "priority": job_type % RULES}
    return {
        **{"tenant_id": 1, "tenant_name": "socal", "job_type_id": job_type, "job_type_name": f"Type {job_type}"},
        **{"business_unit_id": unit, "job_kind": kind, **rule, "rule_tenant_id": None, "origin": "shipped"},
        **{"jobs_last_90_days": job_type, "is_known": True, "is_disagreement": behaves_as not in (None, kind)},
        **{"kind_by_behaviour": behaves_as, "type_kind_by_behaviour": behaves_as, **fields},
    }


def many() -> Iterator[dict[str, Any]]:
    """100 job types in 20 units each."""
    for job_type in range(100):
        for unit in range(20):
            behaves_as = "other" if job_type in (4, 7) else None
            is_known = job_type != 9
            yield taken(job_type, unit, KINDS[job_type % 3], behaves_as=behaves_as, is_known=is_known)


def test_it_can_be_read_at_a_hundred_job_types_and_twenty_units(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path / "analytics.duckdb", list(many()))
    show_job_kinds(tmp_path / "analytics.duckdb")
    _, heading, tenant, _, *lines, more = capsys.readouterr().out.splitlines()
    assert (heading, tenant) == (HEADING, "socal: 99,000 jobs, 100 job types, 20 units")
    assert [line.split("  ")[0] for line in lines[:2]] == ["rules say install, behaves as other", "no rule knew"]
    assert lines[0].split()[-6:] == ["220", "2", "Type", "7,", "Type", "4"]
    assert lines[2].split("  ")[0] == "sales by 24 job_type_name word 24"
    assert lines[2].endswith("Type 99, Type 24"), "the type with most jobs first"
    assert len(lines) == 17
    assert more == "… and 60 more: servicetitan-flow kinds propose socal"


def test_before_the_first_sync_nothing_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_job_kinds(tmp_path / "analytics.duckdb")
    assert capsys.readouterr().out == f"\n{HEADING}\nnot known before the first sync\n"
