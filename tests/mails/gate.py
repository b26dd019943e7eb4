"""The product's gate, asked in this process at the moment of a clock that can be moved."""

from importlib import import_module
from typing import Any

import orjson

from pipelines.clock import Clock
from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.simulator.flow_builder.flows import Data, Gate


def gate_of(settings: Settings, clock: Clock) -> Gate | None:
    """None where the product has none yet."""
    try:
        check: Any = import_module("pipelines.flow_builder.gate").check
    except ModuleNotFoundError:
        return None

    def ask(transition_id: str) -> Data | None:
        with open_operations(settings.operations) as con:
            answer = check(con, settings, transition_id, clock())
        return None if answer is None else dict(orjson.loads(orjson.dumps(answer, option=orjson.OPT_UTC_Z)))

    return ask
