"""What the receiver shows to visitors: who went from which state to which, newest first."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from tests.simulator.page import page

if TYPE_CHECKING:
    from tests.simulator.flow_builder.receiver import Received

SHOWN = 200
COLUMNS = ("Received (UTC)", "Customer", "State", "Flow to start", "Signature")


def received_page(received: list[Received], has_inbox: bool = False) -> str:
    refused = sum(not one.verified for one in received)
    lead = f"{len(received)} received{f', {refused} not verified' if refused else ''}. Newest first."
    as_json = ' The same as JSON: <a href="/received.json">received.json</a>'
    as_json += '; <a href="/mails">what customers were mailed</a>' if has_inbox else ""
    rows = [_row(one) for one in reversed(received[-SHOWN:])]
    return page("What Flow Builder received", lead + as_json, COLUMNS, rows)


def _row(one: Received) -> tuple[str, ...]:
    body: dict[str, Any] = one.body if isinstance(one.body, dict) else {}
    data: dict[str, Any] = body.get("data") or {}
    kind = escape(str(body.get("type") or "").rpartition(".")[2]) + (", superseded" if data.get("superseded") else "")
    flow = f'<span class="flow">{escape(str(data["flow_name"]))}</span>' if data.get("flow_name") else "none"
    change = f"{_state(data, 'from_state')} → <b>{_state(data, 'to_state')}</b><br><small>{kind}</small>"
    return one.received_at[11:19], _customer(data), change, flow, _signature(one)


def _customer(data: dict[str, Any]) -> str:
    customer: dict[str, Any] = data.get("customer") or {}
    name, tenant = escape(str(customer.get("name") or "Customer")), escape(str(data.get("tenant_name") or ""))
    return f"{name}<br><small>{tenant} {escape(str(data.get('customer_id') or ''))}</small>"


def _state(data: dict[str, Any], which: str) -> str:
    number, name = data.get(which), data.get(f"{which}_name")
    return "none" if number is None else escape(f"{number:g} {name or ''}".strip())


def _signature(one: Received) -> str:
    again = f" <small>attempt {one.attempt}</small>" if one.attempt > 1 else ""
    known = '<span class="good">✓ verified</span>' if one.verified else '<span class="bad">✗ not verified</span>'
    return known + again
