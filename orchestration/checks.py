"""Asset checks of our own; dbt's tests come with its assets."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from pipelines.flow_builder.enqueue import Enqueued
    from pipelines.servicetitan.load import LoadResult

COMPLETE = "complete"
NOTHING_HELD = "nothing_held"


def complete_check(stream: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        COMPLETE,
        asset=["servicetitan", stream],
        description="The last sync read this stream of every tenant to its end.",
    )


def complete(stream: str, result: "LoadResult") -> dg.AssetCheckResult:
    """Its metadata: tenant -> what went wrong."""
    errors = {sync.tenant_name: sync.error for sync in result.streams if sync.stream == stream and not sync.complete}
    return dg.AssetCheckResult(
        asset_key=["servicetitan", stream], check_name=COMPLETE, passed=not errors, metadata={**errors}
    )


def nothing_held_check(outbox: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        NOTHING_HELD,
        asset=outbox,
        description="No sync found so much to send that a person must look at it first (FLOW_BUILDER_HOLD_ABOVE).",
    )


def nothing_held(outbox: dg.AssetKey, enqueued: "Enqueued") -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=outbox,
        check_name=NOTHING_HELD,
        passed=not enqueued.held,
        metadata={
            "held": enqueued.held,
            "what to do": "servicetitan-flow deliveries --status held; then release ID… or cancel ID… --reason TEXT",
        },
    )
