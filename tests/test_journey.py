"""One customer's way through every state, with everything real but the outside world: ServiceTitan's stand-in, the
commands that an operator runs, the warehouse, the outbox, and a receiver that verifies what it gets."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import duckdb
import jsonschema
import orjson
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.flow_builder import event
from pipelines.settings import Settings
from tests.simulator.clock import OffsetClock
from tests.simulator.receiver import Receiver
from tests.simulator.world import World

Run = Callable[..., Result]


@pytest.fixture
def world() -> World:
    """In real time, so that what happens is fresh."""
    return World(clock=OffsetClock())


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """One command of ``servicetitan-flow``; its exit status must be 0."""
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return result

    return invoke


def steps(world: World) -> list[tuple[float, Callable[[], Any]]]:
    """What happens at the company, and the state that it must lead to."""
    socal = world["socal"]
    customer = socal.add_customer("Ada Moss")
    made: dict[str, int] = {}

    def remember(name: str, verb: Callable[..., int], *arguments: Any, **fields: Any) -> Callable[[], None]:
        return lambda: made.update({name: verb(*arguments, **fields)})

    return [
        (1.0, lambda: socal.add_lead(customer)),
        (2.0, remember("visit", socal.book_job, customer, "sales")),
        (2.5, lambda: socal.cancel_job(made["visit"])),
        (2.0, remember("visit", socal.book_job, customer, "sales")),
        (3.0, lambda: made.update(estimate=socal.create_estimate(job_id=made["visit"]))),
        (4.0, lambda: socal.sell(made["estimate"])),
        (5.0, remember("install", socal.book_job, customer, "install")),
        (5.5, lambda: socal.cancel_job(made["install"])),
        (5.0, remember("install", socal.book_job, customer, "install")),
        (6.0, lambda: socal.complete_job(made["install"])),
    ]


def test_a_customer_goes_through_every_state_and_flow_builder_hears_of_each_change_once(
    world: World, settings: Settings, receiver: Receiver, run: Run
) -> None:
    way = steps(world)
    assert "0 sent" in run("sync").output
    with duckdb.connect(settings.analytics, read_only=True) as analyst:
        for _, happens in way:
            happens()
            run("sync")
            run("deliver")
        later = world.now() + timedelta(days=90, hours=1)
        run("sync", "--as-of", later.isoformat())
        run("deliver")
        assert states(analyst) == [(0.0, "Contact Record")], "the analyst keeps the copy that was opened"

    told = [one.body["data"] for one in receiver.received]
    assert all(one.verified for one in receiver.received)
    assert [data["to_state"] for data in told] == [*(state for state, _ in way), 0.0]
    assert [data["from_state"] for data in told] == [0.0, *(state for state, _ in way)]
    assert len({data["transition_id"] for data in told}) == len(told)
    assert not any(data["superseded"] for data in told)
    assert told[1]["flow_name"] == "What to Expect"
    assert told[1]["customer"]["name"] == "Ada Moss"
    assert told[-1]["flow_name"] is None
    for one in receiver.received:
        jsonschema.validate(one.body, event.schema())

    with duckdb.connect(settings.analytics, read_only=True) as analyst:
        assert states(analyst) == [(0.0, "Contact Record")]
    shown = orjson.loads(run("customer", "socal", str(told[0]["customer_id"]), "--json").output)
    assert [one["status"] for one in shown["deliveries"]] == ["delivered"] * len(told)
    assert [one["position"] for one in shown["transitions"]] == [*range(1, len(told) + 1)]
    with duckdb.connect(settings.analytics) as con:
        con.execute("alter table marts.customer_state_transitions drop column position")
        con.execute("alter table marts.customer_events drop column position")
    older = orjson.loads(run("customer", "socal", str(told[0]["customer_id"]), "--json").output)
    assert older["transitions"] == [one | {"position": None} for one in shown["transitions"]], "of an earlier release"


def states(analyst: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    query = "select current_state::double, current_state_name from marts.customer_servicetitan_state"
    return analyst.execute(query).fetchall()
