"""Chance plays against the real enqueue, outbox and dispatcher, and against each of their rules broken."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import pytest

from pipelines.operations import PostgresUrl
from tests.flow_builder.processes import CONTEXT
from tests.flow_builder.simulation.correction_mutants import CORRECTION_MUTANTS
from tests.flow_builder.simulation.endpoint import Broken
from tests.flow_builder.simulation.endpoint_mutants import ENDPOINT_MUTANTS
from tests.flow_builder.simulation.mail_mutants import MAIL_MUTANTS
from tests.flow_builder.simulation.mutants import MUTANTS
from tests.flow_builder.simulation.product import Mutant, Product, product
from tests.flow_builder.simulation.simulation import Simulation
from tests.flow_builder.simulation.telling_mutants import TELLING_MUTANTS
from tests.proof import sample

CHUNK = 250
SAMPLE, ALL = range(1_000), range(1_000, 10_000)
OVER_HTTP = range(200)
ALL_IN_POSTGRES = range(5, 200)
RULES = (*TELLING_MUTANTS, *CORRECTION_MUTANTS, *MAIL_MUTANTS, *MUTANTS, *ENDPOINT_MUTANTS)
MOST_SEEDS_OF_A_MUTANT = 10_000  # nearly all are noticed in the first hundred


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=CONTEXT) as processes:
        yield processes


def first_broken(
    seeds: range, over_http: bool = False, played: Product | None = None, operations_url: str | None = None
) -> tuple[int, str] | None:
    simulation = Simulation(played or product(), over_http, operations_url)
    try:
        for seed in seeds:
            try:
                simulation.run(seed)
            except Broken as broken:
                return seed, str(broken)
    finally:
        simulation.close()
    return None


def is_noticed(mutant: Mutant) -> bool:
    """It breaks a promise, or everything: a query that fits its index no longer, a value that nothing awaits."""
    broken = product(mutant)
    try:
        return first_broken(range(MOST_SEEDS_OF_A_MUTANT), played=broken) is not None
    except Exception:
        return True


@pytest.mark.parametrize("seeds", [SAMPLE, pytest.param(ALL, marks=pytest.mark.prove)], ids=str)
def test_every_promise_holds(processes: ProcessPoolExecutor, seeds: range) -> None:
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    assert [broken for broken in processes.map(first_broken, chunks) if broken] == []


@pytest.mark.parametrize("seeds", [range(5), pytest.param(ALL_IN_POSTGRES, marks=pytest.mark.prove)], ids=str)
def test_the_same_holds_in_postgres(postgres_store: PostgresUrl, seeds: range) -> None:
    assert first_broken(seeds, operations_url=postgres_store.text) is None


def test_the_same_holds_over_the_products_own_http_client() -> None:
    assert first_broken(OVER_HTTP, over_http=True) is None


@pytest.mark.parametrize(
    "mutants", [sample(RULES), pytest.param(RULES, marks=pytest.mark.prove)], ids=["a sample", "all"]
)
def test_every_broken_rule_is_noticed(processes: ProcessPoolExecutor, mutants: Sequence[Mutant]) -> None:
    noticed = processes.map(is_noticed, mutants)
    assert [mutant.rule for mutant, caught in zip(mutants, noticed, strict=True) if not caught] == []


def test_a_seed_tells_the_same_story_each_time() -> None:
    simulation = Simulation(product())
    stories = []
    for _ in range(2):
        simulation.run(7)
        stories.append(simulation.con.execute("select * from deliveries, attempts order by 1, 20").fetchall())
    simulation.close()
    assert stories[0] == stories[1] != []
