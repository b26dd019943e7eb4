"""What must be so once everything is quiet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from tests.flow_builder.simulation.chapter import Chapter
from tests.flow_builder.simulation.endpoint import promise
from tests.flow_builder.simulation.page import Scene
from tests.flow_builder.simulation.rows import PERSON, Row

if TYPE_CHECKING:
    from tests.flow_builder.simulation.scenario import Scenario


def look_back(scenario: "Scenario", rows: Sequence[Row]) -> None:
    arrived = scenario.endpoint.arrived
    last_arrival = {webhook_id: i for i, webhook_id in enumerate(arrived)}
    # Behind what died, was followed, and was due again, with the endpoint or by a person: what was canceled then, or
    # died again, came before its place.
    in_vain = {row.webhook_id for row in rows if row.status in ("canceled", "dead")}
    for row in rows:
        promise(row.status != "delivered" or row.webhook_id in last_arrival, "what is delivered has arrived")
        promise(not row.overrides or row.reason != "expired", "what a person sends again does not expire")
    for key in scenario.world.customers():
        told = [row for row in rows if row.key == key and row.told]
        if not told or not scenario.world.is_active(key):
            continue
        given_up = any(is_given_up(row) for row in rows if row.key == key and row.follows == told[-1].webhook_id)
        promise(given_up or told[-1].state == scenario.world.state(key), "what was told last is the customer's state")
        arrivals = [last_arrival[row.webhook_id] for row in told if row.webhook_id in last_arrival.keys() - in_vain]
        promise(arrivals == sorted(arrivals), "what was told arrived in the order in which it was told")
    look_at_runs(scenario, rows, received(scenario))


def is_given_up(row: Row) -> bool:
    """A dead message, or a person, had the last word."""
    return not row.told and (row.status == "dead" or (row.status, row.reason) == ("canceled", PERSON))


def is_doubtful(row: Row) -> bool:
    """It has ended, and nobody knows whether it was told: it counts as told."""
    return row.may_have_arrived and row.status in ("dead", "canceled", "not_sent")


def received(scenario: "Scenario") -> dict[str, str]:
    """The runs of a Flow Builder that drops repeats and heeds `ends`: of each transition, which message started it."""
    runs = dict[str, str]()
    for webhook_id in dict.fromkeys(scenario.endpoint.arrived):
        data = orjson.loads(scenario.endpoint.bodies[webhook_id])["data"]
        for ended in data["ends"]:
            runs.pop(ended["transition_id"], None)
        if data["flow_name"]:
            promise(data["transition_id"] not in runs, "no run starts twice without its end between")
            runs[data["transition_id"]] = webhook_id
    return runs


def look_at_runs(scenario: "Scenario", rows: Sequence[Row], runs: dict[str, str]) -> None:
    world, now = scenario.world, scenario.clock()
    for name, webhook_id in runs.items():
        row = next(row for row in rows if row.webhook_id == webhook_id)
        key = world.log[name].key if world.log[name].stands else row.key
        mine = scenario.oracle.by_customer(rows)[key]
        is_told = any(row.told and row.key == key for row in mine)
        given_up = any(name in row.ends and (is_given_up(row) or is_doubtful(row)) for row in mine)
        chapter = Chapter(Scene(world, scenario.oracle.rules, now, now), key, mine, set())
        is_right = not chapter.runs().must_end(row)
        is_merged = key in world.merged  # and nothing says into whom, once the transition stands no longer
        promise(is_right or given_up or is_merged or not is_told, "every run that must end was ended")
