"""The README's way of a tenant from its first sync to its first mail, walked as it stands."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.settings import Settings
from tests.simulator.clock import OffsetClock
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import World

README = (Path(__file__).parents[1] / "README.md").read_text()
SECTION = README.partition("## Connect a real tenant\n")[2].partition("\n### ")[0]
COMMAND = re.compile(r"^ +(?:\.venv/bin/servicetitan-flow (.+)|(make run))$", re.MULTILINE)
Step = Callable[[str], Result]


@pytest.fixture
def world() -> World:
    """Of today: what is older is no news."""
    return World(clock=OffsetClock())


@pytest.fixture
def step(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Step]:
    """The page's next command, of which is known how it begins; all of them are to be taken."""
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    commands = [shlex.split(command or made) for command, made in COMMAND.findall(SECTION)]

    def take(beginning: str) -> Result:
        command = commands.pop(0)
        assert command[: len(beginning.split())] == beginning.split()
        return run(*command)

    yield take
    assert commands == []


def run(*command: str) -> Result:
    """In place of what runs for ever, one sync and one delivery; of a month, two days."""
    if command == ("make", "run"):
        result = run("sync")
        return run("deliver") if result.exit_code == 0 else result
    return CliRunner().invoke(main, [*command, "--days", "2"] if command[0] == "rehearse" else command)


@pytest.mark.prove
def test_a_tenant_goes_live_by_the_readme(world: World, step: Step, receiver: Receiver) -> None:
    socal = world["socal"]
    before = socal.add_customer("Ada Moss")
    socal.book_job(before, "sales")
    assert step("check").exit_code == 0
    baseline = step("sync")
    assert "socal: baseline taken: 1 customers, " in baseline.stdout
    proposed = step("kinds propose socal")
    assert proposed.exit_code == 0, proposed.output
    rehearsed = step("rehearse socal")
    assert rehearsed.exit_code == 0, rehearsed.output
    assert "Nothing was sent" in rehearsed.output
    assert receiver.received == []

    assert step("test-send").exit_code == 0
    [example] = receiver.received
    assert example.body["data"]["test"]

    assert step("tenants shadow socal").exit_code == 0
    in_shadow = socal.add_customer("Bea Fern")
    socal.add_lead(in_shadow)
    assert step("make run").exit_code == 0
    shown = step("deliveries --tenant socal")
    assert "Email Followup" in shown.output
    assert str(in_shadow) in shown.output
    assert str(before) not in shown.output
    assert receiver.received == [example]

    assert step("tenants live socal").exit_code == 0
    live = socal.add_customer("Cy Oak")
    socal.add_lead(live)
    assert run("make", "run").exit_code == 0
    [_, sent] = receiver.received
    assert (sent.body["data"]["customer_id"], sent.body["data"]["flow_name"]) == (live, "Email Followup")
