"""What people decided before there was a console, or before its lists were asked for by tenant."""

from pathlib import Path

from pipelines.flow_builder import switches
from pipelines.flow_builder.outbox import figures
from pipelines.flow_builder.outbox.figures import TenantFigures
from pipelines.flow_builder.switches import SwitchDecision
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


def test_a_decision_about_a_delivery_is_its_tenants_and_what_is_counted_has_indexes(tmp_path: Path) -> None:
    path = tmp_path / "operations.sqlite"
    with older_store(path, 19) as con:
        con.executemany(
            "insert into deliveries (webhook_id, kind, tenant_id, customer_id, status, flow_name, suppressed,"
            " created_at, delivered_at) values (?, ?, ?, 1, 'delivered', ?, ?, ?, ?)",
            [
                ("a", "changed", 7, "Flow", None, AT, AT),
                ("b", "changed", 8, "Flow", None, AT, AT),
                ("c", "changed", 7, "Flow", "past", AT, AT),
                ("d", "corrected", 7, "Flow", None, AT, AT),
                ("e", "changed", 7, "Flow", None, AT, "2026-10-31T08:00:00.000000Z"),
            ],
        )
        con.executemany(
            "insert into decisions (webhook_id, tenant_id, action, reason, decided_by, decided_at)"
            " values (?, ?, ?, 'why', 'ola', ?)",
            [
                ("a", None, "replayed", AT),
                ("b", None, "canceled", AT),
                (None, 7, "shadow", AT),
                (None, 0, "paused", AT),
            ],
        )
    with open_operations(path) as con:
        decisions.note(con, "released", webhook_id="c", reason="new", by="ola", now=moment(AT))
        found = decisions.newest(con, [8, 7], most=10)
        told = [(one.webhook_id, one.tenant_id, one.action) for one in found]
        assert told == [("c", 7, "released"), (None, 7, "shadow"), ("b", 8, "canceled"), ("a", 7, "replayed")]
        assert decisions.newest(con, [7, 8], before=found[0].id, most=2) == found[1:3]
        assert len(decisions.newest(con, None, most=10)) == 5
        assert switches.newest_decision(con, 7) == SwitchDecision("shadow", "why", "ola", moment(AT))
        assert figures.by_tenant(con, moment(AT), moment(AT)) == {
            tenant: TenantFigures(flows_today=1, flows_this_week=1) for tenant in (7, 8)
        }
        asked = {
            figures.BY_TENANT: "deliveries_started",
            switches.NEWEST.format("'live', 'shadow'"): "decisions_of_kind",
            decisions.NEWEST.format("tenant_id = 7"): "decisions_about",
        }
        for query, index in asked.items():
            values = {"today": AT, "this_week": AT} if ":today" in query else [7] * query.count("?")
            plan = str(con.execute(f"explain query plan {query}", values).fetchall())
            assert index in plan
            assert "SCAN deliveries" not in plan
            assert "SCAN decisions" not in plan
