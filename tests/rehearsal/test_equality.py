"""A rehearsal of the last days beside the days themselves."""

import pytest

from tests.rehearsal.conftest import LiveIn
from tests.rehearsal.town import Lived
from tests.simulator.office.days import STORIES
from tests.simulator.office.household import Household

SOCAL = 410387862


def test_where_every_change_has_its_date_a_rehearsal_equals_the_live_run_message_by_message(lived: Lived) -> None:
    assert sorted(lived.town.rehearsed(SOCAL, lived.days)) == sorted(lived.mails[SOCAL])
    assert len(lived.mails[SOCAL]) >= 10


@pytest.mark.prove
def test_it_does_so_for_each_of_two_tenants_over_weeks(live_in: LiveIn) -> None:
    lived = live_in(households=300, days=24)
    for tenant_id, mails in lived.mails.items():
        assert sorted(lived.town.rehearsed(tenant_id, lived.days)) == sorted(mails)
        assert len(mails) > 400
        assert [step.day for step in lived.town.steps] == [*range(1, lived.days + 1)]


@pytest.mark.prove
def test_where_things_are_moved_merged_and_taken_back_few_mails_differ_and_they_are_counted(live_in: LiveIn) -> None:
    lived = live_in(households=300, days=24, stories=tuple(STORIES), people=Household)
    for tenant_id, mails in lived.mails.items():
        live = {one.id for one in mails}
        found = {one.id for one in lived.town.rehearsed(tenant_id, lived.days)}
        print(f"{tenant_id}: {len(live)} mails live, {len(live - found)} not rehearsed, {len(found - live)} more")
        assert len(live ^ found) < 0.1 * len(live)
