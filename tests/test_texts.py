"""Texts as others can take them."""

import httpx
import pytest

from pipelines.servicetitan.api.responses import parse
from pipelines.texts import clean, mended


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Ada\x00 Lovelace\x07\x1b", "Ada Lovelace"),
        ("one\ttwo\r\nthree", "one\ttwo\nthree"),
        ("half \ud83d, whole \U0001f642", "half \ufffd, whole \U0001f642"),
        ("\ude00\ud83dAda", "\ufffd\ufffdAda"),
        ("\ud83d\ude00 and \U0001f600", "\U0001f600 and \U0001f600"),
        ("Łódź 漢字\x7f\x85", "Łódź 漢字\x7f\x85"),
    ],
)
def test_a_text_keeps_all_that_others_can_take(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert cleaned.encode()


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b'\xef\xbb\xbf{"a": 1}', '{"a": 1}'),
        (rb'{"a": "\ud83d \ud83d\ude42"}', '{"a": "\ufffd \U0001f642"}'),
        (rb'{"a": "\u0000"}', r'{"a": "\u0000"}'),
    ],
)
def test_json_is_read_as_it_was_meant(content: bytes, read: str) -> None:
    assert mended(content) == read


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 60_000, b"1" * 5_000])
def test_what_is_no_json_is_said_in_one_way(content: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        mended(content)


def test_half_an_emoji_in_a_record_costs_one_character_and_not_the_answer() -> None:
    answer = httpx.Response(200, content=rb'{"name": "Ada \ud83d"}')
    assert parse(answer, "tn.crm.customers:r", writing=False) == {"name": "Ada \ufffd"}
