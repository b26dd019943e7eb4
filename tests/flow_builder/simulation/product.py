"""The modules under simulation: as they are, or with one rule broken."""

import importlib
import importlib.abc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

PACKAGE = "pipelines.flow_builder."
MODULES = (
    *("retry_policy", "dispatcher", "enqueue"),
    *("outbox.checkpoints", "outbox.history_removal", "outbox.endpoint", "outbox.queue", "outbox.operators"),
)


class Product(SimpleNamespace):
    """Its modules, by the last part of their names."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no module {name} is under simulation")


@dataclass(frozen=True)
class Mutant:
    """A rule, and the place in the source that breaks it."""

    rule: str
    module: str
    source: str
    instead: str


def product(mutant: Mutant | None = None) -> Product:
    """Imported anew where a rule is broken, so that the others see the broken module and nobody else does."""
    if mutant is None:
        return imported()
    with broken(mutant):
        return imported()


@contextmanager
def broken(mutant: Mutant) -> Iterator[None]:
    """What of the product is imported meanwhile has the fault, and stays with who imported it."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith(PACKAGE)}
    finder = Breaking(mutant)
    try:
        for name in kept:
            sys.modules.pop(name)
        sys.meta_path.insert(0, finder)
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
            sys.modules.pop(name)
        sys.modules.update(kept)


def imported() -> Product:
    return Product(**{name.rpartition(".")[2]: importlib.import_module(PACKAGE + name) for name in MODULES})


class Breaking(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != PACKAGE + self.mutant.module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.origin:
            spec.loader = Source(name, spec.origin, self.mutant)
        return spec


class Source(SourceFileLoader):
    """The module's own source but for one place; never from a cache."""

    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text()
        if (found := source.count(self.mutant.source)) != 1:
            raise LookupError(f"{self.mutant.rule}: its place stands {found} times in {fullname}")
        return compile(source.replace(self.mutant.source, self.mutant.instead), self.path, "exec")
