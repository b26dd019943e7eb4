"""A page of JSON records to an Arrow table, without a Python object per value.

pyarrow's JSON reader is strict about types, exact about decimals and lets other threads run; what it cannot give comes
from `pipelines.servicetitan.extract.nested`. A page with something odd in it is read record by record
(`pipelines.servicetitan.extract.rejects`).
"""

from functools import cache
from itertools import chain

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from pipelines.servicetitan.extract.nested import Columns, null_where, read_nested, texts
from pipelines.servicetitan.extract.rejects import RejectedRecord, parse_slowly
from pipelines.servicetitan.raw_tables import ARROW_TYPES, raw_table
from pipelines.servicetitan.streams import Stream, snake_case

UTC_STAMP = pa.timestamp("us", "UTC")
FEW = 16  # record by record
OLDEST = pa.scalar(-2_208_988_800_000_000, UTC_STAMP)  # 1900-01-01

# Buffers of megabytes, made in one thread and let go in another: pyarrow's own pool keeps them. A load of a million
# records takes 610 MB instead of 790.
pa.set_memory_pool(pa.system_memory_pool())


class DoesNotFit(Exception):
    """The page holds something that only `parse_slowly` can judge."""


def to_table(stream: Stream, tenant_id: int, records: list[msgspec.Raw]) -> tuple[pa.Table, list[RejectedRecord]]:
    """The raw table's columns, and the records that break their schema. What is odd is looked for by halves."""
    try:
        nested = read_nested(stream, records)  # before the rest: pyarrow 26 crashes on a record that is null
        plain = read_plain(stream, records)
        whole = texts(records)
        whole.validate(full=True)  # it is UTF-8
        return table(stream, tenant_id, {**plain, **nested, "record": whole}), []
    except (DoesNotFit, msgspec.DecodeError, RecursionError, pa.ArrowInvalid):
        pass
    if len(records) > FEW:
        half = len(records) // 2
        halves = [to_table(stream, tenant_id, some) for some in (records[:half], records[half:])]
        return pa.concat_tables(rows for rows, _ in halves), [*chain(*(odd for _, odd in halves))]
    plain, fitting, odd = parse_slowly(stream, records)
    nested = read_nested(stream, fitting)
    return table(stream, tenant_id, {**plain, **nested, "record": texts(fitting)}), odd


def table(stream: Stream, tenant_id: int, columns: Columns) -> pa.Table:
    schema = raw_table(stream).schema
    own = {**columns, "tenant_id": pa.repeat(pa.scalar(tenant_id, pa.int64()), len(columns["record"]))}
    return pa.table([own[name] for name in schema.names], schema=schema)


def read_plain(stream: Stream, records: list[msgspec.Raw]) -> Columns:
    """All columns but the nested ones; raises `DoesNotFit` or `ArrowInvalid` unless every value is of its type.

    The records are known to be objects.
    """
    text = b"\n".join(records)
    table = pj.read_json(
        pa.BufferReader(text),
        pj.ReadOptions(use_threads=False, block_size=len(text) + 1),
        _parse_options(stream, newlines=text.count(b"\n") >= len(records)),
    )
    columns = {snake_case(name): table[name].combine_chunks() for name in table.column_names}
    if table.num_rows != len(records) or any(columns[name].null_count for name in stream.key):
        raise DoesNotFit
    return {
        name: timestamps(column) if stream.columns[name] == "timestamp" else column for name, column in columns.items()
    }


def timestamps(values: pa.StringArray) -> pa.TimestampArray:
    """Stamps in UTC with 0 to 7 digits of fraction, cut to microseconds; before 1900 (a sentinel) is null."""
    if values.null_count == len(values):
        return pa.nulls(len(values), UTC_STAMP)
    lengths = pc.min_max(pc.binary_length(values)).as_py()
    if lengths["min"] < 20 or lengths["max"] > 28 or not pc.all(pc.ends_with(values, "Z")).as_py():
        raise DoesNotFit
    cut = pc.ascii_rtrim(pc.utf8_slice_codeunits(values, 0, 26), "Z")
    stamps = cut.cast(pa.timestamp("us")).cast(UTC_STAMP)
    return null_where(pc.less(stamps, OLDEST), stamps)


@cache
def _parse_options(stream: Stream, newlines: bool) -> pj.ParseOptions:
    types = {**ARROW_TYPES, "timestamp": pa.string()}
    return pj.ParseOptions(
        explicit_schema=pa.schema([(name, types[kind]) for name, kind in stream.plain_fields.items()]),
        newlines_in_values=newlines,
        unexpected_field_behavior="ignore",
    )
