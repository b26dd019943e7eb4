"""A page of JSON becomes columns, exactly; what breaks its schema is set aside with the reason."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.servicetitan.extract.arrow import read_plain, to_table
from pipelines.servicetitan.extract.rejects import parse_slowly
from pipelines.servicetitan.pages import ExportEnvelope, decoder
from pipelines.servicetitan.streams import STREAM
from tests.simulator.office.history import seed_history
from tests.simulator.world import World

TENANT = 410387862
CUSTOMERS, JOBS, ESTIMATES = STREAM["customers"], STREAM["jobs"], STREAM["estimates"]


def raws(*records: str | bytes | dict[str, Any]) -> list[msgspec.Raw]:
    bodies = [r if isinstance(r, bytes) else r.encode() if isinstance(r, str) else orjson.dumps(r) for r in records]
    return msgspec.json.decode(b"[" + b",".join(bodies) + b"]", type=list[msgspec.Raw])


def page_of(*records: bytes) -> list[msgspec.Raw]:
    """As ServiceTitan sends them."""
    return decoder(ExportEnvelope)(b'{"hasMore":false,"continueFrom":"","data":[' + b",".join(records) + b"]}").data


def row(record: str | dict[str, Any], stream: str = "customers") -> dict[str, Any]:
    table, rejected = to_table(STREAM[stream], TENANT, raws(record))
    assert rejected == []
    return dict(table.to_pylist()[0])


def reason(record: str | dict[str, Any], stream: str = "customers") -> str:
    table, rejected = to_table(STREAM[stream], TENANT, raws(record))
    assert table.num_rows == 0
    return rejected[0].reason


def test_names_become_snake_case_and_values_keep_their_types() -> None:
    columns = row({"id": 31000000001, "name": "Ann", "active": False, "mergedToId": 7, "balance": 12.5})
    assert columns["tenant_id"] == TENANT
    assert (columns["id"], columns["name"], columns["active"]) == (31000000001, "Ann", False)
    assert (columns["merged_to_id"], columns["balance"]) == (7, Decimal("12.5"))


def test_null_and_absent_are_both_null() -> None:
    columns = row('{"id": 1, "name": null, "address": null, "modifiedOn": null, "balance": null}')
    assert {name: value for name, value in columns.items() if value is not None}.keys() == {"tenant_id", "id", "record"}


@pytest.mark.parametrize(
    ("wire", "stored"),
    [
        ("2026-03-02T15:00:00Z", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("2026-03-02T15:00:00.5Z", datetime(2026, 3, 2, 15, 0, 0, 500000, UTC)),
        ("2026-03-02T15:00:00.1234567Z", datetime(2026, 3, 2, 15, 0, 0, 123456, UTC)),
        ("2026-03-02T15:00:00.9999999Z", datetime(2026, 3, 2, 15, 0, 0, 999999, UTC)),
        ("2026-03-02T15:00:00.123456789Z", datetime(2026, 3, 2, 15, 0, 0, 123456, UTC)),
        ("2026-03-02T17:00:00+02:00", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("2026-03-02T15:00:00", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("1899-12-31T23:59:59.9999999Z", None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_stamps_are_cut_to_microseconds_and_sentinels_are_null(wire: str, stored: datetime | None) -> None:
    assert row({"id": 1, "modifiedOn": wire})["modified_on"] == stored


@pytest.mark.parametrize(
    ("wire", "stored"),
    [
        ("12500.000000000000", "12500"),
        ("0.1", "0.1"),
        ("99999999999999999.99", "99999999999999999.99"),
        ('"12500.50"', "12500.5"),
        ("-3", "-3"),
        ("1.5e3", "1500"),
        ("0.1234567895", "0.123456790"),
    ],
)
def test_money_is_decimal_as_number_or_as_text(wire: str, stored: str) -> None:
    assert row(f'{{"id": 1, "balance": {wire}}}')["balance"] == Decimal(stored)


def test_nested_values_are_the_very_text_that_was_received() -> None:
    columns = row('{"id":1,"address":{"street":"5 Elm", "latitude":33.100},"tagTypeIds":[ 1,2 ],"customFields":[]}')
    assert columns["address"] == '{"street":"5 Elm", "latitude":33.100}'
    assert (columns["tag_type_ids"], columns["custom_fields"]) == ("[ 1,2 ]", "[]")


def test_the_whole_record_is_kept_unknown_fields_too() -> None:
    text = '{"id":1,"name":"Ann","loyaltyTier":{"level":3}}'
    assert row(text)["record"] == text


def test_a_status_object_is_kept_as_json() -> None:
    assert row('{"id":1,"status":{"value":1,"name":"Sold"}}', "estimates")["status"] == '{"value":1,"name":"Sold"}'


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ('{"name":"Ann"}', "id: missing; it is part of the key"),
        ('{"id":null}', "id: missing; it is part of the key"),
        ('{"id":"104"}', "id: found text; expected bigint"),
        ('{"id":1.5}', "id: found a number; expected bigint"),
        ('{"id":9223372036854775808}', "id: found a number; expected bigint"),
        ('{"id":1,"active":"yes"}', "active: found text; expected bool"),
        ('{"id":1,"name":{"first":"Ann"}}', "name: found an object; expected text"),
        ('{"id":1,"name":7}', "name: found a number; expected text"),
        ('{"id":1,"modifiedOn":"last week"}', "modifiedOn: found text; expected timestamp"),
        ('{"id":1,"modifiedOn":"2026-02-30T00:00:00Z"}', "modifiedOn: found text; expected timestamp"),
        ('{"id":1,"modifiedOn":1772463600}', "modifiedOn: found a number; expected timestamp"),
        ('{"id":1,"balance":"a lot"}', "balance: found text; expected decimal"),
        ('{"id":1,"balance":1e400}', "balance: found a number; expected decimal"),
        ('{"id":1,"balance":true}', "balance: found a boolean; expected decimal"),
        ('"a record"', "the record is text; expected an object"),
        ("null", "the record is null; expected an object"),
        ("[1]", "the record is a list; expected an object"),
    ],
)
def test_a_record_that_breaks_its_schema_is_rejected_with_the_reason_and_no_value(record: str, why: str) -> None:
    assert reason(record) == why


def test_one_broken_record_does_not_touch_the_others() -> None:
    table, rejected = to_table(CUSTOMERS, TENANT, raws('{"id":1}', '{"id":"two"}', '{"id":3,"address":{}}'))
    assert table["id"].to_pylist() == [1, 3]
    assert table["address"].to_pylist() == [None, "{}"]
    assert [one.record for one in rejected] == ['{"id":"two"}']


def test_in_a_large_page_what_is_odd_is_found_and_the_order_stays() -> None:
    texts = [f'{{"id":{number}}}' for number in range(1000)]
    texts[0], texts[500], texts[999] = "null", '{"id":500,"balance":"1.5"}', '{"id":"999"}'
    table, rejected = to_table(CUSTOMERS, TENANT, raws(*texts))
    assert table["id"].to_pylist() == list(range(1, 999))
    assert table["balance"].to_pylist()[499] == Decimal("1.5")
    assert [one.id for one in rejected] == [None, "999"]


@pytest.mark.parametrize(
    "text", ['{"id":1,"id":2}', '{"id":2.0}', '{"id":2,\n "name":"Ann\\nSmith"}', '{"id":2,"x":1}']
)
def test_odd_but_readable_records_are_read(text: str) -> None:
    assert row(text)["id"] == 2


def test_text_of_any_script_is_kept() -> None:
    name = "Žofia \u0000 \U0001f600 O'Neil \\ \" ﷽"
    assert row({"id": 1, "name": name})["name"] == name


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (b'"J\xfcrgen"', "the record is not UTF-8 (byte 28)"),
        (b'"\xed\xa0\x80"', "the record is not UTF-8 (byte 27)"),
        (b'"a\x01b"', "the record is no JSON: invalid character (byte 28)"),
        (b'"a\x00b"', "the record is no JSON: invalid character (byte 28)"),
        (b"NaN", "the record is no JSON: invalid character (byte 26)"),
        (b"-Infinity", "the record is no JSON: invalid character (byte 27)"),
        (rb'"\x"', "the record is no JSON: invalid escaped character (byte 28)"),
        (b"01", "the record is no JSON: invalid number (byte 27)"),
        (b"[" * 5000 + b"]" * 5000, "the record is nested too deeply"),
        (b"1e999999999", "balance: found a number; expected decimal"),
        (b"1e99999999999999999999", "a number in the record is out of every range"),
        (b"9" * 5000, "balance: found a number; expected decimal"),
    ],
)
def test_a_record_that_cannot_be_read_is_set_aside_with_its_id_and_its_page_is_read(spoiled: bytes, why: str) -> None:
    page = page_of(b'{"id":1}', b'{"x":[8],"id":2,"balance":' + spoiled + b"}", b'{"id":3,"name":"}],[{"}')
    table, (rejected,) = to_table(CUSTOMERS, TENANT, page)
    assert (table["id"].to_pylist(), rejected.reason, rejected.id) == ([1, 3], why, "2")
    assert msgspec.json.decode(rejected.record, type=msgspec.Raw)


@pytest.mark.parametrize(
    ("record", "id"),
    [
        (b'{"address":{"id":8},"name":"\xff"id": 9","id" : 104}', "104"),
        (b'{"id":"10\xff4"}', "10\\xff4"),
        (b'{"id":99999999999999999999}', "99999999999999999999"),
        (b'{"id":null}', None),
        (b'{"id":[104]}', None),
        (b'{"name":"id"}', None),
        (b"nothing", None),
    ],
)
def test_the_id_of_what_is_set_aside_is_its_own_as_it_is_written(record: bytes, id: str | None) -> None:
    _, (rejected,) = to_table(CUSTOMERS, TENANT, page_of(b'{"id":1}', record))
    assert rejected.id == id


@pytest.mark.parametrize("data", [b'[{"id":1}', b'[{"id":1]', b'[{"id":1,"name":"]', b'{"id":NaN}', b"NaN"])
def test_a_page_that_is_broken_itself_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"close|malformed|Expected"):
        decoder(ExportEnvelope)(b'{"hasMore":false,"continueFrom":"","data":' + data + b"}")


def test_u_0000_is_left_out() -> None:
    (record,) = page_of(rb'{"id":1,"name":"a\u0000b \\u0000","address":{"street":"\u0000"},"new\u0000":1}')
    assert bytes(record) == rb'{"id":1,"name":"ab \\u0000","address":{"street":""},"new":1}'


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    body = rb'{"hasMore":false,"continueFrom":"","data":[{"id":1,"name":"\ud83d! \\ud83d \ud83d\ude00"}]}'
    table, _ = to_table(CUSTOMERS, TENANT, decoder(ExportEnvelope)(body).data)
    assert table["name"].to_pylist() == ["\ufffd! \\ud83d \U0001f600"]


def test_an_empty_page_has_all_columns() -> None:
    table, rejected = to_table(CUSTOMERS, TENANT, [])
    assert (table.num_rows, rejected) == (0, [])
    assert table.schema.names == ["tenant_id", *CUSTOMERS.columns, "record"]


@pytest.mark.parametrize("name", STREAM)
def test_the_fast_way_reads_years_of_history_just_as_the_slow_one(name: str) -> None:
    world = World()
    seed_history(world, customers=10, years=2)
    records = raws(*[orjson.dumps(record, default=float) for record in world["socal"].records(name)])
    fast, (slow, fitting, rejected) = read_plain(STREAM[name], records), parse_slowly(STREAM[name], records)
    assert (len(fitting), rejected) == (len(records), [])
    assert {column: values.to_pylist() for column, values in fast.items()} == {
        column: values.to_pylist() for column, values in slow.items()
    }


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([*CUSTOMERS.fields, "new"]), JSON), max_size=4))
def test_whatever_comes_is_either_read_or_rejected(records: list[dict[str, Any]]) -> None:
    table, rejected = to_table(CUSTOMERS, TENANT, raws(*[json.dumps(record) for record in records]))
    assert table.num_rows + len(rejected) == len(records)
