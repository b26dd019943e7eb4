"""What the lake forgets, and what it never does."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.analytics.lake.maintain import maintain
from tests.lake.conftest import NewWorld

SNAPSHOTS = "select count(*) from ducklake_snapshots('lake')"


def test_what_is_old_goes_and_what_somebody_may_be_writing_stays(new_world: NewWorld, tmp_path: Path) -> None:
    world = new_world(customers=20)
    world.publish_copy()
    world.publish()
    world.tick(15)
    world.publish()
    folder = tmp_path / "lake" / "shard_a" / "sales"
    folder.mkdir(parents=True, exist_ok=True)
    young, old = folder / "young.parquet", folder / "old.parquet"
    for file in (young, old):
        duckdb.sql("select 1 as number").write_parquet(str(file))
    two_days_ago = (datetime.now() - timedelta(days=2)).timestamp()
    os.utime(old, (two_days_ago, two_days_ago))
    now = datetime.now(UTC)
    done = world.with_lake(lambda con: maintain(con, now, only_if_due=True))
    assert done
    assert (done["snapshots expired"], done["orphaned files removed"]) == (0, 1)
    assert young.exists()
    assert not old.exists()
    assert world.with_lake(lambda con: maintain(con, now + timedelta(hours=19), only_if_due=True)) is None
    world.with_lake(lambda con: maintain(con, now + timedelta(days=7, hours=1)))
    [left] = world.with_lake(lambda con: con.execute(SNAPSHOTS).fetchone()) or [0]
    assert left <= 6, "people may look back for seven days"
    assert world.differences() == {}


@pytest.mark.parametrize("shard", ["", "a7", "b"])
def test_it_starts_at_night_at_a_minute_of_the_shards_own(shard: str) -> None:
    from orchestration.lake import night

    minute, hour, *days = night(shard).split()
    assert 0 <= int(minute) < 60
    assert 1 <= int(hour) < 5
    assert days == ["*", "*", "*"]
    assert night(shard) == night(shard) != night("another")
