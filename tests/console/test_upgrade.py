"""What people decided before there was a console."""

from pathlib import Path

from pipelines.operations import decisions, moment, open_operations
from pipelines.operations.decisions import Decision
from tests.stores import older_store

AT = "2026-11-01T08:00:00.000000Z"


def test_decisions_of_before_are_kept_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "operations.sqlite"
    with older_store(path, 17) as con:
        con.executemany(
            "insert into decisions (decision_id, tenant_id, action, reason, decided_by, decided_at)"
            " values (?, ?, ?, ?, 'ola', ?)",
            [(3, 7, "paused", "a strange Monday", AT), (5, 0, "resumed", "over", AT)],
        )
    with open_operations(path) as con:
        found = decisions.newest(con, None, most=10)
        assert found == [
            Decision(5, None, 0, None, "resumed", None, "over", "ola", moment(AT)),
            Decision(3, None, 7, None, "paused", None, "a strange Monday", "ola", moment(AT)),
        ]
        assert decisions.newest(con, [7], most=10) == found[1:]
        decisions.note(con, "connected", tenant_id=7, reason="new", by="ola", now=moment(AT))
        assert con.execute("select max(decision_id) from decisions").fetchone() == (6,)
        assert con.execute("pragma foreign_key_check").fetchall() == []
