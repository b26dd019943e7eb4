"""What the inbox shows to visitors: who was mailed what, newest first."""

from collections.abc import Sequence
from html import escape

from tests.simulator.flow_builder.mails import Mail
from tests.simulator.page import page

SHOWN = 200
COLUMNS = ("Mailed (UTC)", "To", "Flow", "Of")


def inbox_page(mails: Sequence[Mail], waiting: int) -> str:
    lead = f"{len(mails)} mailed, {waiting} wait for their day. Newest first."
    return page("What customers were mailed", lead, COLUMNS, [_row(one) for one in reversed(mails[-SHOWN:])])


def _row(mail: Mail) -> tuple[str, ...]:
    flow = f'<span class="flow">{escape(mail.flow)}</span><br><small>mail {mail.number + 1}</small>'
    day = f"the visit on {mail.day.start:%B %d at %H:%M}" if mail.day else ""
    to = f"{escape(mail.email)}<br><small>{mail.tenant_id} {mail.customer_id}</small>"
    return f"{mail.at:%Y-%m-%d %H:%M:%S}", to, flow, day
