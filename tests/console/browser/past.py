"""What has happened where the console is looked at: two offices of the stand-in's, and a hostile one."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

from pipelines.flow_builder.rehearsal import Mail
from pipelines.rehearsal.result import Rehearsal
from pipelines.rehearsal.store import keep
from pipelines.rules.seeds import CUSTOMER_STATES, JOB_KIND_RULES, Seed
from pipelines.settings import Settings
from tests.console.browser.texts import hostile
from tests.simulator.catalogue import HEATING_AND_AIR, JobType
from tests.simulator.office.life import MOVES, Journey, take
from tests.simulator.world import SOCAL, Profile, World

FAIR = 11  # who left their address at dfw's stand at a fair
VALLEY = Profile(888000222, "valley", 88_000_001, HEATING_AND_AIR)
ODD = Profile(
    555000111,
    "odd",
    77_000_001,
    (JobType(hostile("type"), "sales", "unit", 60), JobType("Crane day", "other", "unit", 60)),
    {"unit": hostile("unit")},
    (hostile("reason"),),
)
PHONE = {"phone": "(714) 555-2823"}
ADDRESS = dict.fromkeys(("street", "unit", "city", "state", "zip", "country"), "") | {"street": hostile("address")}
MORNING = {
    "customer": "lead",
    "lead": "sales_booked",
    "sales_booked": "estimated",
    "estimated": "sold",
    "sold": "install_booked",
    "install_booked": "installed",
}
MAILS = (("Email Followup", None), ("What to Expect", None), ("Unsold Estimates", None), ("What to Expect", "past"))


def lay_rules(settings: Settings, world: World) -> None:
    """Odd's own: its first job type is for sales, and its state and flow have names of its own."""
    settings.rules.mkdir(parents=True)
    first, tenant = str(world["odd"].kinds["sales"][0]), str(ODD.tenant_id)
    kinds = [
        [tenant, "job_type_id", first, "sales", "5"],
        [tenant, "job_type_name", f"{hostile('rule')}|crane", "other", "6"],
    ]
    states = [[tenant, "2", hostile("state"), hostile("flow"), "180", "0", ""]]
    write(settings, JOB_KIND_RULES, kinds)
    write(settings, CUSTOMER_STATES, states)


def write(settings: Settings, seed: Seed, rows: Sequence[Sequence[str]]) -> None:
    with (settings.rules / seed.file_name).open("w", newline="") as file:
        csv.writer(file).writerows([[column.name for column in seed.columns][: len(rows[0])], *rows])


def news(world: World, journeys: Sequence[Journey]) -> int:
    """A morning at socal, and a fair at dfw, of which so many come that they are held; returns a customer of socal."""
    socal, dfw = world["socal"], world["dfw"]
    taken = {}
    for journey in journeys:
        if journey.company is socal and journey.stage in MORNING and journey.stage not in taken:
            taken[journey.stage] = journey.customer_id
            goes_on(journey, MORNING[journey.stage])
    for number in range(FAIR):
        asks = Journey(dfw, dfw.add_household())
        for step in ("lead", "sales_booked")[: 1 + (number % 3 == 0)]:
            goes_on(asks, step)
    return taken["customer"]


def goes_on(journey: Journey, step: str) -> None:
    take(journey, next(move for move in MOVES if (move.stage, move.next) == (journey.stage, step)))


def hostile_past(world: World) -> int:
    """Of odd: a visit that was canceled, and jobs of both types; returns a customer without any."""
    odd = world["odd"]
    with world.at(world.now() - timedelta(days=20)):
        told: dict[str, Any] = {"phone": "(213) 373-4270", "address": ADDRESS}
        earlier = odd.add_customer(hostile("customer"), **told)
        odd.cancel_job(odd.book_job(earlier, "sales"))
        odd.book_job(earlier, "other")
        return odd.add_customer(hostile("customer"), **told)


def rehearse(settings: Settings, world: World, journeys: Sequence[Journey]) -> None:
    """As the job would leave it."""
    now, socal = world.now(), [one.customer_id for one in journeys if one.company.name == "socal"]
    mails = {
        SOCAL.tenant_id: [
            Mail(f"m{number}", flow, 1.0, customer, now - timedelta(days=number), withheld=why)
            for number, (customer, (flow, why)) in enumerate(zip(socal, cycle(MAILS), strict=False))
        ],
        ODD.tenant_id: [Mail("m", hostile("rehearsal"), 2.0, 1, now)],
    }
    for tenant_id, found in mails.items():
        keep(settings.operations, Rehearsal(tenant_id, now - timedelta(days=30), now, None, found, []), now)
