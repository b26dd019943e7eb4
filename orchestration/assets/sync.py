"""Every asset, in the order of the line. Heavy libraries are imported inside the steps: the process of a run that
needs none of them starts two seconds sooner."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.assets import specs as lineage
from orchestration.assets.actions import customer_index, inbound_leads
from orchestration.assets.checks import extract_check_specs, extract_checks
from orchestration.assets.lake import lakes
from orchestration.assets.links import in_console
from orchestration.assets.outbox import deliveries, outbox
from orchestration.assets.progress import ProgressLog
from orchestration.assets.specs import ANALYTICS, OUTBOX, POOL, Results, in_shard, is_mart, raw_key
from orchestration.cli import baselines, edited_seeds
from orchestration.errors import with_known_errors
from orchestration.resources import WarehouseResource
from orchestration.schedules import is_scheduled
from pipelines.alerts.freshness import INTERVALS, intervals
from pipelines.derivation.dbt import project_json
from pipelines.links import Page
from pipelines.servicetitan.raw_tables import RAW_TABLES
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.derivation.derive import NodeResult
    from pipelines.servicetitan.sync import LoadResult


def assets(settings: Settings) -> list[dg.AssetsDefinition]:
    manifest = project_json(settings.warehouse, dbt_folder(settings))
    derived = derive_asset(settings, manifest)
    marts = [key for key in derived.keys if is_mart(key)]
    return [
        extract_asset(settings),
        derived,
        outbox(settings),
        analytics(settings, marts, manifest),
        *lakes(settings),
        deliveries(settings),
        customer_index(settings),
        inbound_leads(settings),
    ]


class ExtractConfig(dg.Config):
    """``tenants``: names; empty for all. ``reconcile``: compare all contacts, and mark those that are gone."""

    tenants: list[str] = []
    reconcile: bool = False


def extract_asset(settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="extract",
        specs=[lineage.raw_asset(table, settings.shard) for table in RAW_TABLES],
        check_specs=extract_check_specs(settings.shard),
        pool=settings.of_shard(POOL),
    )
    @with_known_errors
    def extract(
        context: dg.AssetExecutionContext, config: ExtractConfig, warehouse: WarehouseResource, progress: ProgressLog
    ) -> Results:
        from pipelines.servicetitan.load.schema_drift import find_drift
        from pipelines.servicetitan.set_aside import by_place
        from pipelines.servicetitan.sync import load
        from pipelines.servicetitan.sync_status import keep_complete, keep_readings

        with progress.shown(context.log) as show:
            result = load(
                settings,
                tenants=config.tenants or None,
                clock=warehouse.now,
                on_progress=show,
                reconcile=config.reconcile,
                scheduled=is_scheduled(context.run.tags),
            )
        keep_complete(settings.operations, result.streams)
        keep_readings(settings.operations, result.began_at, result.streams)
        drift = find_drift(settings.warehouse, result.load_ids)
        yield from (raw_result(table.name, result, settings.shard) for table in RAW_TABLES)
        yield from extract_checks(result, drift, by_place(settings, warehouse.now()), settings.shard)

    return extract


def raw_result(table: str, result: "LoadResult", shard: str) -> dg.MaterializeResult[Any]:
    syncs = [sync for sync in result.streams if sync.stream == table]
    read = {
        "rows_read": sum(sync.rows for sync in syncs),
        "pages": sum(sync.pages for sync in syncs),
        "api_calls": sum(sync.calls for sync in syncs),
        "tenants": len(syncs),
        "rejected": sum(sync.rejected for sync in syncs),
        "seconds": sum(sync.seconds for sync in syncs),
    }
    return dg.MaterializeResult(
        asset_key=raw_key(table, shard),
        metadata={
            "dagster/row_count": result.stored_rows.get(table, 0),
            "rows_changed": result.changed_rows.get(table, 0),
            **(read if syncs else {}),
        },
    )


def derive_asset(settings: Settings, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    shard = settings.shard
    specs, checks = lineage.dbt_assets(manifest, shard), lineage.dbt_checks(manifest, shard)
    specs = {unique_id: kept_fresh(spec, settings) for unique_id, spec in specs.items()}

    @dg.multi_asset(
        name="derive",
        specs=[*specs.values()],
        check_specs=[*checks.values()],
        pool=settings.of_shard(POOL),
        can_subset=True,
    )
    @with_known_errors
    def derive(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Results:
        from pipelines.derivation.baselines import taken_since, tenants_with_baseline
        from pipelines.derivation.derive import derive
        from pipelines.derivation.freshness import last_derivation
        from pipelines.derivation.row_counts import customers_per_state, row_counts
        from pipelines.rules.edited_seeds import keep_edited_seeds
        from pipelines.servicetitan.load.changes import forget_changes

        for line in (kept := keep_edited_seeds(settings.warehouse, settings.rules)):
            context.log.warning(line)
        known = tenants_with_baseline(settings.warehouse)
        done = derive(settings.warehouse, warehouse.clock(), work_dir=dbt_folder(settings), rules_dir=settings.rules)
        context.log.info(f"derived: {done.reason}" if done.reason else "nothing has changed, and nothing is due")
        if done.reason and (last := last_derivation(settings.warehouse)):
            forget_changes(settings.warehouse, last.last_change_id)
        taken = taken_since(settings.warehouse, known) if done.reason else []
        for baseline in taken:
            context.log.info(str(baseline))
        rows, states = row_counts(settings.warehouse), customers_per_state(settings.warehouse)
        overview = in_console(settings, Page.OVERVIEW)
        told = {**baselines.told(taken), **edited_seeds.told(kept), lineage.STATES: {**states, **overview}}
        news = {in_shard(shard, key): metadata for key, metadata in told.items()}
        for node in done.nodes if done.reason else told_again(done.nodes, specs, checks):
            spec, check = specs.get(node.unique_id), checks.get(node.unique_id)
            if spec and spec.key in context.selected_asset_keys:
                yield table_result(spec, node, rows, news.get(spec.key, {}))
            elif check and check.key in context.selected_asset_check_keys:
                yield test_result(check, node)

    return derive


def told_again(
    nodes: "Iterable[NodeResult]", specs: Mapping[str, dg.AssetSpec], checks: Mapping[str, dg.AssetCheckSpec]
) -> "Iterator[NodeResult]":
    """Of a derivation that was not needed: what the next steps wait for, and the tests that still fail. All of it
    would be most of an idle sync."""
    for node in nodes:
        spec, check = specs.get(node.unique_id), checks.get(node.unique_id)
        if spec is None:
            if node.status != "pass" or (check and check.blocking):
                yield node
        elif is_mart(spec.key):
            yield node


def kept_fresh(spec: dg.AssetSpec, settings: Settings) -> dg.AssetSpec:
    """A mart is stale after three intervals of the schedule."""
    if not is_mart(spec.key):
        return spec
    window = intervals(settings.sync_cron, datetime.now(UTC), INTERVALS)
    return spec.replace_attributes(freshness_policy=dg.FreshnessPolicy.time_window(fail_window=window))


def table_result(
    spec: dg.AssetSpec, node: "NodeResult", rows: Mapping[str, int], news: Mapping[str, Any]
) -> dg.MaterializeResult[Any]:
    table = ".".join(spec.key.path[-2:])
    counted = {"dagster/row_count": rows[table]} if table in rows else {}
    return dg.MaterializeResult(asset_key=spec.key, metadata={"seconds": node.seconds, **counted, **news})


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


def links(settings: Settings) -> dict[str, Any]:
    page = f"{settings.console_url}/console/report"
    return {"report": dg.MetadataValue.url(page)} if settings.console_url else {}


def analytics(settings: Settings, marts: list[dg.AssetKey], manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    key = in_shard(settings.shard, ANALYTICS)

    @dg.asset(
        key=key,
        deps=[*marts, in_shard(settings.shard, OUTBOX)],
        group_name=lineage.PUBLISH,
        owners=lineage.OWNERS[lineage.PUBLISH],
        kinds={"duckdb"},
        pool=settings.of_shard(POOL),
        output_required=False,
        description="All marts and the deliveries, in a file of their own, which people may open at any time."
        " Published when they have changed.",
    )
    @with_known_errors
    def publish(warehouse: WarehouseResource) -> Results:  # noqa: ARG001 (to hold it)
        from pipelines.analytics.described import described
        from pipelines.analytics.lake.run import is_behind
        from pipelines.analytics.publish import Besides, is_published, publish
        from pipelines.derivation.freshness import last_derivation
        from pipelines.flow_builder.outbox.queries import FOR_ANALYSTS, table
        from pipelines.flow_builder.outbox.queries import version as version_of

        derivation, version = last_derivation(settings.warehouse), version_of(settings.operations)
        if not is_published(settings.analytics, derivation.id if derivation else None, version):
            deliveries = {"deliveries": Besides(table(settings.operations), FOR_ANALYSTS)}
            rows = publish(settings.warehouse, settings.analytics, version, deliveries, described(manifest))
            yield dg.MaterializeResult(asset_key=key, metadata=rows | links(settings))
        elif is_behind(settings):  # its step would be skipped
            yield dg.MaterializeResult(asset_key=key, metadata=links(settings))

    return publish
