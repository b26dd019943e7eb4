"""How long rehearsals, and what is left of them, are kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.rehearsal import forget_rehearsals, rehearsal_lock
from pipelines.flow_builder.rehearsal import Mail
from pipelines.operations import open_operations
from pipelines.rehearsal.result import Moved, Rehearsal
from pipelines.rehearsal.store import forget, keep, read
from pipelines.rehearsal.summary import busiest_hour, summary
from pipelines.settings import Settings
from tests.flow_builder.line import settings_for
from tests.stores import older_store

OF_BEFORE = 16  # the store of the version before
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def mail(at: datetime, withheld: str | None = None, customer_id: int = 7) -> Mail:
    return Mail("id", "What to Expect", 2.0, customer_id, at, withheld=withheld)


MAILS = [mail(NOW), mail(NOW, "past"), mail(NOW, "past")]
FOUND = Rehearsal(1, NOW - 30 * DAY, NOW, "job_kind_rules.csv", MAILS, [Moved(0.0, 2.0, 12)])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


def test_it_is_read_as_it_was_kept(settings: Settings) -> None:
    assert read(settings.operations, keep(settings.operations, FOUND, NOW)) == FOUND
    assert read(settings.operations, 99) is None


def test_after_thirty_days_it_is_forgotten(settings: Settings) -> None:
    old, new = (keep(settings.operations, FOUND, NOW - age) for age in (31 * DAY, 29 * DAY))
    assert forget_rehearsals(settings) == 1
    assert read(settings.operations, old) is None
    assert read(settings.operations, new) == FOUND
    assert forget(settings.operations, NOW + 2 * DAY) == 1


def test_before_the_first_sync_and_in_a_store_of_before_there_is_nothing_to_forget(settings: Settings) -> None:
    assert forget_rehearsals(settings) == 0
    with older_store(settings.operations_file, OF_BEFORE):
        pass
    assert forget_rehearsals(settings) == 0


def test_a_store_of_before_gets_its_place_for_them(settings: Settings) -> None:
    with older_store(settings.operations_file, OF_BEFORE) as con:
        con.execute("insert into contact_links values (1, 2, 'c', 't')")
    assert read(settings.operations, keep(settings.operations, FOUND, NOW)) == FOUND
    with open_operations(settings.operations) as con:
        assert con.execute("select count(*) from contact_links").fetchone() == (1,)


def test_the_copy_of_one_that_was_killed_goes_and_that_of_a_running_one_stays(settings: Settings) -> None:
    left = settings.data_dir / "warehouse.duckdb.rehearsal" / "warehouse.duckdb"
    left.parent.mkdir(parents=True)
    left.write_text("half of one")
    with rehearsal_lock(settings):
        forget_rehearsals(settings)
        assert left.exists()
    forget_rehearsals(settings)
    assert not left.parent.exists()


def test_its_page_counts_by_flow_with_reasons_and_says_whom_the_rules_would_move() -> None:
    page = summary(FOUND, hold_above=500)
    row = {"flow": "What to Expect", "mails": 1, "withheld": 2, "because": "2 past"}
    assert page.flows == [row, {"flow": "all", "mails": 1, "withheld": 2, "because": ""}]
    assert page.lines[:2] == [
        "By job_kind_rules.csv 12 customers stand elsewhere than the last sync has left them:",
        "  from 0.0 to 2.0: 12",
    ]


@pytest.mark.parametrize(("minutes", "most"), [((0, 30, 59), 3), ((0, 30, 70), 2), ((), 0)], ids=["3", "2", "none"])
def test_its_busiest_hour_is_held_against_what_a_sync_may_start(minutes: tuple[int, ...], most: int) -> None:
    mails = [mail(NOW + timedelta(minutes=one)) for one in minutes]
    assert busiest_hour(mails) == most
    said = any("FLOW_BUILDER_HOLD_ABOVE (2)" in line for line in summary(of(mails), hold_above=2).lines)
    assert said == (most > 2)


def of(mails: list[Mail]) -> Rehearsal:
    return Rehearsal(1, NOW - DAY, NOW, None, mails, [])
