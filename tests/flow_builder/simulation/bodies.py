"""What a body says, beside what the row stands for and the records say: delivery.md section 1."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.flow_builder.simulation.endpoint import promise
from tests.flow_builder.simulation.rows import Named, Row, saying, when
from tests.flow_builder.simulation.world import World

TYPES = {
    "changed": "servicetitan.customer_state.changed",
    "corrected": "servicetitan.customer_state.corrected",
    "moved": "servicetitan.appointment.changed",
}


def look_at_body(world: World, rows: Sequence[Row], row: Row, body: bytes | None) -> None:
    """``rows``: all; ``row``: one that waits, as the newest sync wrote it."""
    data, person = saying(body), world.people[row.key]
    same = {
        "transition_id": row.transition_id,
        "tenant_id": row.tenant_id,
        "customer_id": row.customer_id,
        "flow_name": row.flow_name,
        "suppressed": row.suppressed,
        "superseded": row.superseded,
        "job_id": row.job_id,
    }
    for name, right in same.items():
        promise(data[name] == right, f"a body says what its row is: {name} is {data[name]!r} and not {right!r}")
    promise(row.state is None or data["to_state"] == row.state, "a body says which state it tells")
    promise(appointment(data) == row.appointment, "a body names the appointment of now")
    starts = {one.transition_id: one.flow_name for one in rows if one.kind == "changed" and one.flow_name}
    said = {one["transition_id"]: one["flow_name"] for one in data["ends"]}
    promise(said == {name: starts[name] for name in row.ends}, "a body names the runs to end, with their flows")
    customer, emails = data["customer"], person.readable()
    promise(customer["email"] == (emails[0][0] if emails else None), "a body has the address of now")
    flags = (person.do_not_mail, person.do_not_service, bool(emails) and emails[0][1], person.type)
    says = (customer["do_not_mail"], customer["do_not_service"], customer["marketing_opt_out"], customer["type"])
    promise(says == flags, "a body says whether its customer may be mailed")
    look_at_what_was_told(world, rows, row, data)


def look_at_what_was_told(world: World, rows: Sequence[Row], row: Row, data: dict[str, Any]) -> None:
    if row.kind == "corrected":
        told = next(one for one in rows if one.webhook_id == row.follows)
        is_gone = told.transition_id is not None and not world.log[told.transition_id].stands
        promise(data["told_state"] == told.state, "a correction says what was told")
        gone = told.transition_id if is_gone else None
        promise(data.get("retracted_transition_id") == gone, "a correction says what was retracted")
    if row.kind == "moved":
        about = [one for one in rows if one.transition_id == row.transition_id and not one.was_withdrawn]
        before = [one for one in about[: about.index(row)] if row.reason == "shadow" or one.reason != "shadow"]
        promise(named(data["told_appointment"]) == before[-1].appointment, "it says how the appointment was told")


def appointment(data: dict[str, Any]) -> Named | None:
    return named(data["appointment"]) if data.get("appointment") else None


def named(said: dict[str, Any]) -> Named:
    start, end = moment(said["start"]), moment(said["end"])
    return Named(said["id"], start, end, when(said["arrival_window_start"]), when(said["arrival_window_end"]))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
