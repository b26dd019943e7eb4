"""What a tenant would have mailed, and starting to find out: console.md, Pages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from pipelines.flow_builder.rehearsal import Mail
from pipelines.operations import open_operations
from pipelines.rehearsal.result import Moved, Rehearsal
from pipelines.rehearsal.store import keep
from pipelines.settings import Settings
from tests.console.conftest import Open
from tests.console.office import SOCAL, Runs, behaviour, publish, reason, served
from tests.console.visitor import Visitor
from tests.simulator.world import World

PATH = "/console/tenants/socal/rehearsal"
TYPES, REASONS = [behaviour(7, "Crane Day", "sales", "install")], [reason(5, "Moved", True, 30, 25)]


def test_the_newest_rehearsal_is_shown_with_customers_and_what_was_withheld(
    ola: Visitor, settings: Settings, world: World
) -> None:
    assert "There is none yet" in ola.page(PATH).words
    now, flow = world.now(), "What to Expect"
    mails = [Mail(str(one), flow, 2.0, one, now - timedelta(hours=one)) for one in range(1, 8)]
    mails.append(Mail("w", flow, 2.0, 99, now, withheld="past"))
    keep(settings.operations, Rehearsal(SOCAL, now - timedelta(days=30), now, None, mails, []), now)
    preview = Rehearsal(SOCAL, now, now, "job_kind_rules.csv", [], [Moved(1.0, 2.0, 3)])
    keep(settings.operations, preview, now + timedelta(minutes=1))
    page = ola.page(PATH)
    assert "30 days, as if live" in page.words
    assert "What to Expect 7 1 1: the visit is over, or was called off all 7 1" in page.words
    customers = [link for link in page.links if link.startswith("/console/customers/socal/")]
    assert customers == [f"/console/customers/socal/{one}" for one in (1, 2, 3, 4, 5, 99)]
    assert "What to Expect: the visit is over, or was called off 1 mail" in page.words
    assert "/console/tenants/socal/rules" in page.links
    with Visitor(ola.url, "sol") as sol:
        assert sol.get("/console/tenants/dfw/rehearsal").status_code == 404


def test_one_is_started_and_there_is_one_at_a_time(open_console: Open, settings: Settings) -> None:
    publish(settings.analytics, TYPES, REASONS)
    runs = Runs()
    with served(runs) as url, Visitor(open_console(DAGSTER_URL=url), "ola") as ola:
        assert ola.page(PATH).fields(PATH)["days"] == "30"
        assert ola.act(PATH, days="12", reason="before we go live").status_code == 303
        assert "A rehearsal is under way" in ola.page(PATH).words
        assert runs.rehearsals() == [{"tenant": "socal", "days": 12}]
        refused = ola.act(PATH)
        assert (refused.status_code, "a rehearsal of socal is under way" in refused.text) == (502, True)
        assert "wait for" not in ola.page(PATH).words
    with open_operations(settings.operations) as con:
        found = con.execute("select tenant_id, subject, action, reason, decided_by from decisions").fetchall()
    assert found == [(SOCAL, "of 12 days", "rehearsal started", "before we go live", "ola")]


def test_nobody_waits_for_a_dagster_that_hangs(open_console: Open) -> None:
    runs, released = Runs(), threading.Event()
    with held_back(runs, released) as url, Visitor(open_console(DAGSTER_URL=url), "ola") as ola:
        for _ in range(5):
            assert "Dagster does not answer" in ola.page(PATH).words
        assert runs.asked == []
        released.set()
        assert any("Dagster does not answer" not in ola.page(PATH).words for _ in range(500))
        assert len(runs.asked) == 2, "one was waited for, and one came after it"


@contextmanager
def held_back(runs: Runs, released: threading.Event) -> Iterator[str]:
    """A Dagster that answers nobody until then."""

    class Hanging(Runs):
        def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
            released.wait(60)
            return runs.answer(asked)

    with served(Hanging()) as url:
        try:
            yield url
        finally:
            released.set()


@pytest.mark.parametrize(
    ("baseline", "days", "status", "words"),
    [
        (False, "30", 409, "is not read to its end yet"),
        (True, "0", 422, "expected 1 to 365"),
        (True, "x", 422, "expected 1 to 365"),
        (True, "30", 502, "does not answer"),
    ],
    ids=["no baseline", "no days", "no number", "no Dagster"],
)
def test_what_cannot_be_started_is_refused_in_words(
    ola: Visitor, settings: Settings, baseline: bool, days: str, status: int, words: str
) -> None:
    publish(settings.analytics, TYPES, REASONS, baseline)
    refused = ola.act(PATH, days=days)
    assert (refused.status_code, words in refused.text) == (status, True), refused.text
    assert "nothing was started" in refused.text
    with open_operations(settings.operations) as con:
        assert con.execute("select count(*) from decisions").fetchone() == (0,)
