"""The report's figures, against what one counts by hand."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.analytics.published import NotPublished
from pipelines.report.figures import Figures
from pipelines.report.questions import Moves
from pipelines.report.read import read_figures
from tests.report.conftest import DFW, NOW, SOCAL, Published, ago, fill


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return fill(Published(tmp_path_factory.mktemp("report") / "analytics.duckdb"))


@pytest.fixture(scope="module")
def figures(busy: Published) -> Figures:
    """Of the four weeks from 26 October on."""
    return read_figures(busy.path, [SOCAL], weeks=4)


def test_the_funnel_is_of_those_who_entered_in_the_period(figures: Figures) -> None:
    assert [(one.name, one.customers, one.under_way, one.gone) for one in figures.funnel] == [
        ("Entered", 3, 0, 0),
        ("Sales Appointment Booked", 3, 0, 1),
        ("Estimates Created", 2, 1, 0),
        ("Estimates Sold", 1, 1, 0),
    ]
    assert figures.entered == 3


def test_they_stand_there_by_name(figures: Figures) -> None:
    people = {one.stage: [(who.customer_id, who.name, who.state) for who in one.people] for one in figures.funnel}
    assert people == {
        1: [],
        2: [(3, "Customer 3", 0.0)],
        3: [(1, "Customer 1", 3.0)],
        4: [(4, "Customer 4", 4.0)],
    }
    assert [who.customer_id for who in figures.longest] == [4, 1]


def test_a_longer_period_has_who_entered_before(busy: Published) -> None:
    funnel = read_figures(busy.path, [SOCAL], weeks=20).funnel
    assert [(one.customers, one.gone) for one in funnel] == [(4, 1), (3, 1), (2, 0), (1, 0)]


def test_customers_per_state_are_those_at_the_end_of_each_week(figures: Figures) -> None:
    assert figures.over_time == {
        date(2026, 11, 1): {1.0: 1, 2.0: 0, 2.5: 0, 3.0: 0, 4.0: 0, 6.0: 1},
        date(2026, 11, 8): {1.0: 0, 2.0: 0, 2.5: 1, 3.0: 0, 4.0: 0, 6.0: 1},
        date(2026, 11, 15): {1.0: 0, 2.0: 2, 2.5: 0, 3.0: 0, 4.0: 1, 6.0: 0},
        date(2026, 11, 22): {1.0: 0, 2.0: 0, 2.5: 0, 3.0: 1, 4.0: 1, 6.0: 0},
    }


def test_a_period_that_is_over_is_counted_back_to(busy: Published) -> None:
    past = read_figures(busy.path, [SOCAL], weeks=2, until=date(2026, 11, 4))
    assert past.period.mondays == [date(2026, 10, 26), date(2026, 11, 2)]
    assert list(past.over_time) == [date(2026, 11, 1), date(2026, 11, 8)]
    assert past.over_time[date(2026, 11, 1)][1.0] == 1
    assert [one.customers for one in past.funnel] == [1, 1, 1, 0]
    assert (past.sales, sum(one.messages for one in past.mails)) == ((), 1)


def test_moves_lead_from_the_state_that_was_left_to_the_one_that_was_entered(figures: Figures) -> None:
    assert Moves(2, 6.0, 2.0, 1) in figures.moves
    assert sum(one.transitions for one in figures.moves) == 9


def test_mails_count_by_what_became_of_them_beside_the_money(figures: Figures) -> None:
    assert [(one.name, one.became, one.sales, one.sold_subtotal) for one in figures.flows] == [
        (None, {}, 1, Decimal("7000.00")),
        ("Flow 2.0", {"started": 1, "no_flow": 1, "waiting": 1}, 2, Decimal("1500.50")),
        ("Flow 3.0", {"held": 1, "not_sent": 1}, 0, Decimal(0)),
        ("Flow 1.0", {}, 1, Decimal("99.50")),
    ]
    assert figures.sold_subtotal == Decimal("8600.00")
    assert {(one.week, one.state): one.sold_subtotal for one in figures.sales} == {
        (2, 3.0): Decimal("1500.50"),
        (3, 3.0): Decimal("99.50"),
        (3, 0.0): Decimal("7000.00"),
    }


def test_how_long_a_state_lasted_is_the_average_of_all_that_ended(figures: Figures) -> None:
    by_state = {one.state: (one.now.customers, one.stays, one.average_days) for one in figures.time_in_state}
    assert by_state == {1.0: (0, 4, 24.0), 3.0: (1, 0, None), 4.0: (1, 0, None)}


def test_tenants_add_up(busy: Published) -> None:
    both = read_figures(busy.path, [SOCAL, DFW], weeks=4)
    assert both.entered == 4
    assert both.sold_subtotal == Decimal("8603.00")
    assert both.as_of == NOW


def test_where_nothing_happened_there_is_nothing(published: Published) -> None:
    empty = read_figures(published.path, [SOCAL], weeks=4)
    assert (empty.funnel, empty.flows, empty.time_in_state, empty.entered) == ((), (), (), 0)
    assert all(counts == {} for counts in empty.over_time.values())


def test_a_new_publication_is_seen_at_once(published: Published) -> None:
    assert read_figures(published.path, [SOCAL], weeks=4).entered == 0
    published.stays((SOCAL, 1, 1.0, ago(1)))
    assert read_figures(published.path, [SOCAL], weeks=4).entered == 1


def test_a_copy_that_cannot_be_read_is_named(published: Published) -> None:
    published.run("drop table marts.weekly_sales")
    with pytest.raises(NotPublished, match=r"analytics\.duckdb is damaged or of an earlier release.*weekly_sales"):
        read_figures(published.path, [SOCAL], weeks=4)
    with pytest.raises(NotPublished, match="published by the first sync"):
        read_figures(published.path.with_name("none"), [SOCAL], weeks=4)
