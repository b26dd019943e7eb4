"""What pyarrow's JSON reader cannot give: the text of nested values and of whole records, sliced out of a page."""

from collections.abc import Mapping
from functools import cache
from itertools import accumulate
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.servicetitan.streams import Stream, snake_case

Columns = Mapping[str, pa.Array]


def read_nested(stream: Stream, records: list[msgspec.Raw]) -> Columns:
    """The nested columns as the very text that was received; JSON's null, and absent, are null.

    Raises `msgspec.DecodeError` for a record that is no object or no JSON, and `RecursionError`.
    """
    columns = [name for name, kind in stream.columns.items() if kind == "json"]
    rows = _decoder(stream).decode(b"[" + b",".join(records) + b"]")
    return {name: present(texts(list(map(attrgetter(name + "_"), rows)))) for name in columns}


def texts(values: list[msgspec.Raw]) -> pa.StringArray:
    offsets = pa.array(accumulate(map(len, values), initial=0), pa.int32())
    return pa.StringArray.from_buffers(len(values), offsets.buffers()[1], pa.py_buffer(b"".join(values)))


def present(values: pa.StringArray) -> pa.StringArray:
    if (pc.min(pc.binary_length(values)).as_py() or 0) > len("null"):
        return values
    return null_where(pc.is_in(values, pa.array(["", "null"])), values)


def null_where(mask: pa.BooleanArray, values: pa.Array) -> pa.Array:
    return pc.if_else(mask, pa.scalar(None, values.type), values) if pc.any(mask).as_py() else values


@cache
def _decoder(stream: Stream) -> Any:
    names = {snake_case(name) + "_": name for name, kind in stream.fields.items() if kind == "json"}
    fields = [(attribute, msgspec.Raw, msgspec.Raw()) for attribute in names]
    return msgspec.json.Decoder(list[msgspec.defstruct("Nested", fields, rename=names, gc=False)])  # type: ignore[misc]
