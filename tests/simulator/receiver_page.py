"""The receiver's page for visitors: what arrived, newest first; renews itself, loads nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulator.receiver import Received

SHOWN = 200

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Flow Builder: received ({count})</title>
<style>
:root {{
  color-scheme: light dark; --line: #8883; --soft: light-dark(#5d6470, #a4abb6);
  --good: light-dark(#1a7f4b, #5fd08f); --bad: light-dark(#b3261e, #ff8a80); --accent: light-dark(#3558c9, #93acff)
}}
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }}
h1 {{ font-size: 1.4rem; margin: 0 }}
p {{ color: var(--soft); margin: .2rem 0 1.2rem }}
table {{ border-collapse: collapse; width: 100% }}
th {{ text-align: left; font-weight: 600; font-size: .8rem; color: var(--soft) }}
th, td {{ padding: .45rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top }}
td.time {{ font-variant-numeric: tabular-nums; white-space: nowrap }}
small {{ color: var(--soft) }}
.flow {{ color: var(--accent); font-weight: 600 }}
.good {{ color: var(--good) }} .bad {{ color: var(--bad); font-weight: 600 }}
</style>
</head>
<body>
<h1>What Flow Builder received</h1>
<p>{count} received{refused}. Newest first. The same as JSON: <a href="/received.json">received.json</a></p>
<table>
<thead><tr><th>Received (UTC)</th><th>Customer</th><th>State</th><th>Flow to start</th><th>Signature</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""
ROW = (
    '<tr><td class="time">{time}</td><td>{customer}<br><small>{tenant} {customer_id}</small></td>'
    "<td>{before} → <b>{after}</b><br><small>{type}{superseded}</small></td><td>{flow}</td><td>{verified}</td></tr>"
)


def page(received: list[Received]) -> str:
    refused = sum(not one.verified for one in received)
    return PAGE.format(
        count=len(received),
        refused=f", {refused} not verified" if refused else "",
        rows="\n".join(_row(one) for one in reversed(received[-SHOWN:]))
        or '<tr><td colspan="5">Nothing yet.</td></tr>',
    )


def _row(one: Received) -> str:
    body: dict[str, Any] = one.body if isinstance(one.body, dict) else {}
    data: dict[str, Any] = body.get("data") or {}
    customer: dict[str, Any] = data.get("customer") or {}
    again = f" <small>attempt {one.attempt}</small>" if one.attempt > 1 else ""
    verified = '<span class="good">✓ verified</span>' if one.verified else '<span class="bad">✗ not verified</span>'
    texts = {
        "time": one.received_at[11:19],
        "customer": customer.get("name") or "Customer",
        "tenant": data.get("tenant_name") or "",
        "customer_id": data.get("customer_id") or "",
        "before": _state(data, "from_state"),
        "after": _state(data, "to_state"),
        "type": str(body.get("type") or "").rpartition(".")[2],
        "superseded": ", superseded" if data.get("superseded") else "",
    }
    flow = (
        f'<span class="flow">{escape(str(data["flow_name"]))}</span>'
        if data.get("flow_name")
        else "<small>none</small>"
    )
    return ROW.format(flow=flow, verified=verified + again, **{name: escape(str(text)) for name, text in texts.items()})


def _state(data: dict[str, Any], which: str) -> str:
    number, name = data.get(which), data.get(f"{which}_name")
    return "none" if number is None else f"{number:g} {name or ''}".strip()
