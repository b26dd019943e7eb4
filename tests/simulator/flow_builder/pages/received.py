"""What came, newest first: who went from which state to which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from tests.simulator.flow_builder.pages.rendering import html, listing
from tests.simulator.flow_builder.pages.texts import why

if TYPE_CHECKING:
    from tests.simulator.flow_builder.receiver import Received


@dataclass(frozen=True)
class Line:
    """One attempt in words. ``number``: its place, from 1; ``why``: why it starts no flow, where it says so."""

    number: int
    came: Received
    name: str
    owner: str
    before: str
    after: str
    kind: str
    flow: str
    why: str

    @property
    def text(self) -> str:
        said = (self.name, self.owner, self.before, self.after, self.kind, self.flow, self.why, str(self.came.id))
        return " ".join(said)


def received_page(received: Sequence[Received], params: Mapping[str, str], **shell: Any) -> HTMLResponse:
    """``shell``: what the demo has around it."""
    lines = [line_of(number, one) for number, one in enumerate(received, start=1)]
    found = listing(lines, [line.text for line in lines], params)
    refused = sum(not one.verified for one in received)
    return html("received.html", here="received", found=found, total=len(received), refused=refused, **shell)


def line_of(number: int, one: Received) -> Line:
    body = mapping(one.body)
    data = mapping(body.get("data"))
    again = ", told again" if str(one.id).startswith(f"{data.get('transition_id')}-again-") else ""
    superseded = ", superseded" if data.get("superseded") else ""
    return Line(
        number=number,
        came=one,
        name=str(mapping(data.get("customer")).get("name") or "Customer"),
        owner=" ".join(str(data.get(name) or "") for name in ("tenant_name", "customer_id")).strip(),
        before=state(data, "from_state"),
        after=state(data, "to_state"),
        kind=str(body.get("type") or "no event").rpartition(".")[2] + superseded + again,
        flow=str(data.get("flow_name") or ""),
        why=why(str(data["suppressed"])) if data.get("suppressed") else "",
    )


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def state(data: Mapping[str, Any], which: str) -> str:
    number, name = data.get(which), data.get(f"{which}_name")
    if number is None:
        return "none"
    return f"{number:g} {name or ''}".strip() if isinstance(number, int | float) else str(number)
