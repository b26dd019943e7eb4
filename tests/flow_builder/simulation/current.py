"""Which transitions are current."""

from collections.abc import Sequence

from tests.flow_builder.simulation.records import SIDE_BY_SIDE, Transition


def current(standing: Sequence[Transition]) -> list[Transition]:
    """While no later one stands; visits, and installs, each on a job of its own stand side by side."""
    if not standing:
        return []
    last, found = standing[-1], [standing[-1]]
    for one in reversed(standing[:-1]):
        jobs = {other.job_id for other in found}
        if last.to_state not in SIDE_BY_SIDE or one.to_state != last.to_state or None in jobs | {one.job_id}:
            break
        if one.job_id in jobs:
            break
        found.append(one)
    return found


def current_but_for_their_reset(standing: Sequence[Transition]) -> list[Transition]:
    return current(standing[:-1] if standing and standing[-1].resets else standing)
