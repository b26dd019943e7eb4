"""The product between the marts and Flow Builder: as it is, or with one rule broken."""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tests.flow_builder.simulation.product import PACKAGE, Mutant, broken


@dataclass(frozen=True)
class Product:
    """``reading``, ``check`` and ``switches``: None in a release that has none."""

    enqueue: Any
    deliver: Any
    reading: Any
    check: Any
    switches: Any


def product(mutant: Mutant | None = None) -> Product:
    """A broken one is imported anew, and nobody else sees it."""
    if mutant is None:
        return imported()
    with broken(mutant):
        found = imported()
        if PACKAGE + mutant.module not in sys.modules:
            raise LookupError(f"{mutant.rule}: nothing imports {mutant.module}")
        return found


def imported() -> Product:
    enqueue, deliver = import_module(PACKAGE + "enqueue"), import_module(PACKAGE + "deliver")
    gate, switches = found("gate"), found("switches")
    return Product(enqueue.enqueue, deliver.deliver, getattr(enqueue, "Reading", None), gate and gate.check, switches)


def found(name: str) -> Any:
    try:
        return import_module(PACKAGE + name)
    except ModuleNotFoundError:
        return None
