"""Who may send, and who says so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.flow_builder import switches
from pipelines.flow_builder.dispatcher import Delivered
from pipelines.flow_builder.switches import ALL, Switch, Turn, turn
from pipelines.operations import open_operations
from pipelines.readings import Reading
from pipelines.servicetitan.sync_status import keep_readings
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.flow_builder.conftest import IN_A_FILE
from tests.flow_builder.line import Line
from tests.flow_builder.marts import SOCAL

NOW = datetime(2026, 11, 22, 15, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
TENANT = {"id": SOCAL, "client_id": "id", "client_secret": "secret"}
Command = Callable[..., Result]


@pytest.fixture
def command(env: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, [*arguments])


def starting(settings: Settings, **deliveries: str) -> Settings:
    """With these settings of DELIVERY."""
    tenants = {
        one.name: one.model_copy(update={"delivery": deliveries.get(one.name, "live")})
        for one in directory.all(settings)
    }
    return settings.model_copy(update={"servicetitan_tenants": tenants})


def turned(settings: Settings, to: Turn, *names: str, now: datetime = NOW) -> list[int]:
    chosen = [directory.find(settings, name) for name in names] or None
    return turn(settings.operations, chosen, to, reason="asked", by="ada", now=now)


def in_force(settings: Settings, name: str = "socal") -> Switch:
    with open_operations(settings.operations) as con:
        found = switches.read(con, directory.all(settings))
    return switches.in_force(found, directory.find(settings, name).id)


def shadowed(settings: Settings) -> dict[int, bool]:
    with open_operations(settings.operations) as con:
        return switches.in_shadow(con, settings)


def ask(settings: Settings, query: str) -> list[Any]:
    with open_operations(settings.operations) as con:
        return con.execute(query).fetchall()


def test_a_tenant_starts_as_its_settings_say_and_from_the_first_enqueue_on_is_as_its_switch_says(
    settings: Settings,
) -> None:
    settings = starting(settings, socal="shadow")
    assert (in_force(settings).is_shadow, in_force(settings, "dfw").is_shadow) == (True, False)
    with open_operations(settings.operations) as con:
        switches.begin(con, directory.all(settings), NOW)
        switches.begin(con, directory.all(starting(settings, dfw="shadow")), NOW + HOUR)
    later = starting(settings, dfw="shadow")
    assert (in_force(later).is_shadow, in_force(later, "dfw").is_shadow) == (True, False)
    assert list(shadowed(later).values()) == [True, False]


def test_the_first_turn_of_one_switch_keeps_what_the_settings_say_of_the_other(settings: Settings) -> None:
    settings = starting(settings, socal="shadow")
    turned(settings, "pause", "socal")
    assert in_force(starting(settings)) == Switch(is_shadow=True, paused_at=NOW)


def test_a_pause_keeps_its_moment_and_its_end_too(settings: Settings) -> None:
    turned(settings, "pause", "socal")
    assert turned(settings, "pause", "socal", now=NOW + HOUR) == []
    assert in_force(settings).paused_at == NOW
    turned(settings, "resume", "socal", now=NOW + 2 * HOUR)
    assert in_force(settings) == Switch(resumed_at=NOW + 2 * HOUR)
    assert turned(settings, "resume", "socal", now=NOW + 3 * HOUR) == []
    assert in_force(settings).resumed_at == NOW + 2 * HOUR


def test_what_all_may_not_none_may_whatever_its_own_switch_says(settings: Settings) -> None:
    turned(settings, "shadow")
    turned(settings, "pause")
    turned(settings, "live", "socal", now=NOW + HOUR)
    turned(settings, "pause", "dfw", now=NOW + HOUR)
    assert in_force(settings) == Switch(is_shadow=True, paused_at=NOW)
    assert in_force(settings, "dfw").paused_at == NOW
    turned(settings, "live")
    turned(settings, "resume", now=NOW + 2 * HOUR)
    assert in_force(settings) == Switch(resumed_at=NOW + 2 * HOUR)
    assert in_force(settings, "dfw") == Switch(paused_at=NOW + HOUR, resumed_at=NOW + 2 * HOUR)


def test_each_turn_is_a_decision_and_what_turned_nothing_is_none(settings: Settings) -> None:
    socal, dfw = (one.id for one in directory.all(settings))
    turned(settings, "shadow", "socal", "dfw", "socal")
    assert turned(settings, "live", "socal", "dfw", now=NOW + HOUR) == [socal, dfw]
    assert turned(settings, "live", "socal", now=NOW + HOUR) == []
    turned(settings, "pause", now=NOW + HOUR)
    assert ask(settings, "select tenant_id, action, reason, decided_by, webhook_id from decisions") == [
        (socal, "shadow", "asked", "ada", None),
        (dfw, "shadow", "asked", "ada", None),
        (socal, "live", "asked", "ada", None),
        (dfw, "live", "asked", "ada", None),
        (ALL, "paused", "asked", "ada", None),
    ]


def test_a_turn_needs_a_reason(settings: Settings) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        turn(settings.operations, None, "pause", reason=" ", by="ada", now=NOW)
    assert ask(settings, "select * from tenant_switches") == []


def test_an_enqueue_makes_the_switch_of_a_tenant_that_has_none(line: Line) -> None:
    line.configure(servicetitan_tenants={"socal": {**TENANT, "delivery": "shadow"}})
    line.marts.enters(1.0)
    line.sync()
    [row] = line.rows()
    assert (row.status, row.reason, row.body["data"]["flow_name"]) == ("not_sent", "shadow", "Email Followup")
    line.configure(servicetitan_tenants={"socal": TENANT})
    line.marts.enters(3.0)
    line.sync()
    assert {row.reason for row in line.rows()} == {"shadow"}, "its switch counts, and not its settings"
    turned(line.settings, "live", "socal", now=line.now)
    line.marts.enters(4.0)
    line.sync()
    assert line.rows()[-1].status == "pending"


@IN_A_FILE
def test_what_an_earlier_release_left_is_not_sent_of_a_tenant_that_is_to_begin_in_shadow(sending_line: Line) -> None:
    line = sending_line
    line.marts.enters(1.0)
    line.sync()
    line.ask("delete from tenant_switches")
    line.configure(servicetitan_tenants={"socal": {**TENANT, "delivery": "shadow"}})
    assert line.deliver() == Delivered()


def test_what_waited_through_a_pause_leaves_once_a_sync_that_began_after_it_has_looked(sending_line: Line) -> None:
    line = sending_line
    line.marts.enters(1.0)
    line.sync()
    turned(line.settings, "pause", "socal", now=line.now)
    assert line.deliver() == Delivered()
    line.now += HOUR
    turned(line.settings, "resume", "socal", now=line.now)
    began_before = Reading(line.now - HOUR / 2, line.now - HOUR / 2)
    line.sync(readings={SOCAL: began_before})
    assert line.deliver() == Delivered()
    line.sync()
    assert line.deliver() == Delivered(delivered=1)


def test_the_commands_turn_switches_and_list_who_did(settings: Settings, command: Command) -> None:
    keep_readings(settings.operations, NOW, [])
    assert command("tenants", "shadow", "socal", "DFW", "--reason", "trial").output == "socal: shadow\ndfw: shadow\n"
    assert command("tenants", "pause", "socal", "--reason", "complaints").output == "socal: paused\n"
    head, socal, dfw = command("tenants", "list").output.splitlines()
    assert head.split("  ")[0] == "tenant"
    assert "shadow, paused" in socal
    assert "complaints" in socal
    assert "trial" in dfw
    assert (
        command("tenants", "pause", "socal", "--reason", "x").output == "socal: paused already; nothing was changed\n"
    )


def test_whoever_lets_one_go_is_told_that_another_switch_keeps_it(command: Command) -> None:
    command("tenants", "pause", "--all", "--reason", "bad rule")
    command("tenants", "pause", "dfw", "--reason", "complaints")
    assert command("tenants", "resume", "dfw", "--reason", "mended").output.splitlines() == [
        "dfw: resumed",
        "dfw: still paused, as all are; `servicetitan-flow tenants resume --all --reason TEXT` ends that",
    ]
    command("tenants", "pause", "dfw", "--reason", "complaints")
    assert command("tenants", "resume", "--all", "--reason", "mended").output.splitlines() == [
        "all tenants: resumed",
        "dfw: still paused, by its own switch; `servicetitan-flow tenants resume dfw --reason TEXT` ends that",
    ]


def test_where_a_person_looks_it_is_said_that_nothing_leaves(command: Command) -> None:
    assert command("deliveries").output == "no such delivery\n"
    command("tenants", "shadow", "socal", "--reason", "trial")
    command("tenants", "pause", "dfw", "--reason", "complaints")
    for asked in ("deliveries", "deliver"):
        output = command(asked).output
        assert "socal: in shadow; what happens is noted, and nothing is sent" in output
        assert "dfw: paused since " in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["live"], "Missing option '--reason'"),
        (["live", "--reason", "x"], "expected the names of tenants, or --all"),
        (["live", "socal", "--all", "--reason", "x"], "expected the names of tenants, or --all"),
        (["live", "socal", "--reason", " "], "a decision needs a reason"),
        (["live", "socal", "nobody", "--reason", "x"], "tenant 'nobody' is not configured"),
    ],
)
def test_a_turn_that_is_not_whole_changes_nothing(
    settings: Settings, command: Command, arguments: list[str], says: str
) -> None:
    result = command("tenants", *arguments)
    assert result.exit_code != 0
    assert says in result.output
    assert ask(settings, "select * from tenant_switches") == []
