"""Only what happened is news: what a derivation finds whose rules differ from those of the last one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.oracle.derivation import Log
from tests.oracle.rules import Rules
from tests.oracle.scene import FIRST
from tests.states.happenings import Op
from tests.states.histories import TENANTS
from tests.states.ledger import Ledger

TENANT, OTHER = TENANTS
NOW = FIRST + timedelta(days=10)
LATER = NOW + timedelta(days=1)


def op(table: str, identity: int, tenant: int = TENANT, **fields: Any) -> Op:
    return Op(table, {"tenant_id": tenant, "id": identity, "created_on": FIRST, "modified_on": FIRST, **fields})


def job(**fields: Any) -> Op:
    return op("jobs", 31, **{"customer_id": 11, "job_type_id": 3, **fields})


VISIT = op("appointments", 51, job_id=31)
BEFORE = (op("customers", 11), job(), VISIT)
RENAMED = op("job_types", 3, name="Roof Estimate")


class Office:
    """Derived again and again."""

    def __init__(self, *told: Op) -> None:
        self.ledger, self.log = Ledger(), Log()
        self.derive(told)

    def derive(self, told: Sequence[Op], as_of: datetime = NOW) -> dict[str, bool]:
        """Event -> whether it is reclassified."""
        self.ledger.add(told)
        stories, news = self.ledger.stories(as_of), self.ledger.news()
        self.log.update(stories[TENANT], as_of, news[TENANT], is_complete=True)
        standing = [each for each in self.log.entries.values() if each.retracted_at is None]
        return {each.transition.event_id: each.is_reclassified for each in standing}


FIVE_DAYS = {"state": "1", "reset_after_days": "5"}
BOOKED = "appointment:51:booked"


def test_what_a_renamed_type_turns_up_is_no_news_for_good() -> None:
    office = Office(*BEFORE)
    assert office.derive([RENAMED], LATER) == {BOOKED: True}
    assert office.derive([op("appointments", 51, job_id=31, status="Done")], LATER) == {BOOKED: True}
    assert office.derive([op("job_types", 3, name="Tune-Up")], LATER) == {}
    assert office.derive([RENAMED], LATER) == {BOOKED: True}


def test_a_name_that_arrives_for_the_first_time_is_no_changed_rule() -> None:
    office = Office(BEFORE[0], job(job_type_id=9), VISIT)
    assert office.derive([op("job_types", 9, name="Roof Estimate")], LATER) == {BOOKED: False}


def test_a_type_that_is_renamed_and_named_again_between_two_derivations_is_as_it_was() -> None:
    office = Office(*BEFORE)
    office.ledger.add([RENAMED])
    assert office.derive([op("job_types", 3, name="AC Tune-Up"), job(job_type_id=1)], LATER) == {BOOKED: False}


def test_it_is_news_where_the_record_changed_too() -> None:
    assert Office(*BEFORE).derive([RENAMED, op("appointments", 51, job_id=31, status="Done")], LATER) == {BOOKED: False}


@pytest.mark.parametrize(
    "field", ["business_unit_id", "recall_for_id", "warranty_id", "created_from_estimate_id", "project_id"]
)
def test_it_is_news_where_the_jobs_unit_or_links_changed_too(field: str) -> None:
    office = Office(BEFORE[0], job(**{field: 7}), VISIT)
    assert office.derive([RENAMED, job()], LATER) == {BOOKED: False}


def test_it_is_news_where_the_job_is_another_customers_now() -> None:
    office = Office(*BEFORE, op("customers", 12))
    assert office.derive([RENAMED, job(customer_id=12)], LATER) == {BOOKED: False}


@pytest.mark.parametrize("happened", [job(summary="A roof"), job(location_id=7), op("customers", 11, name="Ada")])
def test_it_is_none_where_something_else_did(happened: Op) -> None:
    assert Office(*BEFORE).derive([RENAMED, happened], LATER) == {BOOKED: True}


def test_it_is_news_where_the_customer_or_the_job_came() -> None:
    for late in BEFORE[:2]:
        office = Office(*(each for each in BEFORE if each is not late))
        assert office.derive([RENAMED, late], LATER) == {BOOKED: False}


def test_it_is_news_where_it_happened_after_the_last_derivation() -> None:
    ahead = op("appointments", 51, job_id=31, created_on=NOW + timedelta(hours=1))
    assert Office(*BEFORE[:2], ahead).derive([RENAMED], LATER) == {BOOKED: False}
    just_then = op("appointments", 51, job_id=31, created_on=NOW)
    assert Office(*BEFORE[:2], just_then).derive([RENAMED], LATER) == {BOOKED: True}


def test_a_type_renamed_elsewhere_is_no_changed_rule_here() -> None:
    office = Office(BEFORE[0], job(job_type_id=9), VISIT)
    elsewhere = op("job_types", 3, OTHER, name="Roof Estimate")
    assert office.derive([elsewhere, op("job_types", 9, name="Roof Estimate")], LATER) == {BOOKED: False}


def test_an_edited_rule_is_one_for_the_tenants_for_whom_it_holds() -> None:
    for tenant, is_edited in ((TENANT, True), (OTHER, False)):
        office = Office(*BEFORE[:2], op("leads", 21, customer_id=11))
        office.ledger.rules = Rules({"customer_states": [{"tenant_id": str(tenant), **FIVE_DAYS}]})
        derived = office.derive([], LATER)
        assert list(derived.values()) == ([False, True] if is_edited else [False]), "the lead, and its reset in time"


def test_a_reset_that_came_since_is_news_under_an_edited_rule_too() -> None:
    office = Office(*BEFORE[:2], op("leads", 21, customer_id=11, created_on=NOW - timedelta(days=4)))
    office.ledger.rules = Rules({"customer_states": [FIVE_DAYS]})
    assert list(office.derive([], LATER).values()) == [False, False]


def test_what_an_office_retypes_is_news() -> None:
    assert Office(*BEFORE).derive([job(job_type_id=1)], LATER) == {BOOKED: False}
