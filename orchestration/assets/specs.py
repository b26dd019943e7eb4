"""The raw tables and dbt's manifest as Dagster asset and check specs.

dagster-dbt builds the same from a `DbtProject`, but its import costs every run process two seconds, and its resource
starts dbt twice in processes of their own; `tests/test_orchestration.py` holds these specs against dagster-dbt's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from pipelines.servicetitan.raw_tables import RawTable
from pipelines.servicetitan.streams import STREAMS

POOL = "warehouse"  # with the shard's name behind it, as jobs have: `pipelines.settings.Settings.of_shard`
# Groups as the line has them; `actions` is the side door.
EXTRACT, DERIVE, DELIVER, PUBLISH = "extract", "derive", "deliver", "publish"
ACTIONS = "actions"
OWNERS = {
    **{group: ["team:operations"] for group in (EXTRACT, DELIVER, ACTIONS)},
    **{group: ["team:analytics"] for group in (DERIVE, PUBLISH)},
}
SYNC, DELIVER_DUE, RETENTION = "sync", "deliver", "retention"
JOBS = (SYNC, DELIVER_DUE, RETENTION, "docs", "rehearsal", "lake_maintain", "replay", "release", "cancel")
OUTBOX = dg.AssetKey(["flow_builder", "outbox"])
DELIVERIES = dg.AssetKey(["flow_builder", "deliveries"])
ANALYTICS = dg.AssetKey("analytics")
LAKE = dg.AssetKey("lake")
STATES = dg.AssetKey(["marts", "customer_servicetitan_state"])
CUSTOMER_INDEX = dg.AssetKey(["actions", "customer_index"])
INBOUND_LEADS = dg.AssetKey(["actions", "inbound_leads"])
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]
Node = Mapping[str, Any]
ASSET_TYPES = {"model", "seed", "snapshot"}
STREAMS_BY_NAME = {stream.name: stream for stream in STREAMS}
OWN_TABLES = {
    "rejected_records": "Records that cannot be read or break their schema, and why; their page is loaded.",
    "tenants": "The tenants: those of the environment, and those that people have connected.",
    "state_updates": "States set by hand, through the actions API.",
    "contact_links": "Which contact of Flow Builder is which customer, from lead intake and the action that links.",
    "changes": "What the loads changed since the last derivation: record, customer and job, now and before.",
    "tenant_syncs": "A row per tenant, stream and run: when, how many rows, complete or why not; neither: it goes on.",
}


def in_shard(shard: str, key: dg.AssetKey) -> dg.AssetKey:
    """Of several shards in one Dagster, each has assets of its own: ``west/marts/customers``."""
    return key.with_prefix(shard) if shard else key


def raw_key(table: str, shard: str = "") -> dg.AssetKey:
    return in_shard(shard, dg.AssetKey(["servicetitan", table]))


def is_mart(key: dg.AssetKey) -> bool:
    return key.path[-2] == "marts"


def raw_asset(table: RawTable, shard: str) -> dg.AssetSpec:
    stream = STREAMS_BY_NAME.get(table.name)
    words = f"ServiceTitan's {table.name.replace('_', ' ')} of every tenant"
    return dg.AssetSpec(
        key=raw_key(table.name, shard),
        group_name=EXTRACT,
        owners=OWNERS[EXTRACT],
        kinds={"dlt", "duckdb"},
        description=f"{words} (scope {stream.scope})." if stream else OWN_TABLES[table.name],
        metadata={
            "dagster/table_name": f"servicetitan.{table.name}",
            "dagster/column_schema": dg.TableSchema([dg.TableColumn(*column) for column in table.columns.items()]),
        },
    )


def asset_key(node: Node, shard: str = "") -> dg.AssetKey:
    """``servicetitan/jobs``, ``marts/customer_state_transitions``: path = asset key = table."""
    is_source = node["resource_type"] == "source"
    table = [node["source_name"], node["name"]] if is_source else [node["schema"], node["alias"]]
    return in_shard(shard, dg.AssetKey(table))


def parents(node: Node) -> list[str]:
    found: list[str] = node["depends_on"].get("nodes", [])
    return found


def dbt_assets(manifest: Mapping[str, Any], shard: str = "") -> dict[str, dg.AssetSpec]:
    """dbt's unique id -> spec, for every model and seed."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    return {
        unique_id: dg.AssetSpec(
            key=asset_key(node, shard),
            deps=[asset_key(nodes[parent], shard) for parent in parents(node) if parent in nodes],
            description=node["description"],
            group_name=DERIVE,
            owners=OWNERS[DERIVE],
            kinds={"dbt", "duckdb", "seed" if node["resource_type"] == "seed" else node["config"]["materialized"]},
            metadata={
                "dagster/column_schema": _columns(node),
                "dagster/table_name": f"{node['schema']}.{node['alias']}",
            },
        )
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ASSET_TYPES and node["config"].get("enabled", True)
    }


def dbt_checks(manifest: Mapping[str, Any], shard: str = "") -> dict[str, dg.AssetCheckSpec]:
    """dbt's unique id -> spec, for every data test; a test of severity error blocks what comes after."""
    assets = dbt_assets(manifest, shard)
    return {
        unique_id: dg.AssetCheckSpec(
            name=node["name"],
            asset=assets[tested[0]].key,
            additional_deps=[assets[parent].key for parent in tested[1:]],
            description=node["description"] or None,
            blocking=node["config"]["severity"].lower() == "error",
        )
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and (tested := _tested(node, assets))
    }


def _tested(test: Node, assets: Mapping[str, dg.AssetSpec]) -> list[str]:
    """The tested asset first, then the others that the test reads."""
    candidates = [str(test.get("attached_node")), *parents(test)]
    return list(dict.fromkeys(parent for parent in candidates if parent in assets))


def _columns(node: Node) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(column["name"], column.get("data_type") or "unknown", description=column["description"])
            for column in node["columns"].values()
        ]
    )
