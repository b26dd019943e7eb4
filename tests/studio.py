"""The stand-in Flow Builder with its pages, before the real actions API and console, and the stand-in ServiceTitan."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
from standardwebhooks.webhooks import Webhook
from starlette.types import ASGIApp

from pipelines.server import app
from pipelines.settings import load_settings
from tests.simulator.environment import ACTIONS_TOKEN, SIGNING_SECRET, environment
from tests.simulator.flow_builder.api import ActionsApi
from tests.simulator.flow_builder.flows import Data
from tests.simulator.flow_builder.inbox import gate_at
from tests.simulator.flow_builder.pages import studio_routes
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.flow_builder.studio import Places, Studio
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan

TOKEN = ACTIONS_TOKEN.partition(":")[2]


@dataclass
class Stand:
    """``answers``: what the gate says of a transition; of others that were ``told`` it says yes, with what was, and
    the product's own is asked about the rest."""

    url: str
    studio: Studio
    answers: dict[str, Data]
    told: dict[str, Data]

    def get(self, path: str) -> str:
        return httpx.get(self.url + path, verify=False).raise_for_status().text

    def post(self, path: str, /, **form: str) -> str:
        """A form of a page; gives the page that it leads to."""
        own = {"origin": self.url}
        answer = httpx.post(self.url + path, data=form, headers=own, follow_redirects=True, verify=False)
        return answer.raise_for_status().text

    def tell(self, **changes: Any) -> str:
        """A signed message; gives its transition."""
        transition = str(changes.get("transition_id", uuid4()))
        data = self.told[transition] = message(transition) | changes
        body = orjson.dumps({"type": "servicetitan.customer_state.changed", "data": data}).decode()
        now = datetime.now(UTC)
        headers = {
            "webhook-id": transition,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SIGNING_SECRET).sign(transition, now, body),
        }
        httpx.post(f"{self.url}/trigger", content=body, headers=headers, verify=False).raise_for_status()
        self.studio.collect()
        return transition


def message(transition_id: str) -> dict[str, Any]:
    return {
        **{"transition_id": transition_id, "tenant_id": 410387862, "tenant_name": "socal", "customer_id": 1001},
        **{"from_state": 0.0, "from_state_name": "Contact Record", "to_state": 1.0, "to_state_name": "Lead"},
        **{"flow_name": "Email Followup", "job_id": None, "ends": []},
        "customer": {"name": "Ada Moss", "email": "ada@mail.example.net"},
    }


@contextmanager
def standing(simulator: ServiceTitan, folder: Path, without: str | None = None, **changes: str) -> Iterator[Stand]:
    """``without``: a tenant that is not connected; ``changes``: of the product's variables."""
    answers: dict[str, Data] = {}
    told: dict[str, Data] = {}

    with ExitStack() as stack:
        actions = stack.enter_context(run_server(product(simulator, folder, without, changes)))
        asked = gate_at(actions, TOKEN)

        def gate(transition_id: str) -> Data | None:
            if transition_id not in told:
                return asked(transition_id)
            return answers.get(transition_id) or {"may_send": True, "reasons": [], "data": told[transition_id]}

        places = Places(f"{actions}/console", "http://127.0.0.1:9", simulator.url)
        studio = Studio(ActionsApi(actions, TOKEN), gate, ["socal", "dfw"], places)
        receiver = Receiver([SIGNING_SECRET], None, studio, studio_routes(studio), {"studio": studio})
        yield Stand(stack.enter_context(run_server(receiver.app)), studio, answers, told)


def product(simulator: ServiceTitan, folder: Path, without: str | None, changes: Mapping[str, str]) -> ASGIApp:
    """The API, and the console where somebody may sign in."""
    file = folder / "studio.env"
    variables: Mapping[str, str] = environment(simulator, simulator.url, folder / "data", without=without)
    variables = {**variables, "DAGSTER_URL": "http://127.0.0.1:1", **changes}
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return app(load_settings(file), simulator.world.now)
