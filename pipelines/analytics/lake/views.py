"""The views over all shards: ``marts.<table>``, and ``main.publication`` with a row for each shard.

A view says ``*`` of each shard's table, so that columns that come or go are seen at once; a shard or a table that does
makes it anew.
"""

import re
from collections import defaultdict
from collections.abc import Mapping

import duckdb

from pipelines.analytics.lake.connection import LAKE

PUBLICATION = "publication"
SHARD = re.compile(r"shard(_\w+)?")
READS = re.compile(r"FROM (shard\w*)\.")
TABLES = f"select schema_name, table_name from duckdb_tables() where database_name = '{LAKE}'"
VIEWS = f"""
    select schema_name || '.' || view_name, sql from duckdb_views()
    where database_name = '{LAKE}' and schema_name in ('marts', 'main') and not internal
"""


def mend_views(con: duckdb.DuckDBPyConnection) -> int:
    """Makes those that do not read of every shard that has their table, and drops those that none has any more; how
    many that were. Within the caller's transaction."""
    wanted, there = _wanted(con), _there(con)
    for view in sorted(there.keys() - wanted.keys()):
        con.execute(f"drop view {view}")
    others = [view for view in sorted(wanted) if wanted[view] != there.get(view)]
    if others:
        con.execute("create schema if not exists marts")
    for view in others:
        table = view.partition(".")[2]
        rows = " union all by name ".join(f"(select * from {schema}.{table})" for schema in sorted(wanted[view]))
        con.execute(f"create or replace view {view} as {rows}")
    return len(others) + len(there.keys() - wanted.keys())


def _wanted(con: duckdb.DuckDBPyConnection) -> Mapping[str, set[str]]:
    """View -> the schemas that it reads."""
    found = defaultdict(set)
    for schema, table in con.execute(TABLES).fetchall():
        if SHARD.fullmatch(schema):
            found[f"{'main' if table == PUBLICATION else 'marts'}.{table}"].add(schema)
    return found


def _there(con: duckdb.DuckDBPyConnection) -> Mapping[str, set[str]]:
    return {view: set(READS.findall(sql)) for view, sql in con.execute(VIEWS).fetchall()}
