"""Which jobs are sales jobs, which are installs, which of several rules wins, and which estimates count."""

from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.kinds import kind_rules
from tests.oracle.rules import Rules
from tests.oracle.scene import INSTALL, SALES, SERVICE, TENANT, estimate, job, record, records, story

COLUMNS = ("tenant_id", "match_field", "pattern", "job_kind", "priority", "estimates_from")
UNIT = record("business_units", 5, name="Roof Sales North")


def own(*lines: str) -> Rules:
    rows = [dict(zip(COLUMNS, line.split(","), strict=False)) for line in lines]
    return Rules({"job_kind_rules": rows})


def kind(rules: Rules, job_type: int | None = None, **fields: Any) -> str:
    told = records([job(31, job_type, **fields), UNIT])
    return str(kind_rules(told, rules.of(TENANT))[31]["job_kind"])


def test_the_shipped_rules_tell_by_the_type() -> None:
    assert [kind(Rules(), each) for each in (SALES, INSTALL, SERVICE, None, 99)] == [
        *("sales", "install", "other", "other", "other")
    ]


@pytest.mark.parametrize("link", ["recall_for_id", "warranty_id", "created_from_estimate_id"])
def test_a_link_matches_its_id_or_any_but_never_null_or_0(link: str) -> None:
    anything, one = own(f",{link},*,sales,1"), own(f",{link},7,sales,1", f",{link},*,other,2")
    assert [kind(anything, INSTALL, **{link: value}) for value in (7, 8, 0, None)] == [
        *("sales", "sales", "install", "install")
    ]
    assert [kind(one, INSTALL, **{link: value}) for value in (7, 8, 0)] == ["sales", "other", "install"]
    assert kind(own(f",{link},0,sales,1"), INSTALL, **{link: 0}) == "install"


def test_no_charge_that_is_not_said_is_false() -> None:
    assert [kind(own(",no_charge,true,other,1"), INSTALL, no_charge=each) for each in (True, False, None)] == [
        *("other", "install", "install")
    ]
    assert [kind(own(",no_charge,false,other,1"), INSTALL, no_charge=each) for each in (True, False, None)] == [
        *("install", "other", "other")
    ]


def test_a_name_is_searched_without_regard_to_case_and_an_id_may_be_any() -> None:
    by_name = own(",business_unit_name,sales,sales,500")
    assert [kind(by_name, business_unit_id=each) for each in (5, 6, None)] == ["sales", "other", "other"]
    assert [kind(own(",business_unit_id,5,sales,500"), business_unit_id=each) for each in (5, 6)] == ["sales", "other"]
    assert kind(own(",business_unit_id,,sales,500"), business_unit_id=None) == "sales"


def test_at_one_priority_a_tenants_own_wins_then_peoples_own_then_the_field_then_the_pattern() -> None:
    for_all, for_one, for_other = (f"{tenant},job_type_id,2,{{}},20" for tenant in ("", TENANT, 99))
    assert kind(own(for_all.format("other")), INSTALL) == "other", "shipped: install at 20"
    assert kind(own(for_all.format("other"), for_one.format("sales")), INSTALL) == "sales"
    assert kind(own(for_other.format("sales")), INSTALL) == "install"
    assert kind(own(",job_type_id,2,other,21"), INSTALL) == "install"
    fields = own(",job_type_name,window,sales,5", ",job_type_id,2,other,5")
    assert kind(fields, INSTALL) == "other"
    assert kind(own(",job_type_name,window,sales,5", ",job_type_name,install,other,5"), INSTALL) == "other"


def test_estimates_on_another_job_count_from_the_amount_of_the_rule_that_took_it() -> None:
    rules = own(",job_type_name,tune,other,1,500")
    for subtotal, counts in [("499.99", False), ("500", True), ("500.01", True), (None, False)]:
        told = estimate(41, 31, 2, subtotal=subtotal and Decimal(subtotal))
        assert story(job(31, SERVICE), told, rules=rules) == ([(2, "estimate:41:created")] if counts else [])
        assert story(job(31, SERVICE), told) == []


def test_an_estimate_waits_for_its_job_and_needs_none() -> None:
    assert story(estimate(41, 31, 2)) == []
    assert story(estimate(41, None, 2)) == [(2, "estimate:41:created")]
    assert story(estimate(41, 31, 2, status=None), job(31, SALES)) == [(2, "estimate:41:created")]


def test_a_states_own_row_replaces_the_shipped_and_a_tenants_own_that() -> None:
    for_all, for_one, for_other = ({"tenant_id": each, "state": "1"} for each in ("", str(TENANT), "99"))
    rows = [{**for_one, "reset_after_days": "20"}, {**for_all, "reset_after_days": "30"}, {**for_other}]
    assert Rules({"customer_states": rows}).of(TENANT).reset_after_days[Decimal(1)] == 20
    assert Rules({"customer_states": rows[1:]}).of(TENANT).reset_after_days[Decimal(1)] == 30
    cell = {"from_state": "1", "to_state": "6", "rule": "ignore"}
    matrix = Rules({"state_transition_rules": [cell]}).of(TENANT).matrix
    assert (matrix[Decimal(1), Decimal(6)], matrix[Decimal(2), Decimal(6)]) == ("ignore", "this_round")
