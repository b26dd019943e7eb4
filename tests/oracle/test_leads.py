"""A lead that became a service call ends."""

from tests.oracle.scene import (
    ADA,
    BOB,
    INSTALL,
    SALES,
    SERVICE,
    Record,
    estimate,
    job,
    lead,
    person,
    stories,
    story,
    visit,
)

CREATED, ENDED = (1, "lead:21:created"), (3, "lead:21:converted")
ASKED = lead(21, 1, "Converted")
CALLED = job(31, SERVICE, created=3)


def test_the_next_job_ends_it_if_it_is_no_sale_and_no_install() -> None:
    assert story(ASKED, CALLED) == [CREATED, ENDED]
    assert story(ASKED, CALLED, job(32, SALES, created=4)) == [CREATED, ENDED]
    assert story(ASKED, CALLED, job(32, SALES, created=0)) == [CREATED, ENDED]


def test_the_customer_is_as_before_the_lead_without_a_job() -> None:
    ada = stories(ASKED, CALLED, until=9)[ADA]
    assert (float(ada.state), ada.job, float(ada.transitions[-1].to_state)) == (0, None, 0)


def test_a_sale_or_an_install_that_comes_first_does_not() -> None:
    for kind in (SALES, INSTALL):
        assert story(ASKED, CALLED, job(32, kind, created=2)) == [CREATED]


def test_of_two_jobs_of_one_moment_the_smaller_id_is_the_first() -> None:
    assert story(ASKED, CALLED, job(32, SALES, created=3)) == [CREATED, ENDED]
    assert story(ASKED, CALLED, job(30, SALES, created=3)) == [CREATED]


def test_a_job_of_the_leads_own_moment_or_without_a_moment_is_not_later() -> None:
    assert story(ASKED, job(31, SERVICE, created=1)) == [CREATED]
    assert story(ASKED, job(31, SERVICE, created=None)) == [CREATED]
    assert story(ASKED, CALLED, job(30, SALES, created=None)) == [CREATED, ENDED]


def test_only_a_converted_lead_ends() -> None:
    for status in ("Open", None):
        assert story(lead(21, 1, status), CALLED) == [CREATED]
    assert story(lead(21, 1, "Dismissed"), CALLED) == []
    assert story(lead(21, 1, "Converted", active=False), CALLED) == []


def test_another_lead_that_is_open_keeps_it() -> None:
    assert story(ASKED, CALLED, lead(22, 2)) == [CREATED]
    assert story(ASKED, CALLED, lead(22, 2, active=None)) == [CREATED]


def test_another_lead_keeps_it_no_more_when_it_is_over_or_came_later() -> None:
    for other in (lead(22, 2, "Dismissed"), lead(22, 2, None), lead(22, 2, active=False)):
        assert story(ASKED, CALLED, other) == [CREATED, ENDED]
    assert story(ASKED, CALLED, lead(22, 3)) == [CREATED, ENDED, (3, "lead:22:created")]
    assert story(ASKED, CALLED, lead(22, None)) == [CREATED, ENDED]


def test_the_job_and_the_other_lead_may_be_of_the_customers_double() -> None:
    merged = person(BOB, merged_to=ADA)
    for_bob: Record = job(31, SERVICE, created=3, customer=BOB)
    assert story(ASKED, for_bob) == [CREATED]
    assert story(ASKED, for_bob, merged) == [CREATED, ENDED]
    assert story(ASKED, CALLED, lead(22, 2, customer=BOB)) == [CREATED, ENDED]
    assert story(ASKED, CALLED, lead(22, 2, customer=BOB), merged) == [CREATED]


def test_a_later_lead_begins_anew() -> None:
    assert story(ASKED, CALLED, lead(22, 50)) == [CREATED, ENDED, (50, "lead:22:created")]


def test_what_came_in_between_goes_on() -> None:
    visited = [job(32, SALES), visit(51, 32, 2)]
    assert story(ASKED, CALLED, *visited) == [CREATED, (2, "appointment:51:booked")]
    assert story(ASKED, CALLED, estimate(41, None, 2)) == [CREATED, (2, "estimate:41:created")]
