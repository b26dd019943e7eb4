"""From the transitions to Flow Builder: the outbox, and what is posted from it."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from orchestration.assets.checks import ENDPOINT_CHECK, endpoint_check, outbox_check_specs, outbox_checks
from orchestration.assets.links import in_console
from orchestration.assets.specs import DELIVER, DELIVERIES, OUTBOX, OWNERS, POOL, STATES, Results, in_shard
from orchestration.errors import with_known_errors
from orchestration.locks import delivery_lock
from orchestration.resources import WarehouseResource
from pipelines.links import Page
from pipelines.settings import Settings

READ_BY_ENQUEUE = [
    dg.AssetKey(["marts", "customer_state_transitions"]),
    STATES,
    dg.AssetKey(["marts", "tenant_baselines"]),
    dg.AssetKey(["marts", "transition_details"]),
]


class EnqueueConfig(dg.Config):
    """``start_over``: take every transition that the outbox does not know as told; for when it was lost."""

    start_over: bool = False


def outbox(settings: Settings) -> dg.AssetsDefinition:
    key = in_shard(settings.shard, OUTBOX)

    @dg.asset(
        key=key,
        deps=[in_shard(settings.shard, mart) for mart in READ_BY_ENQUEUE],
        group_name=DELIVER,
        owners=OWNERS[DELIVER],
        kinds={"sqlite"},
        pool=settings.of_shard(POOL),
        check_specs=outbox_check_specs(key, settings),
        description="One delivery for every transition: what Flow Builder is to be told, and what not, and why.",
    )
    @with_known_errors
    def enqueue(config: EnqueueConfig, warehouse: WarehouseResource) -> Results:
        from pipelines.flow_builder.enqueue import enqueue
        from pipelines.flow_builder.outbox.queries import outbox_health, transitions
        from pipelines.flow_builder.transition_log import TransitionLog
        from pipelines.servicetitan.sync_status import readings
        from pipelines.warehouse import open_warehouse

        with open_warehouse(settings.warehouse) as con:
            enqueued = enqueue(
                con,
                settings,
                warehouse.clock(),
                readings=None if warehouse.as_of else readings(settings.operations),  # the trial's clock: just now
                start_over=config.start_over,
            )
            unknown = max(0, TransitionLog(con).size() - transitions(settings.operations))
        links = in_console(settings, Page.OVERVIEW)
        yield dg.MaterializeResult(asset_key=key, metadata={**asdict(enqueued), **links})
        health = outbox_health(settings.operations, warehouse.now())
        yield from outbox_checks(key, health, unknown, enqueued.elsewhere, settings)

    return enqueue


def deliveries(settings: Settings) -> dg.AssetsDefinition:
    key = in_shard(settings.shard, DELIVERIES)

    @dg.asset(
        key=key,
        deps=[in_shard(settings.shard, OUTBOX)],
        group_name=DELIVER,
        owners=OWNERS[DELIVER],
        kinds={"http"},
        check_specs=[ENDPOINT_CHECK.spec(key)],
        description="What was due in the outbox, posted to Flow Builder.",
    )
    @with_known_errors
    def deliver() -> Results:
        with delivery_lock(settings):
            posted = post(settings)
        yield from posted

    return deliver


def post(
    settings: Settings, begin_for: timedelta | None = None
) -> tuple[dg.MaterializeResult[Any], dg.AssetCheckResult]:
    """What was posted, by one who holds the lock; and how the endpoint is."""
    from pipelines.flow_builder.deliver import deliver
    from pipelines.flow_builder.outbox.queries import outbox_health

    key = in_shard(settings.shard, DELIVERIES)
    counts = asdict(deliver(settings, clock=lambda: datetime.now(UTC), begin_for=begin_for))
    known = {name: count for name, count in counts.items() if count is not None}
    made = dg.MaterializeResult[Any](asset_key=key, metadata={**known, **in_console(settings, Page.OVERVIEW)})
    return made, endpoint_check(key, outbox_health(settings.operations, datetime.now(UTC)), settings)
