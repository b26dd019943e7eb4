"""Every asset, in the order of the line. Heavy libraries are imported inside the steps: the process of a run that
needs none of them starts two seconds sooner."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration import lineage
from orchestration.checks import (
    ENDPOINT_CHECK,
    OUTBOX_CHECKS,
    STREAM_CHECKS,
    endpoint_check,
    outbox_checks,
    stream_checks,
)
from orchestration.progress import Progress
from orchestration.resources import Warehouse
from pipelines.dbt_process import manifest_path
from pipelines.servicetitan.tables import RAW_TABLES
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.derive import NodeResult
    from pipelines.servicetitan.load import LoadResult

POOL = "warehouse"
OUTBOX = dg.AssetKey(["flow_builder", "outbox"])
DELIVERIES = dg.AssetKey(["flow_builder", "deliveries"])
ANALYTICS = dg.AssetKey("analytics")
KNOWN_EMAILS = dg.AssetKey(["actions", "known_emails"])
READ_BY_ENQUEUE = [
    dg.AssetKey(["marts", "customer_state_transitions"]),
    dg.AssetKey(["marts", "customer_servicetitan_state"]),
    dg.AssetKey(["marts", "tenant_baselines"]),
    dg.AssetKey(["staging", "stg_servicetitan__appointments"]),
    dg.AssetKey(["staging", "stg_servicetitan__customer_contacts"]),
    dg.AssetKey(["staging", "stg_servicetitan__customers"]),
]
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def assets(settings: Settings) -> list[dg.AssetsDefinition]:
    derived = derive_asset(settings)
    marts = [key for key in derived.keys if key.path[0] == "marts"]
    return [
        extract_asset(settings),
        known_emails(settings),
        derived,
        outbox(settings),
        analytics(settings, marts),
        deliveries(settings),
    ]


class ExtractConfig(dg.Config):
    """``tenants``: names; empty for all. ``reconcile``: compare all contacts, and mark those that are gone."""

    tenants: list[str] = []
    reconcile: bool = False


def extract_asset(settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="extract",
        specs=[lineage.raw_asset(table) for table in RAW_TABLES],
        check_specs=[check.spec(raw_key(name)) for name in lineage.STREAMS_BY_NAME for check in STREAM_CHECKS.values()],
        pool=POOL,
    )
    def extract(
        context: dg.AssetExecutionContext, config: ExtractConfig, warehouse: Warehouse, progress: Progress
    ) -> Results:
        from pipelines.last_syncs import keep_complete
        from pipelines.servicetitan.drift import find_drift
        from pipelines.servicetitan.load import load

        with progress.shown(context.log) as show:
            result = load(
                settings,
                tenants=config.tenants or None,
                clock=warehouse.now,
                on_progress=show,
                reconcile=config.reconcile,
            )
        keep_complete(settings.operations, result.streams)
        drift = find_drift(settings.warehouse, result.load_ids)
        yield from (raw_result(table.name, result) for table in RAW_TABLES)
        for name in lineage.STREAMS_BY_NAME:
            yield from stream_checks(name, raw_key(name), result, drift)

    return extract


def raw_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["servicetitan", table])


def raw_result(table: str, result: "LoadResult") -> dg.MaterializeResult[Any]:
    syncs = [sync for sync in result.streams if sync.stream == table]
    read = {
        "rows_read": sum(sync.rows for sync in syncs),
        "pages": sum(sync.pages for sync in syncs),
        "rejected": sum(sync.rejected for sync in syncs),
        "seconds": sum(sync.seconds for sync in syncs),
    }
    return dg.MaterializeResult(
        asset_key=raw_key(table),
        metadata={
            "dagster/row_count": result.stored_rows.get(table, 0),
            "rows_changed": result.changed_rows.get(table, 0),
            **(read if syncs else {}),
        },
    )


def derive_asset(settings: Settings) -> dg.AssetsDefinition:
    manifest = json.loads(manifest_path(settings.warehouse, dbt_folder(settings)).read_bytes())
    specs, checks = lineage.dbt_assets(manifest), lineage.dbt_checks(manifest)

    @dg.multi_asset(name="derive", specs=[*specs.values()], check_specs=[*checks.values()], pool=POOL)
    def derive(warehouse: Warehouse) -> Results:
        from pipelines.derive import derive

        for node in derive(settings.warehouse, warehouse.clock(), work_dir=dbt_folder(settings)).nodes:
            if spec := specs.get(node.unique_id):
                yield dg.MaterializeResult(asset_key=spec.key, metadata={"seconds": node.seconds})
            elif check := checks.get(node.unique_id):
                yield test_result(check, node)

    return derive


def test_result(check: dg.AssetCheckSpec, node: "NodeResult") -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=node.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
        metadata={"failing_rows": node.failures or 0, "message": node.message or ""},
    )


def dbt_folder(settings: Settings) -> Any:
    return settings.data_dir.absolute() / "dbt"


def known_emails(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=KNOWN_EMAILS,
        deps=[raw_key("customer_contacts")],
        group_name="extract",
        kinds={"sqlite"},
        pool=POOL,
        description="Hashes of the customers' e-mail addresses, by which the actions API finds a customer.",
    )
    def copy(warehouse: Warehouse) -> dg.MaterializeResult[Any]:  # noqa: ARG001 (to hold it)
        import duckdb

        from pipelines.actions.known_emails import copy_emails

        with duckdb.connect(settings.warehouse, read_only=True) as con:
            return dg.MaterializeResult(metadata={"contacts_copied": copy_emails(con, settings.operations)})

    return copy


class EnqueueConfig(dg.Config):
    """``start_over``: take every transition that the outbox does not know as told; for when it was lost."""

    start_over: bool = False


def outbox(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=OUTBOX,
        deps=READ_BY_ENQUEUE,
        group_name="deliver",
        kinds={"sqlite"},
        pool=POOL,
        check_specs=[check.spec(OUTBOX) for check in OUTBOX_CHECKS.values()],
        description="One delivery for every transition: what Flow Builder is to be told, and what not, and why.",
    )
    def enqueue(config: EnqueueConfig, warehouse: Warehouse) -> Results:
        import duckdb

        from pipelines.flow_builder.enqueue import enqueue
        from pipelines.flow_builder.report import counts, troubles
        from pipelines.flow_builder.transition_log import TransitionLog

        with duckdb.connect(settings.warehouse) as con:
            con.execute("set TimeZone = 'UTC'")
            enqueued = enqueue(con, settings, warehouse.clock(), start_over=config.start_over)
            unknown = TransitionLog(con).size() - sum(counts(settings.operations).values())
        yield dg.MaterializeResult(asset_key=OUTBOX, metadata=asdict(enqueued))
        yield from outbox_checks(OUTBOX, troubles(settings.operations, warehouse.now()), unknown)

    return enqueue


def analytics(settings: Settings, marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=ANALYTICS,
        deps=[*marts, OUTBOX],
        group_name="derive",
        kinds={"duckdb"},
        pool=POOL,
        description="All marts and the deliveries, in a file of their own, which people may open at any time.",
    )
    def publish(warehouse: Warehouse) -> dg.MaterializeResult[Any]:  # noqa: ARG001 (to hold it)
        from pipelines.flow_builder import report
        from pipelines.publish import publish

        besides = {"deliveries": report.table(settings.operations)}
        return dg.MaterializeResult(metadata=publish(settings.warehouse, settings.analytics, besides))

    return publish


def deliveries(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=DELIVERIES,
        deps=[OUTBOX],
        group_name="deliver",
        kinds={"http"},
        check_specs=[ENDPOINT_CHECK.spec(DELIVERIES)],
        description="What was due in the outbox, posted to Flow Builder.",
    )
    def deliver() -> Results:
        from pipelines.flow_builder.delivery import deliver
        from pipelines.flow_builder.report import troubles

        counts = asdict(deliver(settings, clock=lambda: datetime.now(UTC)))
        yield dg.MaterializeResult(
            asset_key=DELIVERIES, metadata={name: count for name, count in counts.items() if count is not None}
        )
        yield endpoint_check(DELIVERIES, troubles(settings.operations, datetime.now(UTC)))

    return deliver
