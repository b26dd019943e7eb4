"""0.1.0 had people edit the seeds in the checkout: what the warehouse's own tables hold of it goes to RULES_DIR."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.rules.edited_seeds import SHIPPED_BEFORE, keep_edited_seeds
from pipelines.rules.files import read_rules
from pipelines.rules.seeds import CUSTOMER_STATES, JOB_KIND_RULES, STATE_TRANSITION_RULES

TYPES = {
    "customer_states": "state decimal(2,1), state_name varchar, flow_name varchar, reset_after_days integer",
    "job_kind_rules": "tenant_id bigint, match_field varchar, pattern varchar, job_kind varchar, priority integer",
    "state_transition_rules": "from_state decimal(2,1), to_state decimal(2,1), rule varchar",
}
EDITS = (
    "update seeds.customer_states set flow_name = 'Our Booking, 2' where state = 2",
    "insert into seeds.customer_states values (3.5, 'Financing', null, 90)",
    "insert into seeds.job_kind_rules values (7, 'job_type_name', 'crane|\"lift\"', 'install', 5)",
    "update seeds.job_kind_rules set pattern = 'estimate' where priority = 10",
    "update seeds.state_transition_rules set rule = 'ignore' where from_state = 2.5 and to_state = 3",
)
Spoil = Callable[[str], object]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """With the seeds as dbt loaded them for 0.1.0."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema seeds")
        for name, columns in TYPES.items():
            con.execute(f"create table seeds.{name} ({columns})")
            con.execute(f"copy seeds.{name} from '{SHIPPED_BEFORE / name}.csv' (header, nullstr '')")
    return path


def edit(warehouse: Path, *edits: str) -> None:
    with duckdb.connect(warehouse) as con:
        for each in edits:
            con.execute(each)


def test_what_was_edited_is_written_and_said(warehouse: Path, tmp_path: Path) -> None:
    edit(warehouse, *EDITS)
    states, kinds, gone, transitions = keep_edited_seeds(warehouse, tmp_path / "rules")
    written = {row.seed: [] for row in read_rules(tmp_path / "rules")}  # type: ignore[var-annotated]
    for row in read_rules(tmp_path / "rules"):
        written[row.seed].append(tuple(row.cells.values()))
    assert written == {
        CUSTOMER_STATES: [("2", "Sales Appointment Booked", "Our Booking, 2", "180"), ("3.5", "Financing", "", "90")],
        JOB_KIND_RULES: [
            ("", "job_type_name", "estimate", "sales", "10"),
            ("7", "job_type_name", 'crane|"lift"', "install", "5"),
        ],
        STATE_TRANSITION_RULES: [("2.5", "3", "ignore")],
    }
    rules = tmp_path / "rules"
    assert states.startswith(f"{rules / 'customer_states.csv'}: written, with 2 rows that are not 0.1.0's")
    assert kinds.startswith(f"{rules / 'job_kind_rules.csv'}: written, with 2 rows that are not 0.1.0's")
    assert transitions.startswith(f"{rules / 'state_transition_rules.csv'}: written, with 1 row that is not 0.1.0's")
    assert "are in force again" in gone
    assert r"\b(estimates?|sales|consult(ation)?|quote)\b" in gone


def test_a_state_of_one_s_own_has_a_rule_for_what_leads_to_0(warehouse: Path, tmp_path: Path) -> None:
    edit(warehouse, "insert into seeds.state_transition_rules values (3, 3.5, 'accept'), (3.5, 4, 'accept')")
    keep_edited_seeds(warehouse, tmp_path / "rules")
    assert [tuple(row.cells.values()) for row in read_rules(tmp_path / "rules")] == [
        ("3", "3.5", "accept"),
        ("3.5", "4", "accept"),
        ("3.5", "0", "ignore"),
    ]


def test_what_nobody_edited_says_nothing(warehouse: Path, tmp_path: Path) -> None:
    assert keep_edited_seeds(warehouse, tmp_path / "rules") == []
    assert keep_edited_seeds(tmp_path / "none.duckdb", tmp_path / "rules") == []
    assert not (tmp_path / "rules").exists()


def test_a_second_start_changes_nothing(warehouse: Path, tmp_path: Path) -> None:
    edit(warehouse, *EDITS)
    keep_edited_seeds(warehouse, tmp_path / "rules")
    before = {path: path.read_bytes() for path in (tmp_path / "rules").iterdir()}
    (tmp_path / "rules" / ".customer_states.csv.draft").write_text("half of")  # of a crash
    assert "customer_states.csv: has the 2 rows" in keep_edited_seeds(warehouse, tmp_path / "rules")[0]
    assert {path: path.read_bytes() for path in before} == before


def test_a_file_that_is_there_is_never_overwritten(warehouse: Path, tmp_path: Path) -> None:
    edit(warehouse, *EDITS)
    own = tmp_path / "rules" / "customer_states.csv"
    own.parent.mkdir()
    own.write_text("state,state_name\n2,Booked\n")
    said = keep_edited_seeds(warehouse, own.parent)[0]
    assert own.read_text() == "state,state_name\n2,Booked\n"
    aside = own.with_suffix(".edited-in-0.1.0")
    assert f"stay as it is; 2 rows that are not 0.1.0's stand in {aside}".replace("stay ", "stays ") in said
    assert "Our Booking, 2" in aside.read_text()
    assert len(read_rules(own.parent)) > 0


def test_the_tables_of_this_version_are_left_alone(warehouse: Path, tmp_path: Path) -> None:
    edit(warehouse, *EDITS, *(f"alter table seeds.{name} add column origin varchar" for name in TYPES))
    assert keep_edited_seeds(warehouse, tmp_path / "rules") == []
