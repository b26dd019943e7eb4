"""What the analysts' copy says of itself: comments, and the views of its schema `questions`.

Both are written once, in the dbt project: descriptions beside the models, and questions as dbt's analyses, which dbt
documents and never builds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
from jinja2 import Environment, StrictUndefined

QUESTIONS = "questions"
VIEWS = "select view_name from duckdb_views() where database_name = current_database() and schema_name = ?"
# What has no comment yet: of a column its name, of a table or view none.
UNSAID = """
    select 'table' as kind, schema_name, table_name, null as column_name
    from duckdb_tables() where database_name = current_database() and comment is null
    union all
    select 'view', schema_name, view_name, null
    from duckdb_views() where database_name = current_database() and not internal and comment is null
    union all
    select 'column', schema_name, table_name, column_name
    from duckdb_columns() where database_name = current_database() and not internal and comment is null
"""


@dataclass(frozen=True)
class Relation:
    """``sql``: of a question, with its tables as the copy has them."""

    description: str
    columns: Mapping[str, str]
    sql: str | None = None


Described = Mapping[tuple[str, str], Relation]  # by schema and name


def described(manifest: Mapping[str, Any]) -> Described:
    """All that dbt's manifest describes."""
    return dict(_described(manifest))


def _described(manifest: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Relation]]:
    named = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")}
    sources = {(node["source_name"], node["name"]): node for node in manifest["sources"].values()}
    jinja = Environment(undefined=StrictUndefined, autoescape=False)
    names = {
        "ref": lambda name: f"{named[name]['schema']}.{named[name]['alias']}",
        "source": lambda *names: f"{sources[names]['schema']}.{sources[names]['identifier']}",
    }
    for node in named.values():
        yield (node["schema"], node["alias"]), _relation(node)
    for node in sources.values():
        yield (node["schema"], node["identifier"]), _relation(node)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "analysis":
            yield (QUESTIONS, node["name"]), _relation(node, jinja.from_string(node["raw_code"]).render(names))


def _relation(node: Mapping[str, Any], sql: str | None = None) -> Relation:
    columns = {name: _line(column["description"]) for name, column in node["columns"].items()}
    return Relation(_line(node["description"]), columns, sql)


def _line(description: str) -> str:
    return " ".join(description.split())


def describe(con: duckdb.DuckDBPyConnection, described: Described) -> None:
    """Makes the questions, and comments on whatever has no comment yet. What went on from the copy before has both:
    where the project has changed, the copy is made anew.

    ``con`` uses the copy.
    """
    con.begin()  # one commit, where each takes 5 ms
    con.execute(f"create schema if not exists {QUESTIONS}")
    there = {name for (name,) in con.execute(VIEWS, [QUESTIONS]).fetchall()}
    views = {name: one.sql for (_, name), one in described.items() if one.sql and name not in there}
    for name, sql in sorted(views.items(), key=lambda view: f"{QUESTIONS}." in view[1]):  # those that read others last
        con.execute(f"create view {QUESTIONS}.{name} as {sql}")
    for kind, schema, table, column in con.execute(UNSAID).fetchall():
        if known := described.get((schema, table)):
            words = known.columns.get(column) if column else known.description
            place = ".".join(f'"{name}"' for name in (schema, table, column) if name)
            if words:
                con.execute(f"comment on {kind} {place} is {_text(words)}")
    con.commit()


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
