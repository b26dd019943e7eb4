"""dbt's manifest as Dagster asset and check specs.

dagster-dbt builds the same from a `DbtProject`, but its import costs every run process two seconds, and its resource
starts dbt twice in processes of their own; `tests/test_lineage.py` holds these specs against dagster-dbt's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

Node = Mapping[str, Any]
ASSET_TYPES = {"model", "seed", "snapshot"}


def asset_key(node: Node) -> dg.AssetKey:
    """``servicetitan/jobs``, ``marts/customer_state_transitions``: path = asset key = table."""
    if node["resource_type"] == "source":
        return dg.AssetKey([node["source_name"], node["name"]])
    return dg.AssetKey([node["schema"], node["name"]])


def dbt_assets(manifest: Mapping[str, Any]) -> dict[str, dg.AssetSpec]:
    """dbt's unique id -> spec, for every model and seed."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    return {
        unique_id: dg.AssetSpec(
            key=asset_key(node),
            deps=[asset_key(nodes[parent]) for parent in node["depends_on"]["nodes"] if parent in nodes],
            description=node["description"],
            group_name="derive",
            kinds={"dbt", "duckdb", "seed" if node["resource_type"] == "seed" else node["config"]["materialized"]},
            metadata={"dagster/column_schema": _columns(node), "dagster/table_name": f"{node['schema']}.{node['name']}"},
        )
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ASSET_TYPES and node["config"].get("enabled", True)
    }


def dbt_checks(manifest: Mapping[str, Any]) -> dict[str, dg.AssetCheckSpec]:
    """dbt's unique id -> spec, for every data test; a test of severity error blocks what comes after."""
    assets = dbt_assets(manifest)
    return {
        unique_id: dg.AssetCheckSpec(
            name=node["name"],
            asset=assets[parents[0]].key,
            additional_deps=[assets[parent].key for parent in parents[1:]],
            description=node["description"] or None,
            blocking=node["config"]["severity"].lower() == "error",
        )
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and (parents := list(_tested(node, assets)))
    }


def _tested(test: Node, assets: Mapping[str, dg.AssetSpec]) -> Iterator[str]:
    """The tested asset first, then the others that the test reads."""
    parents = [test.get("attached_node"), *test["depends_on"]["nodes"]]
    yield from dict.fromkeys(parent for parent in parents if parent in assets)


def _columns(node: Node) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(column["name"], column.get("data_type") or "unknown", description=column["description"])
            for column in node["columns"].values()
        ]
    )
