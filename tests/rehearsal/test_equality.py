"""Weeks of rehearsal beside the weeks themselves; a day of it is in every run, see `tests.rehearsal.test_command`."""

import pytest

from tests.rehearsal.conftest import LiveIn
from tests.simulator.office.days import STORIES
from tests.simulator.office.household import Household


@pytest.mark.prove
def test_where_every_change_has_its_date_a_rehearsal_equals_the_live_run_message_by_message(live_in: LiveIn) -> None:
    lived = live_in(households=250, days=12)
    for tenant_id, mails in lived.mails.items():
        assert sorted(lived.town.rehearsed(tenant_id, lived.days)) == sorted(mails)
        assert len(mails) > 200
        assert [step.day for step in lived.town.steps] == [*range(1, lived.days + 1)]


@pytest.mark.prove
def test_where_things_are_moved_merged_and_taken_back_few_mails_differ_and_they_are_counted(live_in: LiveIn) -> None:
    lived = live_in(households=250, days=12, stories=tuple(STORIES), people=Household)
    for tenant_id, mails in lived.mails.items():
        live = {one.id for one in mails}
        found = {one.id for one in lived.town.rehearsed(tenant_id, lived.days)}
        print(f"{tenant_id}: {len(live)} mails live, {len(live - found)} not rehearsed, {len(found - live)} more")
        assert len(live ^ found) < 0.1 * len(live)
