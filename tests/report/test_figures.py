"""The report's figures, against what one counts by hand."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]
import pytest

from pipelines.report.facts import ReportFacts, read_facts
from pipelines.report.figures import figures
from pipelines.report.views import views
from tests.report.conftest import DFW, NOW, SOCAL, Published

Spec = dict[str, Any]


@pytest.fixture
def facts(busy: Published) -> ReportFacts:
    return read_facts(busy.settings.analytics, {SOCAL: "socal"})


def drawn(facts: ReportFacts) -> Mapping[str, Spec]:
    return {figure.name: figure.spec for figure in figures(facts) if figure.spec}


def bars(spec: Spec) -> dict[str, dict[date, int]]:
    """Trace -> day -> count, without zeros."""
    return {
        trace["name"]: {day: count for day, count in zip(trace["x"], trace["y"], strict=True) if count}
        for trace in spec["data"]
    }


def test_the_funnel_counts_each_customer_once_per_stage_and_those_who_came_further(facts: ReportFacts) -> None:
    [trace] = drawn(facts)["funnel"]["data"]
    assert dict(zip(trace["y"], trace["text"], strict=True)) == {
        "Lead": "2<br>50% came further",
        "Sales Appointment Booked": "2<br>100% came further",
        "Estimates Created": "1<br>0% came further",
        "Estimates Sold": "1",
    }


def test_whoever_was_further_before_did_not_come_further_afterwards(published: Published) -> None:
    published.stays((SOCAL, 1, 6.0, NOW.replace(year=2025)), (SOCAL, 1, 1.0, NOW))
    [trace] = drawn(read_facts(published.settings.analytics))["funnel"]["data"]
    assert trace["text"] == ["1<br>0% came further", "1"]


def test_customers_per_state_are_those_at_the_end_of_each_day(facts: ReportFacts) -> None:
    traces = {trace["name"]: trace for trace in drawn(facts.of(SOCAL))["over-time"]["data"]}
    leads = dict(zip(traces["Lead"]["x"], traces["Lead"]["y"], strict=True))
    assert [leads[date(2026, 11, day)] for day in (1, 2, 5, 6, 22)] == [0, 1, 1, 0, 0]
    assert leads[date(2026, 10, 22)] == 1, "the other customer's lead lasts 90 days"
    assert traces["Estimates Created"]["y"][-1] == 1
    assert "Contact Record" not in traces


def test_what_began_before_the_first_day_is_there_on_the_first_day(facts: ReportFacts) -> None:
    booked, sold = drawn(facts.of(DFW))["over-time"]["data"]
    assert (booked["x"][0], booked["y"][0], booked["y"][-1]) == (date(2025, 11, 22), 1, 0)
    assert (sold["y"][0], sold["y"][-1]) == (0, 1)


def test_the_last_day_is_where_the_customers_are_now(facts: ReportFacts) -> None:
    last = sum(trace["y"][-1] for trace in drawn(facts)["over-time"]["data"])
    assert last == sum(row.customers for row in facts.in_state if row.state > 0) == 2


def test_flows_lead_from_the_state_that_was_left_to_the_one_that_was_entered(facts: ReportFacts) -> None:
    [trace] = drawn(facts)["flow"]["data"]
    names = trace["node"]["label"]
    link = trace["link"]
    found = {
        (names[source], names[target]): count
        for source, target, count in zip(link["source"], link["target"], link["value"], strict=True)
    }
    assert found == {
        ("Contact Record", "Lead"): 1,
        ("Lead", "Sales Appointment Booked"): 1,
        ("Sales Appointment Booked", "Sales Appointment Canceled"): 1,
        ("Sales Appointment Canceled", "Sales Appointment Booked"): 1,
        ("Sales Appointment Booked", "Estimates Created"): 1,
        ("Lead", "Contact Record"): 1,
    }


def test_transitions_count_on_the_day_on_which_they_happened(facts: ReportFacts) -> None:
    assert bars(drawn(facts)["transitions"])["Sales Appointment Booked"] == {
        date(2026, 11, 6): 1,
        date(2026, 11, 10): 1,
    }


def test_deliveries_count_by_what_became_of_them_without_the_baseline(facts: ReportFacts) -> None:
    assert bars(drawn(facts)["deliveries"]) == {
        "delivered": {date(2026, 11, 19): 1},
        "held": {date(2026, 11, 20): 1},
        "dead": {date(2026, 11, 21): 1},
        "not sent": {date(2026, 11, 21): 1},
    }
    [reasons] = drawn(facts)["reasons"]["data"]
    assert (reasons["y"], reasons["x"]) == (["too old when detected"], [1])


def test_headlines_say_how_many_and_what_needs_a_person(facts: ReportFacts) -> None:
    everyone, dfw, socal = views(facts, {SOCAL: NOW})
    assert [view.name for view in (everyone, dfw, socal)] == ["All tenants", "dfw", "socal"]
    assert {tile.label: tile.value for tile in everyone.tiles} == {
        "Customers": "3",
        "Under way": "2",
        "Transitions": "1",
        "Delivered": "1",
        "Waiting": "1",
        "Held": "1",
        "Dead": "0",
    }
    assert [tile.label for tile in everyone.tiles if tile.tone == "bad"] == ["Held"]
    assert [row.status for row in everyone.deliveries] == ["retry", "held"], "the oldest first, of whatever day"
    assert [row.customer_id for row in everyone.customers] == [3, 1]
    assert [at for _, at in everyone.last_syncs] == [None, NOW]


def test_a_company_with_one_tenant_has_one_section(published: Published) -> None:
    facts = read_facts(published.settings.analytics, {SOCAL: "socal"})
    assert [view.name for view in views(facts, {})] == ["socal"]


def test_where_nothing_happened_nothing_is_drawn(published: Published) -> None:
    facts = read_facts(published.settings.analytics, {SOCAL: "socal"})
    assert drawn(facts) == {}
    assert all(figure.empty for figure in figures(facts))


def test_every_picture_is_one_that_the_library_knows(facts: ReportFacts) -> None:
    assert len(drawn(facts)) == 7
    for spec in drawn(facts).values():
        go.Figure(painted(spec))


def painted(value: Any) -> Any:
    """With a colour in the place of each of the page's own."""
    if isinstance(value, dict):
        return {name: painted(one) for name, one in value.items()}
    if isinstance(value, list):
        return [painted(one) for one in value]
    return "#123456" if isinstance(value, str) and value.startswith("var(--") else value
