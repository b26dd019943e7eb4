"""A person's word on what job types, units and reasons are: console.md, Pages."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.operations import open_operations
from pipelines.rehearsal.result import Moved, Rehearsal
from pipelines.rehearsal.store import keep
from pipelines.rules.files import read_file, read_rules
from pipelines.rules.in_force import version_of
from pipelines.settings import Settings
from tests.console.conftest import Open
from tests.console.office import SOCAL, Runs, behaviour, publish, reason, served
from tests.console.visitor import Visitor
from tests.simulator.world import World

RULES = "/console/tenants/socal/rules"
HOSTILE = '<img src=x onerror=alert(1)>{{7*7}}</script>"onfocus='
TYPES = [
    behaviour(7, "Crane Day", "sales", "install"),
    behaviour(8, "Sales Call", "sales", "sales", jobs=400),
    behaviour(9, HOSTILE, "other", None, is_known=False),
]
REASONS = [reason(5, "Moved", True, 30, 25), reason(6, "Too dear", True, 50, 2)]


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def ola(open_console: Open, runs: Runs, settings: Settings) -> Iterator[Visitor]:
    publish(settings.analytics, TYPES, REASONS)
    with served(runs) as url, Visitor(open_console(DAGSTER_URL=url), "ola") as visitor:
        yield visitor


def counted(settings: Settings, runs: Runs, world: World, customers: int) -> None:
    """As the job would leave it."""
    [*_, config] = runs.rehearsals()
    path = Path(config["rules"])
    own = [row for row in read_rules(settings.rules) if row.seed.file_name != path.name] + read_file(path)
    now, moved = world.now(), [Moved(2.0, 4.0, customers)]
    found = Rehearsal(SOCAL, now, now, path.name, [], moved, version_of(own))
    keep(settings.operations, found, now)
    runs.end()


def decisions(settings: Settings) -> list[Any]:
    with open_operations(settings.operations) as con:
        return con.execute("select tenant_id, subject, action, reason, decided_by from decisions").fetchall()


def choose(ola: Visitor, **fields: str) -> str:
    """Where it leads."""
    answer = ola.act(RULES, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_disagreement_stands_on_top_with_the_rule_and_the_evidence(ola: Visitor) -> None:
    page = ola.page(RULES)
    choices = "as it is sales install neither"
    told = f"Crane Day 7 {choices} sales disagrees 40 install 10% from an estimate"
    assert told in page.words
    assert "by its name (shipped) its pattern crane" in page.words
    every = ("Crane Day 7", f"{HOSTILE} 9 {choices} other unknown 40", "Sales Call 8")
    order = [page.words.index(words) for words in every]
    assert order == sorted(order)
    assert "<img" not in page.html
    assert '"onfocus=' not in page.html
    assert f"Roofing 90 {choices} sales, other disagrees 480" in ola.page(f"{RULES}?of=units").words
    words = ola.page(f"{RULES}?of=reasons").words
    assert words.index("starts the flow disagrees 30") < words.index("Too dear 6")
    assert "83% booked anew within two weeks" in words
    assert "Sales Call" not in ola.page(f"{RULES}?q=crane").words


def test_a_kind_is_counted_first_and_set_when_somebody_says_yes(
    ola: Visitor, runs: Runs, settings: Settings, world: World
) -> None:
    path = choose(ola, of="types", **{"job_type_id:7": "install"}, reason="cranes are installs")
    assert "A rehearsal counts how many customers would change state" in ola.page(path).words
    [config] = runs.rehearsals()
    assert (config["tenant"], config["days"]) == ("socal", 1)
    snapshot = path.partition("preview=")[2]
    early = ola.act(RULES, snapshot=snapshot, confirm="yes")
    assert (early.status_code, "it is being counted" in early.text) == (409, True)
    assert not settings.rules.exists()
    counted(settings, runs, world, customers=312)
    page = ola.page(path)
    assert "312 customers would change state. Nobody is mailed about it" in page.words
    fields = page.fields(RULES)
    assert (fields["snapshot"], fields["reason"]) == (snapshot, "cranes are installs")
    answer = ola.post(RULES, data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{RULES}?of=types")
    row = f"{SOCAL},job_type_id,7,install,5,"
    assert (settings.rules / "job_kind_rules.csv").read_text().splitlines()[1:] == [row]
    assert decisions(settings) == [(SOCAL, "Crane Day (7): install", "rules set", "cranes are installs", "ola")]
    page = ola.page(f"{RULES}?of=types")
    assert "1 rule set: a sync that takes it in is under way" in page.words
    assert "install in force after the next sync" in page.words
    taken_in = settings.data_dir / "dbt" / "rules"
    taken_in.mkdir(parents=True)
    shutil.copy(settings.rules / "job_kind_rules.csv", taken_in)
    assert "install in force after the next sync" in ola.page(RULES).words, "the sync is at work"
    settings.analytics.touch()
    assert "install not in force: another rule is asked before it" in ola.page(RULES).words
    assert runs.waiting() == [["socal"]]
    again = ola.act(RULES, snapshot=snapshot, confirm="yes")
    assert (again.status_code, "not there any more" in again.text) == (409, True)
    runs.end()
    path = choose(ola, of="types", **{"job_type_id:7": "back"})
    counted(settings, runs, world, customers=0)
    assert ola.post(RULES, data=ola.page(path).fields(RULES)).status_code == 303
    assert len((settings.rules / "job_kind_rules.csv").read_text().splitlines()) == 1


def test_all_proposals_are_one_question_about_just_these(
    ola: Visitor, runs: Runs, settings: Settings, world: World
) -> None:
    page = ola.page(RULES)
    assert "1 proposal, from what became of the jobs Crane Day: install" in page.words
    snapshot = next(fields["snapshot"] for _, fields in page.forms if fields.get("proposals"))
    old = ola.act(RULES, proposals="all", snapshot="x")
    assert (old.status_code, "the proposals are others" in old.text) == (409, True)
    path = choose(ola, proposals="all", snapshot=snapshot)
    counted(settings, runs, world, customers=1)
    assert ola.post(RULES, data=ola.page(path).fields(RULES)).status_code == 303
    assert "Crane Day: install" in decisions(settings)[0]
    assert "1 proposal" not in ola.page(RULES).words


def test_what_was_counted_over_other_rules_is_asked_anew(
    ola: Visitor, runs: Runs, settings: Settings, world: World
) -> None:
    path = choose(ola, of="reasons", **{"reason_id:5": "false"})
    counted(settings, runs, world, customers=0)
    fields = ola.page(path).fields(RULES)
    settings.rules.mkdir()
    text = "match_field,pattern,starts_flow,priority\nreason_name,gone,true,1\n"
    (settings.rules / "cancel_reason_rules.csv").write_text(text)
    refused = ola.post(RULES, data=fields)
    assert (refused.status_code, "the rules are others" in refused.text) == (409, True)
    assert ((settings.rules / "cancel_reason_rules.csv").read_text(), decisions(settings)) == (text, [])


def test_a_file_that_somebody_broke_is_named_with_its_row_and_nothing_is_written(
    ola: Visitor, settings: Settings
) -> None:
    settings.rules.mkdir()
    (settings.rules / "job_kind_rules.csv").write_text("match_field,pattern,job_kind,priority\njob_type_id,1,sale,1\n")
    wrong = "row 2, job_kind: found 'sale'; expected sales, install or other"
    page = ola.page(RULES)
    assert wrong in page.words
    assert RULES not in [action for action, fields in page.forms if "of" in fields and "csrf_token" in fields]
    refused = ola.act(RULES, of="types", **{"job_type_id:7": "install"})
    assert refused.status_code == 409
    assert "found &#39;sale&#39;" in refused.text


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"job_type_id:7": "sale"}, 422, "expected one of sales, install, other"),
        ({}, 409, "nothing was chosen"),
        ({"job_type_id:12345": "sales"}, 409, "nothing was chosen"),
        ({"job_type_id:7": "back"}, 409, "nothing was chosen"),
        ({"job_type_id:7": "sales", "reason": ""}, 422, 'value="sales" selected'),
    ],
    ids=["no kind", "nothing", "no type of theirs", "nothing to take back", "no reason"],
)
def test_what_cannot_be_chosen_is_refused_in_words(
    ola: Visitor, settings: Settings, fields: dict[str, str], status: int, words: str
) -> None:
    refused = ola.act(RULES, **fields)
    assert (refused.status_code, words in refused.text) == (status, True), refused.text
    assert not settings.rules.exists()
    assert "Rules of socal" in refused.text, "with what was chosen and why"
    assert fields.get("reason", "as a test") in refused.text


def test_what_cannot_be_counted_is_set_by_who_says_so(open_console: Open, settings: Settings) -> None:
    publish(settings.analytics, TYPES, REASONS)
    with Visitor(open_console(), "ola") as ola:  # no Dagster is there
        path = choose(ola, of="units", **{"business_unit_id:90": "install"})
        page = ola.page(path)
        assert "is not counted: Dagster at DAGSTER_URL" in page.words
        fields = page.fields(RULES)
        refused = ola.post(RULES, data=fields)
        assert (refused.status_code, "tick that you go on without" in refused.text) == (409, True)
        fields = ola.page(path).fields(RULES) | {"uncounted": "yes"}
        assert ola.post(RULES, data=fields).status_code == 303
        assert "the next sync takes it in" in ola.page(RULES).words
    row = f"{SOCAL},business_unit_id,90,install,6,"
    assert (settings.rules / "job_kind_rules.csv").read_text().splitlines()[1:] == [row]


def test_the_rules_of_another_tenant_are_not_there(ola: Visitor) -> None:
    with Visitor(ola.url, "sol") as sol:
        assert sol.get(RULES).status_code == 200
        assert sol.get("/console/tenants/dfw/rules").status_code == 404
        assert sol.act("/console/tenants/dfw/rules", **{"job_type_id:7": "sales"}).status_code == 404
