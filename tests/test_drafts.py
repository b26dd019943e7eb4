"""Where the analysts' copy begins, and how it is put in place."""

from pathlib import Path

import pytest

from pipelines.analytics.drafts import copy_newest, draft_of, put_in_place, spare_of, take_spare


@pytest.fixture
def analytics(tmp_path: Path) -> Path:
    """Published twice."""
    path = tmp_path / "analytics.duckdb"
    path.write_bytes(b"first")
    copy_newest(path)
    draft_of(path).write_bytes(b"second")
    put_in_place(path, 2, keep_spare=True)
    return path


def test_the_copy_before_the_newest_stays_and_becomes_the_next_one(analytics: Path) -> None:
    assert (analytics.read_bytes(), spare_of(analytics).read_bytes()) == (b"second", b"first")
    assert take_spare(analytics)
    assert draft_of(analytics).read_bytes() == b"first"
    assert not spare_of(analytics).exists()


def test_nobody_who_has_the_copy_before_the_newest_open_sees_it_change(analytics: Path) -> None:
    with spare_of(analytics).open("rb") as reader:
        assert not take_spare(analytics)
        assert not draft_of(analytics).exists()
        assert reader.read() == b"first"


def test_what_was_cut_off_between_both_names_is_not_written_to(analytics: Path) -> None:
    spare_of(analytics).unlink()
    spare_of(analytics).hardlink_to(analytics)
    assert not take_spare(analytics)
    assert analytics.read_bytes() == b"second"


def test_a_copy_that_was_made_anew_leaves_no_other(analytics: Path) -> None:
    draft_of(analytics).write_bytes(b"third")
    put_in_place(analytics, 3, keep_spare=False)
    assert [path.name for path in analytics.parent.iterdir()] == ["analytics.duckdb"]
    assert analytics.stat().st_mtime_ns == 3000
