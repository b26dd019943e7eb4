"""The fold's rules that look at the job: which is another, which belongs to this round, and which is carried."""

from tests.oracle.scene import INSTALL, SALES, at, estimate, job, lead, state_set, story, visit


def test_a_visit_on_another_sales_job_is_told_and_another_on_the_same_is_not() -> None:
    told = [job(31, SALES), job(32, SALES), visit(51, 31, 1), visit(52, 31, 2), visit(53, 32, 3), visit(54, 31, 4)]
    assert story(*told) == [(1, "appointment:51:booked"), (3, "appointment:53:booked")]


def test_a_visit_on_another_job_begins_no_round() -> None:
    told = [job(31, SALES), job(32, SALES), visit(51, 31, 1), visit(52, 32, 2), estimate(41, 32, 3), visit(53, 31, 4)]
    assert story(*told)[-1] == (3, "estimate:41:created")


def test_an_old_install_that_is_closed_during_a_new_sale_does_not_end_it() -> None:
    told = [job(31, INSTALL, "Completed", completed_on=at(9)), visit(51, 31, 1), state_set("a", "0.0", 2)]
    assert story(*told, lead(21, 3))[-1] == (3, "lead:21:created")
    assert story(*told, lead(21, 3), visit(52, 31, 4))[-1] == (9, "job:31:completed"), "it goes on in this round"


def test_an_install_that_was_never_booked_ends_the_sale() -> None:
    assert story(job(31, INSTALL, "Completed", completed_on=at(9)), lead(21, 3))[-1] == (9, "job:31:completed")


def test_a_round_ends_with_the_reset_too() -> None:
    told = [job(31, INSTALL, "Completed", completed_on=at(300)), visit(51, 31, 1), lead(21, 290)]
    assert story(*told, until=301)[-1] == (290, "lead:21:created")


def test_after_the_end_a_second_house_is_done_on_its_own_day_and_the_same_job_is_not_done_twice() -> None:
    done = [job(each, INSTALL, "Completed", completed_on=at(each), location_id=each) for each in (31, 32)]
    assert story(*done) == [(31, "job:31:completed"), (32, "job:32:completed")]
    assert story(state_set("a", "6.0", 5, job=31), *done) == [(5, "state_update:a"), (32, "job:32:completed")]


def test_a_sale_that_appears_after_the_end_was_entered_late() -> None:
    done = job(31, INSTALL, "Completed", completed_on=at(9))
    assert story(done, job(32, SALES), estimate(41, 32, None, sold=10)) == [(9, "job:31:completed")]


def test_an_offer_after_the_install_was_canceled_is_an_offer() -> None:
    told = [job(31, INSTALL, "Canceled", ended=5), visit(51, 31, 1), job(32, SALES)]
    assert story(*told, estimate(41, 32, 2), estimate(42, 32, 6))[-2:] == [
        (5, "job:31:canceled:1"),
        (6, "estimate:42:created"),
    ]
