"""The inbox: each mail whose day came, and beside it what the gate answered."""

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulator.flow_builder.flows import Turn
from tests.simulator.flow_builder.mails import DELAYS
from tests.simulator.flow_builder.pages.forms import fields, go_to, own
from tests.simulator.flow_builder.pages.received import mapping
from tests.simulator.flow_builder.pages.rendering import html, listing
from tests.simulator.flow_builder.pages.texts import subject, why
from tests.simulator.flow_builder.studio import TEST, Studio

RESULTS = ("mailed", "held", "waits")


@dataclass(frozen=True)
class Letter:
    """A mail's turn in words. ``result``: mailed, held (the gate said no for good, or there is no address) or waits."""

    number: int
    turn: Turn

    @property
    def is_test(self) -> bool:
        return self.turn.run.transition_id.startswith(TEST)

    @property
    def result(self) -> str:
        return "mailed" if self.turn.mail else "waits" if self.turn.again_at else "held"

    @property
    def day(self) -> int:
        return DELAYS[self.turn.number].days

    @property
    def data(self) -> dict[str, Any]:
        """As the mail takes it: the gate's, else what was told."""
        return {**self.turn.run.data, **mapping(mapping(self.turn.answer).get("data"))}

    @property
    def name(self) -> str:
        return str(mapping(self.data.get("customer")).get("name") or "Customer")

    @property
    def email(self) -> str:
        return self.turn.mail.email if self.turn.mail else str(mapping(self.data.get("customer")).get("email") or "")

    @property
    def owner(self) -> str:
        return f"{self.data.get('tenant_name') or ''} {self.data.get('customer_id') or ''}".strip()

    @property
    def subject(self) -> str:
        return subject(self.turn.run.flow, self.turn.number, self.turn.mail)

    @property
    def gate(self) -> str:
        """Its answer in words."""
        if self.is_test:
            return "not asked: a test tells of nothing"
        answer = mapping(self.turn.answer)
        if answer.get("may_send"):
            return "yes" if self.turn.mail else "yes, but there is no address"
        said = "; ".join(why(str(reason)) for reason in answer.get("reasons") or ())
        return f"no: {said}"

    @property
    def text(self) -> str:
        return " ".join((self.name, self.email, self.owner, self.turn.run.flow, self.subject, self.gate, self.result))


class InboxPages:
    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/mails", self.mails, methods=["GET"]),
            Route("/mails/{number:int}", self.mail, methods=["GET"]),
            Route("/clock", own(self.clock), methods=["POST"]),
        ]

    async def mails(self, request: Request) -> Response:
        result = request.query_params.get("result", "")
        everything = letters(self.studio)
        chosen = [one for one in everything if result not in RESULTS or one.result == result]
        found = listing(chosen, [one.text for one in chosen], request.query_params, result=result)
        counts = {name: sum(one.result == name for one in everything) for name in RESULTS}
        coming = len(self.studio.inbox.flows.waiting) + len(self.studio.tests.flows.waiting)
        return html(
            "inbox.html", here="inbox", studio=self.studio, found=found, counts=counts, result=result, coming=coming
        )

    async def mail(self, request: Request) -> Response:
        number, everything = request.path_params["number"], letters(self.studio)
        if not 1 <= number <= len(everything):
            return html("missing.html", status=404, here="inbox", studio=self.studio, what=f"a mail {number}")
        return html("mail.html", here="inbox", studio=self.studio, letter=everything[number - 1])

    async def clock(self, request: Request) -> Response:
        await fields(request)
        await run_in_threadpool(self.studio.hurry, 1)
        return go_to("/mails")


def letters(studio: Studio) -> list[Letter]:
    """Numbered from 1, in the order in which their turns came."""
    return [Letter(number, turn) for number, turn in enumerate([*studio.turns], start=1)]
