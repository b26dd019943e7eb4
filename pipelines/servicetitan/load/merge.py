"""The merge of one Parquet file into one raw table, as SQL; and what it changes, for the change feed.

Rows are told apart by their place in the file, which is the order of arrival. The wide columns are read once: before
that all is decided by key, version and place.
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from pipelines.servicetitan.raw_tables import CHANGES, RawTable


@dataclass(frozen=True)
class Merge:
    """Of each key the newest version is written, unless a newer or the very same one is stored.

    ``target``, ``loads`` and ``changes`` are tables. A stored row whose load never ended is written again, so that the
    load that it names is one that did.
    """

    table: RawTable
    target: str
    loads: str
    changes: str
    path: str
    load_id: str

    def run(self, connection: DuckDBPyConnection) -> None:
        connection.execute(f"create temp table newest as {self.newest}")
        connection.execute(f"create temp table known as {self.known}")
        if count(connection, "known"):
            connection.execute(f"delete from newest where place in ({self.not_news})")
        if self.table.in_feed:
            connection.execute(f"insert into {self.changes} ({', '.join(CHANGES.columns)}, _dlt_load_id) {self.fed}")
        if count(connection, "known"):
            connection.execute(f"delete from {self.target} where rowid in ({self.replaced})")
        some = "" if count(connection, "newest") == count(connection, self.arrived) else self.only_newest
        connection.execute(f"insert into {self.target} ({self.names}) {self.rows} {some}")
        connection.execute("drop table newest")
        connection.execute("drop table known")

    @property
    def arrived(self) -> str:
        path = self.path.replace("'", "''")
        return f"(select *, file_row_number as place from read_parquet('{path}', file_row_number = true))"

    @property
    def newest(self) -> str:
        key, version = ", ".join(self.table.key), self.table.newest_by or "null::timestamptz"
        return f"""
            select {key}, {version} as version, {self.named("")}, place from {self.arrived}
            qualify row_number() over (partition by {key} order by version desc nulls last, place desc) = 1"""

    @property
    def known(self) -> str:
        """The stored rows of the same keys."""
        version = f"stored.{self.table.newest_by}" if self.table.newest_by else "null::timestamptz"
        return f"""
            select newest.place, stored.rowid as stored_row, {self.named("stored.")},
                coalesce({version} > newest.version, {version} is not null and newest.version is null) as is_newer,
                {version} is not distinct from newest.version as may_be_same
            from newest join {self.target} as stored using ({", ".join(self.table.key)})"""

    @property
    def not_news(self) -> str:
        same = " and ".join(f"stored.{name} is not distinct from arrived.{name}" for name in self.columns)
        return f"""
            select place from known where is_newer
            union all
            select known.place from known
            join {self.target} as stored on stored.rowid = known.stored_row
            join {self.arrived} as arrived on arrived.place = known.place
            where known.may_be_same and stored._dlt_load_id in (select load_id from {self.loads}) and {same}"""

    @property
    def fed(self) -> str:
        return f"""
            select
                (select coalesce(max(change_id), 0) from {self.changes}) + row_number() over (order by place),
                newest.tenant_id, '{self.table.name}', newest.{self.table.id}::varchar,
                newest.named_customer, newest.named_job, known.named_customer, known.named_job,
                known.place is null, known.place is not null and newest.kind is distinct from known.kind,
                '{self.load_id}'
            from newest left join known using (place)"""

    def named(self, row: str) -> str:
        """The customer and the job that a row names, and what it is."""
        customer, job = (f"{row}{name}" if name else "null::bigint" for name in (self.table.customer, self.table.job))
        kind = ", ".join(f"{row}{name}" for name in self.table.kind)
        return f"{customer} as named_customer, {job} as named_job, [{kind}] as kind"

    @property
    def replaced(self) -> str:
        return "select stored_row from known where place in (select place from newest)"

    @property
    def rows(self) -> str:
        return f"select {', '.join(self.columns)}, '{self.load_id}' from {self.arrived}"

    @property
    def only_newest(self) -> str:
        return "where place in (select place from newest)"

    @property
    def columns(self) -> list[str]:
        return [f'"{name}"' for name in self.table.columns]

    @property
    def names(self) -> str:
        return ", ".join([*self.columns, "_dlt_load_id"])


def count(connection: DuckDBPyConnection, rows: str) -> int:
    return int(connection.execute(f"select count(*) from {rows}").fetchall()[0][0])
