"""Who must be alone with what, where others write at the same time. In this order, so that nobody waits in a circle.

A tenant's rows are written anew by an enqueue, and decided about by a person, alone; a dispatcher's turn is beside
others. Turns are beside each other while all is well, and alone where the endpoint's health is at stake.
"""

from collections.abc import Iterable

TURNS = "turns of dispatchers"


def outboxes(tenant_ids: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"outbox of tenant {tenant_id}" for tenant_id in tenant_ids)
