"""The raw tables, as data: columns, key, and which of two versions of a row is the newer."""

from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.servicetitan.streams import STREAMS, DataType, Stream

DATASET = "servicetitan"  # the schema of the raw tables

Columns = dict[str, DataType]

# what an office changes of a job that makes another one of it: its type, unit, customer or links
JOB_KIND = (
    *("job_type_id", "business_unit_id", "customer_id", "project_id"),
    *("recall_for_id", "warranty_id", "created_from_estimate_id"),
)

ARROW_TYPES: dict[DataType, pa.DataType] = {
    "bigint": pa.int64(),
    "bool": pa.bool_(),
    "text": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "decimal": pa.decimal128(38, 9),
    "json": pa.string(),
}


@dataclass(frozen=True)
class RawTable:
    """Merged on ``key``; of two versions the greater ``newest_by`` stays, at a tie the one that arrived last.

    What changes in a table that is ``in_feed`` is told in `CHANGES`: ``id`` is the column that a row is known by within
    its tenant, ``customer`` and ``job`` are those that name its customer and its job, where it has them, and ``kind``
    those that say what kind of thing it is.
    """

    name: str
    columns: Columns = field(hash=False)
    key: tuple[str, ...]
    newest_by: str | None = None
    precision: dict[str, tuple[int, int]] = field(default_factory=dict, hash=False)  # of decimals, if not (38, 9)
    in_feed: bool = True

    @property
    def id(self) -> str:
        return self.key[-1]

    @property
    def customer(self) -> str | None:
        """A customer names the one that it was merged into."""
        return self._column("merged_to_id" if self.name == "customers" else "customer_id")

    @property
    def job(self) -> str | None:
        return self._column("id" if self.name == "jobs" else "job_id")

    @property
    def kind(self) -> tuple[str, ...]:
        return JOB_KIND if self.name == "jobs" else ()

    def _column(self, name: str) -> str | None:
        return name if name in self.columns else None

    @property
    def schema(self) -> pa.Schema:
        types = {name: ARROW_TYPES[kind] for name, kind in self.columns.items()}
        types |= {name: pa.decimal128(*precision) for name, precision in self.precision.items()}
        return pa.schema([pa.field(name, kind, nullable=name not in self.key) for name, kind in types.items()])


def arrow_schema(columns: Columns) -> pa.Schema:
    return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in columns.items()])


def raw_table(stream: Stream) -> RawTable:
    return RawTable(
        name=stream.name,
        columns={"tenant_id": "bigint", **stream.columns, "record": "json"},
        key=tuple(stream.primary_key),
        newest_by="modified_on" if "modified_on" in stream.columns else None,
    )


TENANTS = RawTable(
    name="tenants",
    columns={"tenant_id": "bigint", "tenant_name": "text", "workspace_id": "text", "timezone": "text"},
    key=("tenant_id",),
)
STATE_UPDATES = RawTable(
    name="state_updates",
    columns={
        "tenant_id": "bigint",
        "id": "text",
        "customer_id": "bigint",
        "to_state": "decimal",
        "job_id": "bigint",
        "reason": "text",
        "set_by": "text",
        "set_at": "timestamp",
        "start_flow": "bool",  # false, or null: then it is as ever
    },
    key=("tenant_id", "id"),
    precision={"to_state": (2, 1)},
)
CONTACT_LINKS = RawTable(
    name="contact_links",
    columns={"tenant_id": "bigint", "customer_id": "bigint", "contact_id": "text", "linked_at": "timestamp"},
    key=("tenant_id", "customer_id"),
    newest_by="linked_at",
)
TENANT_SYNCS = RawTable(
    name="tenant_syncs",
    columns={
        "sync_id": "text",
        "tenant_id": "bigint",
        "tenant_name": "text",
        "stream": "text",
        "started_at": "timestamp",
        "ended_at": "timestamp",
        "rows": "bigint",
        "pages": "bigint",
        "complete": "bool",
        "error": "text",
    },
    key=("sync_id", "tenant_id", "stream"),
)
REJECTED_RECORDS = RawTable(
    name="rejected_records",
    columns={
        "tenant_id": "bigint",
        "stream": "text",
        "id": "text",
        "reason": "text",
        "record": "json",
        "rejected_at": "timestamp",
    },
    key=("tenant_id", "stream", "record"),  # delivered again it is still one record
    in_feed=False,
)
# What each load changed, in its order, with the customer and the job that a row names now and named before; whether the
# row has come, and whether it is of another kind than before.
CHANGES = RawTable(
    name="changes",
    columns={
        "change_id": "bigint",
        "tenant_id": "bigint",
        "source_table": "text",
        "source_id": "text",
        "customer_id": "bigint",
        "job_id": "bigint",
        "previous_customer_id": "bigint",
        "previous_job_id": "bigint",
        "is_new": "bool",
        "is_retyped": "bool",
    },
    key=("change_id",),
    in_feed=False,
)
RAW_TABLES: tuple[RawTable, ...] = (
    *(raw_table(stream) for stream in STREAMS),
    REJECTED_RECORDS,
    TENANTS,
    STATE_UPDATES,
    CONTACT_LINKS,
    TENANT_SYNCS,
    CHANGES,
)
TABLE = {table.name: table for table in RAW_TABLES}
