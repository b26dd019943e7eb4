"""People are told once of a trouble and once of its end, whatever happens to a channel."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import APIRoute

from pipelines.alerts.alert import Alert
from pipelines.alerts.channels import Channel, channels, channels_of
from pipelines.alerts.notify import Notified, notify
from pipelines.console.pages import decisions, docs, leads, overview
from pipelines.links import Page
from pipelines.operations import MIGRATIONS, open_operations
from pipelines.settings import Settings
from tests.alerts.receivers import MailServer, Webhook

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUIET = 7.5 * MINUTE
UNREAD = Alert("socal: jobs: not read to the end", NOON, "see `servicetitan-flow check`", "run-1")
STALE = Alert("socal: no complete sync", NOON - MINUTE, "look at the schedule")


class Watch:
    """Looks at the troubles that the test names, minute by minute."""

    def __init__(self, settings: Settings) -> None:
        self.path, self.now = settings.operations_file, NOON
        self.channels: list[Channel] = channels(settings)

    def sees(self, *troubles: Alert, after: timedelta = MINUTE) -> Notified:
        self.now += after
        by_key = {trouble.what: trouble for trouble in troubles}
        return notify(self.path, self.channels, by_key, self.now, QUIET, "https://dagster.example.com/")


@pytest.fixture
def watch(settings: Settings) -> Watch:
    return Watch(settings)


def test_a_trouble_is_told_once_with_what_to_do(watch: Watch, webhook: Webhook) -> None:
    for _ in range(5):
        watch.sees(UNREAD)
    assert webhook.texts == [
        "🔴 socal: jobs: not read to the end\nsince 2026-11-22 12:00 UTC\nwhat to do: see `servicetitan-flow check`\n"
        "run: https://dagster.example.com/runs/run-1"
    ]


@pytest.mark.parametrize(
    ("key", "page"),
    [
        ("held 2026-11-22T12:00:00+00:00", "/console"),
        ("dead", "/console"),
        ("overdue", "/console"),
        ("endpoint", "/console"),
        ("unread socal tn.sal.estimates:r", "/console"),
        ("check actions/inbound_leads no_lead_waits_for_a_person", "/console/leads"),
    ],
)
def test_what_a_person_decides_is_linked_in_the_console(watch: Watch, webhook: Webhook, key: str, page: str) -> None:
    address = "https://flow.example.com"
    notify(watch.path, watch.channels, {key: UNREAD}, NOON, QUIET, console_url=address)
    assert webhook.texts[0].splitlines()[-1] == f"console: {address}{page}"


def test_nothing_is_linked_that_nobody_can_reach_or_that_no_page_speaks_of(watch: Watch, webhook: Webhook) -> None:
    notify(watch.path, watch.channels, {"held": UNREAD, "run sync": STALE}, NOON, QUIET)
    notify(watch.path, watch.channels, {"run sync": STALE}, NOON, QUIET, console_url="https://flow.example.com")
    assert "console: " not in "".join(webhook.texts)


def test_its_end_is_told_once_when_it_has_lasted(watch: Watch, webhook: Webhook) -> None:
    watch.sees(UNREAD)
    for _ in range(8):
        watch.sees()
    assert len(webhook.texts) == 1, "it may come back"
    for _ in range(5):
        watch.sees()
    [_, end] = webhook.texts
    assert end == "🟢 over: socal: jobs: not read to the end\nfrom 2026-11-22 12:00 UTC to 2026-11-22 12:02 UTC"


def test_a_trouble_that_flickers_is_one(watch: Watch, webhook: Webhook) -> None:
    for _ in range(10):
        watch.sees(UNREAD, after=5 * MINUTE)
        watch.sees(after=5 * MINUTE)
    assert len(webhook.texts) == 1


def test_what_comes_back_after_its_end_is_told_again(watch: Watch, webhook: Webhook) -> None:
    for troubles in [(UNREAD,), (), (), (UNREAD,)]:
        watch.sees(*troubles, after=10 * MINUTE)
    assert [text[0] for text in webhook.texts] == ["🔴", "🟢", "🔴"]


def test_what_happens_at_once_is_told_at_once(watch: Watch, webhook: Webhook) -> None:
    watch.sees(UNREAD, STALE)
    [text] = webhook.texts
    assert text.count("🔴") == 2


def test_a_channel_that_is_down_is_told_later_and_keeps_no_other_waiting(watch: Watch, webhook: Webhook) -> None:
    with Webhook().listening() as other:
        watch.channels += channels_of(other.service)
        webhook.status = 503
        assert watch.sees(UNREAD).problems == ("json://127.0.0.1: it answered HTTP 503",)
        watch.sees(UNREAD)
        webhook.status = 200
        assert watch.sees(UNREAD) == Notified(open=1)
        watch.sees(UNREAD)
        assert len(other.texts) == len(webhook.texts) == 1


def test_who_missed_the_beginning_is_told_of_the_end_alone(watch: Watch, webhook: Webhook) -> None:
    webhook.status = 503
    for troubles in [(UNREAD,), (), ()]:
        watch.sees(*troubles, after=10 * MINUTE)
    webhook.status = 200
    watch.sees()
    [text] = webhook.texts
    assert text.startswith("🟢 over")


def test_a_new_channel_is_told_of_what_is_and_not_of_what_was(watch: Watch) -> None:
    for troubles in [(UNREAD,), (), ()]:
        watch.sees(*troubles, after=10 * MINUTE)
    with Webhook().listening() as new:
        watch.channels += channels_of(new.service)
        watch.sees(STALE, after=timedelta(days=2))
        [text] = new.texts
        assert text.startswith("🔴 socal: no complete sync")


def test_a_clock_that_is_set_back_neither_repeats_nor_withholds(watch: Watch, webhook: Webhook) -> None:
    watch.sees(UNREAD)
    watch.sees()
    watch.sees(after=timedelta(hours=-3))
    assert len(webhook.texts) == 1
    for _ in range(9):
        watch.sees()
    assert len(webhook.texts) == 2


def test_what_is_long_over_is_forgotten(watch: Watch, settings: Settings) -> None:
    for troubles in [(UNREAD,), (), (), (STALE,)]:
        watch.sees(*troubles, after=10 * MINUTE)
    for _ in range(2):
        watch.sees(after=timedelta(days=100))
    with open_operations(settings.operations) as con:
        assert con.execute("select what from alerts").fetchall() == [(STALE.what,)]
        assert con.execute("select count(distinct alert_id) from announcements").fetchone() == (1,)


def test_what_a_release_before_has_told_is_not_told_again_but_its_end_is(watch: Watch, webhook: Webhook) -> None:
    watch.path.parent.mkdir(parents=True)
    told = [(1, UNREAD.what, None, "trouble"), (2, STALE.what, "2026-11-22T11:59:30.000000Z", "over")]
    with closing(sqlite3.connect(watch.path)) as con, con:
        for migration in MIGRATIONS[:10]:
            con.executescript(migration.read_text())
        con.execute("pragma user_version = 10")
        for alert_id, what, closed_at, event in told:
            since = "2026-11-22T11:59:00.000000Z"
            con.execute(
                "insert into alerts values (?, ?, ?, '', null, ?, ?, ?)",
                (alert_id, what, what, since, closed_at, closed_at),
            )
            con.execute(
                "insert into announcements values (?, ?, ?, ?)", (alert_id, watch.channels[0].key, event, since)
            )
    watch.sees(UNREAD)
    assert webhook.texts == []
    for _ in range(9):
        watch.sees()
    [end] = webhook.texts
    assert end.startswith("🟢 over: socal: jobs: not read to the end")


def test_one_of_several_people_who_is_refused_is_tried_again_and_no_other_is_told_twice(
    watch: Watch, mail_server: MailServer
) -> None:
    to = "to=ada@example.com,bob@example.com"
    watch.channels = channels_of(f"mailto://ops:hunter2%2Fx@{mail_server.address}?from=flow@example.com&{to}")
    mail_server.refused = {"ada@example.com"}
    for _ in range(2):
        assert watch.sees(UNREAD).problems == ("mailto://127.0.0.1: it refused the address with 550",)
    mail_server.refused = set()
    for _ in range(2):
        watch.sees(UNREAD)
    assert [mail["To"] for mail in mail_server.mails] == ["bob@example.com", "ada@example.com"]


def test_every_page_that_is_linked_is_there() -> None:
    routes = [route for page in (overview, leads, decisions, docs) for route in page.router.routes]
    assert {*Page} <= {route.path for route in routes if isinstance(route, APIRoute)}
