"""Merges: which customer a customer has become."""

from tests.oracle.records import Records


def ends(records: Records) -> dict[int, int]:
    """Customer in the warehouse -> the customer at the end of its chain of merges."""
    merged_to = {row["id"]: row.get("merged_to_id") for row in records["customers"]}
    return {customer: _end(customer, merged_to) for customer in merged_to}


def _end(customer: int, merged_to: dict[int, int | None]) -> int:
    visited = [customer]
    while (next_customer := merged_to[visited[-1]]) is not None and next_customer in merged_to:
        if next_customer in visited:
            return min(visited[visited.index(next_customer) :])
        visited.append(next_customer)
    return visited[-1]
