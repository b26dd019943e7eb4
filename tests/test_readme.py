"""What the README tells people to type."""

import re
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from pipelines.actions.scopes import needed
from pipelines.flow_builder.contact_points import readable_phone
from pipelines.servicetitan.streams import STREAMS
from pipelines.settings import Settings, Tenant
from pipelines.settings.lead_source import LeadSource
from pipelines.tenants import directory
from tests.simulator.__main__ import CUSTOMERS, PORTS
from tests.simulator.clock import OffsetClock
from tests.simulator.office.history import seed_history
from tests.simulator.office.trades import OFFICES
from tests.simulator.world import World

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BOTH = README + (ROOT / "orchestration" / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", README, re.DOTALL | re.MULTILINE)


def test_the_customer_that_it_looks_up_is_one_of_the_demos() -> None:
    world = World(OFFICES, OffsetClock())
    seed_history(world, customers=CUSTOMERS)
    socal = world["socal"]
    [number] = {int(found) for found in re.findall(r"(?:customer socal|customer_id =) (\d+)", README)}
    [phone], [name] = re.findall(r'socal --phone "(.+)"', README), re.findall(r"socal --name (\w+)", README)
    found = [one["value"] for one in socal.children("customer_contacts", "customerId", number)]
    assert readable_phone(phone, "US") in {readable_phone(value, "US") for value in found}
    assert name in str(socal.get("customers", number)["name"]).lower()


def test_every_command_and_option_that_it_names_exists() -> None:
    named = re.findall(r"servicetitan-flow ([a-z-]+)((?: [A-Za-z…-]+)*)", BOTH)
    assert len(named) >= 10
    for name, rest in named:
        command, words = main.commands[name], rest.split()
        if isinstance(command, click.Group):
            command = command.commands[words[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known
        assert isinstance(command, click.Command)


def test_the_scopes_that_it_asks_for_are_those_that_are_used(settings: Settings) -> None:
    used = {stream.scope for stream in STREAMS} | needed(directory.find(settings, "socal")).keys()
    assert set(re.findall(r"`(tn\.[a-z.]+:[rw])`", README)) == used


def test_every_variable_that_it_names_can_be_set() -> None:
    example = (ROOT / ".env.example").read_text()
    tenant = {f"SERVICETITAN_TENANTS__SOCAL__{name.upper()}" for name in Tenant.model_fields}
    source = {f"LEAD_SOURCES__FACEBOOK__{name.upper()}" for name in LeadSource.model_fields}
    known = {name.upper() for name in Settings.model_fields} | set(PORTS) | tenant | source
    named = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+[A-Z])=", example, re.MULTILINE))
    named |= set(re.findall(r"`((?:SERVICETITAN|FLOW_BUILDER|ACTIONS|SYNC|DATA|ALERT|CHANGE|LAKE)_[A-Z0-9_]+)`", BOTH))
    assert len(named) > 15
    assert named <= known


def test_the_queries_for_analysts_run_on_the_published_file(
    world: World, env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    seed_history(world, customers=9)
    assert CliRunner().invoke(main, ["sync"]).exit_code == 0
    queries = [query for block in blocks("sql") for query in block.split(";") if query.strip()]
    assert len(queries) >= 4
    with duckdb.connect(settings.analytics, read_only=True) as con:
        for query in queries:
            con.execute(query).fetchall()
        states = con.execute("from questions.where_customers_stand").fetchall()
        views = con.execute("select view_name from duckdb_views() where schema_name = 'questions'").fetchall()
    assert sum(row[-1] for row in states) > 10
    table = README.partition("The schema `questions`")[2].partition("```sql")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(name for (name,) in views)


def test_every_picture_and_file_that_they_link_is_there() -> None:
    for folder in (ROOT, ROOT / "orchestration", ROOT / "pipelines" / "actions"):
        links = re.findall(r"\]\(((?!http)[^)#]+)\)", (folder / "README.md").read_text())
        assert [link for link in links if not (folder / link).exists()] == []
