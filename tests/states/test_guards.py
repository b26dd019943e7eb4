"""The data tests of the dbt project: silent over what was derived, and each of them speaks where its mart is spoilt."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest

from pipelines.derivation.dbt import PROJECT, invoke
from tests.states.ledger import syncs
from tests.states.warehouse import Warehouse

TENANT = 1
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CREATED = NOW - timedelta(days=30)
TRANSITIONS = "marts.customer_state_transitions"
STATES = "marts.customer_servicetitan_state"
KIND_RULES = "seeds.job_kind_rules (tenant_id, match_field, pattern, job_kind, priority)"
REASON_RULES = "seeds.cancel_reason_rules (tenant_id, match_field, pattern, starts_flow, priority)"
PAIRS = "seeds.state_transition_rules (from_state, to_state, rule)"
ALL_STATES = "seeds.customer_states (state, state_name, flow_name, reset_after_days, settle_minutes, suppressed_by)"

SPOILT_MARTS = {
    "every_customer_has_one_state": {
        f"delete from {STATES} where servicetitan_customer_id = 11": "customer 11 of tenant 1 has 0 rows",
    },
    "transitions_form_a_chain": {
        f"update {TRANSITIONS} set from_state = 3 where servicetitan_customer_id = 12": (
            "12 of tenant 1, number 1 by time, has position 1 and leaves state 3.0 where the one before entered 0.0"
        ),
        f"update {TRANSITIONS} set position = null where servicetitan_customer_id = 13": (
            "13 of tenant 1, number 1 by time, has position none and leaves state 0.0 where the one before entered 0.0"
        ),
    },
    "the_newest_transition_is_the_state": {
        f"update {STATES} set current_state = 6 where servicetitan_customer_id = 13": (
            "customer 13 of tenant 1 is in state 6.0 by transition"
        ),
    },
    "nothing_precedes_its_evidence": {
        "delete from servicetitan.leads where id = 14": "stands; leads 14 is not in the warehouse",
    },
    "transitions_are_told_once": {
        f"insert into {TRANSITIONS} from {TRANSITIONS} where servicetitan_customer_id = 15": "has 2 rows in the log",
    },
}
SPOILT_SEEDS = {
    "state_transition_rules_are_a_full_matrix": {
        "delete from seeds.state_transition_rules where from_state = 2 and to_state = 5": [
            "state_transition_rules has no row from 2.0 to 5.0"
        ],
        "update seeds.state_transition_rules set rule = 'acept' where from_state = 1 and to_state = 2": [
            "state_transition_rules has the rule acept from 1.0 to 2.0: accept, ignore, new_job"
        ],
        f"insert into {PAIRS} values (1, 3, 'ignore'), (1, 8, 'accept')": [
            "state_transition_rules has 2 rows from 1.0 to 3.0",
            "state_transition_rules has a row from 1.0 to 8.0",
        ],
    },
    "job_kind_rules_are_sound": {
        f"insert into {KIND_RULES} values (null, 'job_type_name', 'repair(', 'other', 30)": [
            "every tenant, job_type_name, pattern repair(, priority 30 is no regular expression"
        ],
        f"insert into {KIND_RULES} values (1, 'business_unit_id', 'North', 'sale', null)": [
            "tenant 1, business_unit_id, pattern North, no priority is no number",
            "tenant 1, business_unit_id, pattern North, no priority gives the kind sale: sales, install or other",
            "tenant 1, business_unit_id, pattern North, no priority has no priority",
        ],
        f"insert into {KIND_RULES} values (null, 'job_name', 'x', 'sales', 5)": [
            "every tenant, job_name, pattern x, priority 5 looks at no field that there is"
        ],
        f"insert into {KIND_RULES} select 1, 'job_type_id', 7, 'sales', unnest([4, 6])": [
            "tenant 1, job_type_id, pattern 7, priority 6 have one tenant, field and pattern"
        ],
        f"insert into {KIND_RULES} values (1, 'recall_for_id', '0', 'other', 7), (1, 'no_charge', 'yes', 'other', 8)": [
            "tenant 1, recall_for_id, pattern 0, priority 7 is no id, and not *",
            "tenant 1, no_charge, pattern yes, priority 8 is not true, and not false",
        ],
        "update seeds.job_kind_rules set estimates_from = 500 where priority = 32": ["priority 32 has estimates_from"],
    },
    "cancel_reason_rules_are_sound": {
        f"insert into {REASON_RULES} values (1, 'reason', 'x', null, null)": [
            "tenant 1, reason, pattern x, no priority looks at no field that there is: reason_id or reason_name",
            "tenant 1, reason, pattern x, no priority does not say whether it starts a flow",
            "tenant 1, reason, pattern x, no priority has no priority",
        ],
        f"insert into {REASON_RULES} values (1, 'reason_id', 'x', true, 4), (1, 'reason_name', 'x(', true, 5)": [
            "tenant 1, reason_id, pattern x, priority 4 is no number",
            "tenant 1, reason_name, pattern x(, priority 5 is no regular expression",
        ],
        f"insert into {REASON_RULES} values (1, 'reason_id', '7', true, 6), (1, 'reason_id', '7', false, 6)": [
            "priority 6 have one tenant, field and pattern"
        ],
    },
    "customer_events_are_whole": {
        "delete from seeds.customer_events where event_name = 'estimate_sold'": ["estimate_sold has no row"],
        "insert into seeds.customer_events values ('estimate_created', 3, 'estimates', 'estimate:', ':created', 45)": [
            "estimate_created has 2 rows"
        ],
        "insert into seeds.customer_events values ('lead_lost', 2, 'calls', null, null, 20)": [
            "lead_lost has the source_table calls: leads, appointments, jobs, estimates, state_updates",
            "lead_lost lacks prefix",
            "lead_lost and sales_appointment_booked have the order 20",
        ],
        "insert into seeds.customer_events values (' ', null, 'leads', 'lead:', ':lost', null)": [
            "(no name) lacks event_name, to_state, order"
        ],
        "insert into seeds.customer_events values ('lead_again', 1, 'estimates', 'lead:', ':created', 15)": [
            "(no name) and lead_again and lead_converted and lead_created have the prefix lead: and not one",
            "lead_again and lead_created have one prefix, suffix and to_state",
        ],
        "update seeds.customer_events set to_state = 6, \"order\" = 75 where event_name = 'state_set'": [
            "state_set has the to_state 6.0: it leads to any",
            "state_set has the order 75, that of install_job_completed is 80: they go with to_state, state_set is last",
        ],
    },
    "customer_states_are_whole": {
        "delete from seeds.customer_states where state = 5.5": ["customer_states has no row for state 5.5"],
        f"insert into {ALL_STATES} values (2, 'Again', null, null, 0, null), (null, 'Lost', null, null, 0, null)": [
            "customer_states has 2 rows for state 2.0",
            "customer_states has a row without a state (Lost)",
        ],
        f"insert into {ALL_STATES} values (7, ' ', 'Anything', -1, -5, 'by_hand past tense')": [
            "customer_states gives state 7.0 no name",
            "customer_states ends state 7.0 after -1 days",
            "customer_states lets the flow of state 7.0 wait -5 minutes: 0 or more, or empty",
            "customer_states suppresses the flow of state 7.0 by tense: past, over, twice, converted, ",
        ],
        "insert into seeds.customer_states (tenant_id, state, state_name) values (1, 8, 'Alone')": [
            "customer_states has a row of tenant 1 for state 8.0, of which the states of every tenant know nothing"
        ],
        "update seeds.customer_states set reset_after_days = 3 where state = 0": [
            "customer_states gives state 0.0 a flow or a reset"
        ],
    },
}
DERIVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines.derivation.derive import DerivationError, derive
try:
    derive(Path(sys.argv[1]), datetime(2026, 6, 1, tzinfo=UTC), work_dir=Path.cwd() / "dbt")
except DerivationError as error:
    print(error)
"""


@pytest.fixture
def derived(warehouse: Warehouse) -> Warehouse:
    """Customers 11 to 15, each with a lead of the same number."""
    people = range(11, 16)
    warehouse.load(
        {
            "tenants": [{"tenant_id": TENANT, "tenant_name": "socal"}],
            "customers": [{"tenant_id": TENANT, "id": one, "created_on": CREATED} for one in people],
            "leads": [{"tenant_id": TENANT, "id": one, "customer_id": one, "created_on": CREATED} for one in people],
        }
    )
    warehouse.derive(NOW)
    return warehouse


def said_by(warehouse: Warehouse, *selected: str) -> dict[str, tuple[str, int, str]]:
    """Test -> status, failures and message."""
    done = invoke(
        *("test", "--select", *selected, "--exclude-resource-type", "unit_test"),
        *("--vars", f"{{as_of: '{NOW:%Y-%m-%dT%H:%M:%S.%fZ}'}}"),
        warehouse=warehouse.path,
        work_dir=warehouse.work_dir,
    )
    results = [one for one in done.results if one.node.resource_type == "test"]
    return {one.node.name: (str(one.status), one.failures, one.message) for one in results}


def test_a_spoilt_mart_is_named_by_its_guard(derived: Warehouse) -> None:
    assert {status for status, *_ in said_by(derived, "resource_type:test").values()} == {"pass"}
    for spoil in chain.from_iterable(SPOILT_MARTS.values()):
        derived.rows(spoil)
    said = said_by(derived, "path:tests/guards")
    assert {name: status for name, (status, *_) in said.items()} == dict.fromkeys(SPOILT_MARTS, "error")
    for name, spoils in SPOILT_MARTS.items():
        assert [words for words in spoils.values() if words not in said[name][2]] == []


def test_a_guard_that_fails_goes_on_failing_until_it_is_mended(derived: Warehouse) -> None:
    def tick(minutes: int, customer_id: int) -> tuple[str | None, str]:
        lead = {"tenant_id": TENANT, "id": 100 + minutes, "customer_id": customer_id, "created_on": NOW}
        derived.load({"leads": [lead] if customer_id else []})
        done = derived.derive(NOW + timedelta(minutes=minutes), tests=True)
        (guard,) = [node for node in done.nodes if node.unique_id.endswith(".transitions_are_told_once")]
        return done.reason, guard.status

    assert tick(1, 11) == ("records have come", "pass")
    derived.rows(
        f"insert into {TRANSITIONS} select * replace (99 as servicetitan_customer_id) from {TRANSITIONS}"
        " where servicetitan_customer_id = 15"
    )
    assert tick(2, 11) == ("records have come", "pass"), "it looks at changed customers only"
    assert tick(3, 15) == ("records have come", "error")
    assert tick(4, 11) == ("records have come", "error"), "for all customers now"
    assert tick(5, 0) == (None, "error"), "nothing would come of a second try"
    derived.rows(f"delete from {TRANSITIONS} where servicetitan_customer_id in (15, 99)")
    assert tick(6, 11) == ("records have come", "pass")


def test_customers_whose_guards_were_cut_short_are_looked_at_again(derived: Warehouse) -> None:
    derived.derive(NOW + timedelta(minutes=1), tests=True)
    derived.rows(f"update {STATES} set current_state = 6 where servicetitan_customer_id = 13")
    for kept in derived.work_dir.glob("last-derivation-*"):
        kept.unlink()
    again = derived.derive(NOW + timedelta(minutes=2), tests=True)
    assert again.reason == "the last results were lost"
    assert derived.rows(f"select current_state from {STATES} where servicetitan_customer_id = 13") == [(1,)]


def test_the_marts_of_a_backup_are_not_trusted_on_another_derivations_word(derived: Warehouse) -> None:
    derived.derive(NOW + timedelta(minutes=1), tests=True)
    derived.rows(f"update {STATES} set current_state = 6 where servicetitan_customer_id = 13")
    for table in ("derivation_begun", "derivation_ended"):
        derived.rows(f"update intermediate.{table} set derivation_id = 'of the back-up'")
    assert derived.derive(NOW + timedelta(minutes=2), tests=True).reason == "the last results were lost"
    assert derived.rows(f"select current_state from {STATES} where servicetitan_customer_id = 13") == [(1,)]


def test_every_wrong_row_of_a_seed_is_named(derived: Warehouse) -> None:
    for test, spoils in SPOILT_SEEDS.items():
        for spoil in spoils:
            derived.rows(spoil)
        status, _, message = said_by(derived, test)[test]
        assert status == "error"
        assert [words for each in spoils.values() for words in each if words not in message] == []


@pytest.mark.prove
def test_a_wrong_seed_stops_the_derivation_before_the_marts(
    new_warehouse: Callable[[], Warehouse], tmp_path: Path
) -> None:
    warehouse = new_warehouse()
    for folder in (PROJECT, PROJECT.parent / "pipelines"):
        shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    rules = tmp_path / PROJECT.name / "seeds" / "state_transition_rules.csv"
    rules.write_text(rules.read_text().replace("3,2,new_job\n", ""))
    said = subprocess.run(
        [sys.executable, "-c", DERIVE, warehouse.path], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert "state_transition_rules has no row from 3.0 to 2.0" in said.stdout, said.stderr
    assert warehouse.rows("from information_schema.tables where table_schema = 'marts'") == []


def rows_that_warn() -> Iterator[tuple[str, dict[str, object]]]:
    old, young = NOW - timedelta(hours=25), NOW - timedelta(hours=23)
    yield "job_types", {"id": 3, "name": "Sump Pump"}
    yield "job_types", {"id": 4, "name": "Sales Visit"}
    yield "jobs", {"id": 21, "customer_id": 11, "job_type_id": 3, "created_on": old}
    yield "jobs", {"id": 22, "customer_id": 99, "job_type_id": 4, "created_on": old}
    yield "leads", {"id": 31, "customer_id": 99, "created_on": old}
    yield "leads", {"id": 32, "customer_id": 99, "created_on": young}
    yield "leads", {"id": 33, "customer_id": None, "created_on": old}
    yield "leads", {"id": 34, "customer_id": 11, "created_on": datetime(1, 1, 1, tzinfo=UTC)}
    yield "appointments", {"id": 41, "job_id": 98, "created_on": old}
    yield "estimates", {"id": 51, "customer_id": 11, "job_id": 98, "created_on": old}


def test_what_a_person_should_look_at_is_counted(derived: Warehouse) -> None:
    for table, row in rows_that_warn():
        derived.load({table: [{"tenant_id": TENANT, **row}]})
    derived.derive(NOW)
    waits = "records_that_wait_for_more_than_a_day"
    assert said_by(derived, waits)[waits][0] == "pass", "the first read goes on"
    derived.load(syncs([TENANT], [], 1))
    derived.derive(NOW)
    assert said_by(derived, "path:tests/warnings") == {
        "events_without_a_date": ("warn", 1, "Got 1 result, configured to warn if != 0"),
        "job_types_that_no_rule_knows": ("warn", 1, "Got 1 result, configured to warn if != 0"),
        "records_that_wait_for_more_than_a_day": ("warn", 4, "Got 4 results, configured to warn if != 0"),
    }
    waiting = "select record_id from intermediate.int_records__waiting order by all"
    assert derived.rows(waiting) == [(22,), (31,), (32,), (41,), (51,)]
    derived.load({"customers": [{"tenant_id": TENANT, "id": 99}], "jobs": [{"tenant_id": TENANT, "id": 98}]})
    derived.derive(NOW + timedelta(minutes=1))
    assert derived.rows(waiting) == [], "as soon as the customer and the job have come"
