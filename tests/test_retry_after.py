"""How long others ask us to wait."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.retry_after import retry_after

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
DAY = 86_400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0120", 120),
        ("0", 0),
        ("86401", DAY),
        ("99999999", DAY),
        ("9" * 10_000, DAY),
        ("Sun, 22 Nov 2026 15:08:00 GMT", 120),
        ("Sunday, 22-Nov-26 15:08:00 GMT", 120),  # RFC 850
        ("Sun Nov 22 15:08:00 2026", 120),  # asctime
        ("Sun, 22 Nov 2026 16:08:00 +0100", 120),
        ("Sun, 22 Nov 2026 15:08:00", 120),
        ("Sun, 22 Nov 2026 15:08:00 -0000", 120),
        ("Sun, 22 Nov 2020 15:08:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", DAY),
        ("Sat, 01 Jan 0001 00:00:00 +2300", 0),
    ],
)
def test_seconds_and_dates_are_read_and_bounded(header: str, seconds: int) -> None:
    assert retry_after(header, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", " ", "-5", "+5", "1.5", "1e3", "1_000", "0x10", "nan", "inf", "120 s", "120, 120", "60;now"),
        *("soon", "later today", "null", "\u0661\u0662\u0660", "\uff11\uff12\uff10", "\u00b2", "\ud800"),
        *("2026-11-22T15:08:00Z", "Sun, 22 Nov 2026", "Sun, 99 Nov 2026 15:08:00 GMT"),
        "Sun, 22 Nov 2026 15:08:00 +9999",
        f"Sun, 22 Nov {'9' * 40} 15:08:00 GMT",
    ],
)
def test_anything_else_counts_as_none(header: str | None) -> None:
    assert retry_after(header, NOW) is None
