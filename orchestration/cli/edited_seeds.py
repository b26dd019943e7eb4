"""What became of the seeds that were edited in the checkout of 0.1.0: told once, by the sync that kept them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

SEED = dg.AssetKey(["seeds", "job_kind_rules"])
KEPT = "edited seeds"


def told(kept: Iterable[str]) -> Mapping[dg.AssetKey, Mapping[str, Any]]:
    """As metadata of a seed, which is loaded anew then; none where nothing was kept."""
    lines = "\n".join(kept)
    return {SEED: {KEPT: lines}} if lines else {}


def lines(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    for one in result.asset_materializations_for_node("derive"):
        if KEPT in one.metadata:
            yield from str(one.metadata[KEPT].value).splitlines()
