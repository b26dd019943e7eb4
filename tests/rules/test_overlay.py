"""What stands in RULES_DIR is in force wherever a seed is read, and a change of it derives everything."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.actions.catalogue import UPDATE_STATE, entry
from pipelines.actions.schemas.state_names import customer_states, use_rules
from pipelines.derivation.dbt import PROJECT
from pipelines.derivation.derive import Derivation, derive
from pipelines.rules.files import RulesError, read_rules
from pipelines.rules.in_force import SHIPPED, in_force
from pipelines.rules.seeds import CUSTOMER_STATES, JOB_KIND_RULES, SEEDS
from tests.states.warehouse import Warehouse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CREATED = NOW - timedelta(days=30)
INSTALL, TUNE_UP = 1, 2
LEADS_REASONS = "converted do_not_service do_not_mail marketing_opt_out by_hand"
OWN = {
    "customer_states.csv": "tenant_id,state,state_name,flow_name\n"
    ",1,Inquiry,Our Follow-up\n"
    "2,1,Inquiry,\n"
    "2,6,All done,Thanks\n",
    "job_kind_rules.csv": "tenant_id,match_field,pattern,job_kind,priority,estimates_from\n"
    ",created_from_estimate_id,77,sales,1,\n"
    ",no_charge,TRUE,other,2,\n"
    "2,job_type_name,^sump pump$,install,1000,\n"
    ',job_type_name,"sump|""check""",other,1000,500.50\n',
    "cancel_reason_rules.csv": "match_field,pattern,starts_flow,priority\nreason_name,weather,FALSE,5\n",
    "state_transition_rules.csv": "from_state,to_state,rule\n0,1.0,ignore\n",
}


class Rules:
    """A warehouse of tenants 1 and 2 with the same records, and people's own rules."""

    def __init__(self, folder: Path, parsed_project: Path) -> None:
        self.own = folder / "rules"
        self.own.mkdir()
        self.warehouse = Warehouse(folder / "warehouse.duckdb", shutil.copytree(parsed_project, folder / "dbt"))

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.own / f"{name}.csv").write_text(text)

    def derive(self, minutes: int = 0) -> Derivation:
        place = {"work_dir": self.warehouse.work_dir, "rules_dir": self.own}
        return derive(self.warehouse.path, NOW + timedelta(minutes=minutes), **place, tests=minutes == 0)

    def load(self, table: str, *rows: dict[str, Any]) -> None:
        both = [
            {"tenant_id": tenant, "created_on": CREATED, "modified_on": CREATED, **row}
            for tenant in (1, 2)
            for row in rows
        ]
        names = {"tenants": {"tenant_id", "tenant_name"}, "job_types": {"tenant_id", "id", "name"}}.get(table)
        self.warehouse.load({table: [{k: v for k, v in row.items() if not names or k in names} for row in both]})


@pytest.fixture
def rules(tmp_path: Path, parsed_project: Path) -> Rules:
    rules = Rules(tmp_path, parsed_project)
    rules.warehouse.load({"tenants": [{"tenant_id": one, "tenant_name": f"tenant {one}"} for one in (1, 2)]})
    rules.load("job_types", {"id": INSTALL, "name": "Install AC"}, {"id": TUNE_UP, "name": "Sump Pump"})
    rules.load("customers", *({"id": one} for one in range(10, 20)))
    return rules


def kinds(rules: Rules) -> set[tuple[Any, ...]]:
    columns = "tenant_id, job_type_name, job_kind, match_field, origin"
    return set(rules.warehouse.rows(f"select {columns}, sum(jobs_last_90_days)::int from marts.job_kinds group by all"))


def test_the_kind_of_a_job_hangs_on_its_own_links(rules: Rules) -> None:
    """A call-back on an install is no install; 0 is no link, nor is an id that no rule names."""
    links: dict[int, dict[str, int]] = {
        10: {},
        11: {"recall_for_id": 5},
        12: {"warranty_id": 6},
        13: {"recall_for_id": 0, "warranty_id": 0},
    }
    jobs = [{"id": one, "customer_id": one, "job_type_id": INSTALL, **link} for one, link in links.items()]
    rules.load("jobs", *jobs)
    rules.load("appointments", *({"id": one, "job_id": one} for one in links))
    rules.derive()
    assert {row for row in kinds(rules) if row[0] == 1} == {
        (1, "Install AC", "other", "recall_for_id", "shipped", 1),
        (1, "Install AC", "other", "warranty_id", "shipped", 1),
        (1, "Install AC", "install", "job_type_name", "shipped", 2),
    }
    states = "select servicetitan_customer_id, current_state from marts.customer_servicetitan_state where tenant_id = 1"
    told = {one: state for one, state in rules.warehouse.rows(states) if state}
    assert told == {10: Decimal("5.0"), 13: Decimal("5.0")}
    rules.load("jobs", {**jobs[0], "modified_on": NOW, "recall_for_id": 13})
    rules.derive(1)
    assert (10, Decimal("0.0")) in rules.warehouse.rows(states), "the office has linked it"


def test_people_s_own_rules_are_in_force(rules: Rules) -> None:
    for name, text in OWN.items():
        (rules.own / name).write_text(text)
    rules.load("leads", {"id": 10, "customer_id": 10, "status": "Open"})
    rules.load(
        "jobs",
        {"id": 11, "customer_id": 11, "job_type_id": INSTALL, "no_charge": True},
        {"id": 12, "customer_id": 12, "job_type_id": INSTALL, "created_from_estimate_id": 77, "no_charge": True},
        {"id": 13, "customer_id": 13, "job_type_id": TUNE_UP, "created_from_estimate_id": 78},
    )
    estimates: list[dict[str, Any]] = [
        {"id": 20, "subtotal": Decimal("500.50")},
        {"id": 21, "subtotal": Decimal("500.49")},
        {"id": 22},
    ]
    rules.load("estimates", *({**one, "job_id": 13, "customer_id": 13} for one in estimates))
    done = rules.derive()
    assert [node.message for node in done.nodes if node.status not in ("success", "pass", "warn")] == []
    assert kinds(rules) == {
        *((tenant, "Install AC", "other", "no_charge", "RULES_DIR", 1) for tenant in (1, 2)),
        *((tenant, "Install AC", "sales", "created_from_estimate_id", "RULES_DIR", 1) for tenant in (1, 2)),
        (1, "Sump Pump", "other", "job_type_name", "RULES_DIR", 1),
        (2, "Sump Pump", "install", "job_type_name", "RULES_DIR", 1),
    }
    offers = "select source_id from marts.customer_state_transitions where to_state = 3 and tenant_id = 1"
    assert rules.warehouse.rows(offers) == [("20",)]
    kept = "select settle_minutes, suppressed_by from seeds.customer_states where state_name = 'Inquiry'"
    assert rules.warehouse.rows(kept) == [(0, LEADS_REASONS)] * 2, "a file of before names neither"
    assert same_as_in_force(rules)


def same_as_in_force(rules: Rules) -> bool:
    """The tables that dbt laid over say what `servicetitan-flow rules` says."""
    own = read_rules(rules.own)
    for seed in SEEDS:
        columns = ", ".join(column.name for column in seed.columns)
        found = rules.warehouse.rows(f"select {columns}, origin from seeds.{seed.name}")
        expected = [
            (*rule.cells.values(), SHIPPED if rule.origin == SHIPPED else "RULES_DIR") for rule in in_force(seed, own)
        ]
        assert sorted(map(comparable, found)) == sorted(map(comparable, expected)), seed.name
    return True


def comparable(row: tuple[Any, ...]) -> list[str]:
    """1, 1.0 and 1.000000000 are one number, and an empty cell is null."""
    cells = ["" if cell is None else str(cell).lower() for cell in row]
    return [f"{float(cell):g}" if cell.replace(".", "", 1).isdigit() else cell for cell in cells]


@pytest.mark.prove
def test_a_changed_file_derives_everything_and_its_tenants_states_are_its_own(rules: Rules) -> None:
    rules.load("leads", {"id": 10, "customer_id": 10, "status": "Open"})
    rules.derive()
    assert rules.derive(1).reason is None
    rules.write(customer_states="tenant_id,state,state_name,flow_name,reset_after_days\n2,1,Inquiry,,7\n")
    assert rules.derive(2).reason == "RULES_DIR has changed"
    log = "select tenant_id, to_state, to_state_name, flow_name from marts.customer_state_transitions order by all"
    assert rules.warehouse.rows(log) == [
        (1, Decimal("1.0"), "Lead", "Email Followup"),
        (2, Decimal("0.0"), "Contact Record", None),
        (2, Decimal("1.0"), "Inquiry", None),
    ]
    states = "from marts.customer_servicetitan_state where servicetitan_customer_id = 10"
    names = f"select tenant_id, current_state_name {states}"
    assert set(rules.warehouse.rows(names)) == {(1, "Lead"), (2, "Contact Record")}
    assert rules.derive(3).reason is None
    (rules.own / "customer_states.csv").unlink()
    assert rules.derive(4).reason == "RULES_DIR has changed"
    assert rules.warehouse.rows(f"{names} and tenant_id = 2") == [(2, "Lead")]


def test_a_wrong_file_stops_the_derivation_before_anything_is_done(rules: Rules) -> None:
    rules.write(job_kind_rules="match_field,pattern,job_kind,priority\njob_type_name,x,sale,1\n")
    with pytest.raises(RulesError, match="row 2, job_kind: found 'sale'; expected sales, install or other"):
        rules.derive()
    assert rules.warehouse.rows("from information_schema.tables where table_schema = 'seeds'") == []


@pytest.mark.prove
def test_dbt_by_hand_sees_the_same_folder(rules: Rules, tmp_path: Path) -> None:
    rules.derive()
    rules.write(**{name.removesuffix(".csv"): text for name, text in OWN.items()})
    places = {"WAREHOUSE_PATH": str(rules.warehouse.path), "RULES_DIR": str(rules.own)}
    folders = {"project": PROJECT, "profiles": PROJECT}
    options = [*(f"--{name}-dir={path}" for name, path in folders.items()), f"--target-path={tmp_path / 'by_hand'}"]
    dbt = Path(sys.executable).with_name("dbt")
    done = subprocess.run(
        [dbt, "seed", *options, f"--log-path={tmp_path / 'logs'}"],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert same_as_in_force(rules)


@pytest.fixture
def _shipped_states_again() -> Iterator[None]:
    yield
    use_rules(Path("none"))


@pytest.mark.usefixtures("_shipped_states_again")
def test_the_actions_know_the_states_in_force(tmp_path: Path) -> None:
    use_rules(tmp_path)
    states = tmp_path / "customer_states.csv"
    states.write_text("tenant_id,state,state_name\n,1,Inquiry\n2,6,All done\n,3.5,Financing\n")
    assert {number: customer_states()[number].name for number in (1.0, 3.5, 6.0)} == {
        **{1.0: "Inquiry", 3.5: "Financing"},
        6.0: "Install Complete",  # of every tenant
    }
    states.write_text("state,name\n")
    assert customer_states()[3.5].name == "Financing", "what is wrong stops the sync, and nothing here"
    labels = entry(UPDATE_STATE).input_schema["properties"]["state"]["x-enum-labels"]
    assert "Inquiry" in labels


def test_at_one_priority_a_tenants_rule_wins_then_ones_own_then_the_field_and_the_pattern(tmp_path: Path) -> None:
    (tmp_path / "job_kind_rules.csv").write_text(
        "tenant_id,match_field,pattern,job_kind,priority\n"
        ",job_type_name,b,other,10\n,job_type_name,a,other,10\n,business_unit_name,z,other,10\n7,job_type_name,c,other,10\n"
    )
    rules = in_force(JOB_KIND_RULES, read_rules(tmp_path))
    asked = [rule for rule in rules if rule.cells["priority"] == "10"]
    assert [rule.cells["pattern"] for rule in asked if rule.origin != SHIPPED] == ["c", "z", "a", "b"]
    assert {rule.origin for rule in asked[4:]} == {SHIPPED}


def test_a_column_that_the_file_lacks_is_as_shipped(tmp_path: Path) -> None:
    (tmp_path / "customer_states.csv").write_text("state,state_name\n2,Visit\n3.5,New\n")
    rules = {rule.cells["state"]: rule for rule in in_force(CUSTOMER_STATES, read_rules(tmp_path))}
    assert rules["2"].cells["flow_name"] == "What to Expect"
    assert rules["2"].origin == "customer_states.csv, row 2"
    assert rules["3.5"].cells["flow_name"] == ""
