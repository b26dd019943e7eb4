"""What a sync has not read to its end: a line for each tenant and cause."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.assets.checks import COMPLETE, GOES_ON, WHAT_TO_DO

if TYPE_CHECKING:
    import dagster as dg

WHERE = re.compile(r"tenant (?P<tenant>\S+), stream (?P<stream>\S+?)(, page \d+)?: (?P<why>.*)", re.DOTALL)


def unread(result: "dg.ExecuteInProcessResult") -> list[str]:
    """In the words of the checks of every stream."""
    checks = [one for one in result.get_asset_check_evaluations() if one.check_name == COMPLETE]
    found = {one.asset_key.path[-1]: {name: str(value.value) for name, value in one.metadata.items()} for one in checks}
    return lines(found)


def lines(found: Mapping[str, Mapping[str, str]]) -> list[str]:
    """``found``: stream -> tenant -> the error; and under `GOES_ON` the tenants whose time was over."""
    streams: dict[tuple[str, str], list[str]] = defaultdict(list)
    for stream, errors in found.items():
        for tenant, error in errors.items():
            if tenant == GOES_ON:
                for one in error.split(", "):
                    streams[one, f"{GOES_ON}: SYNC_SECONDS were over"].append(stream)
            elif tenant != WHAT_TO_DO:
                streams[tenant, why(error)].append(stream)
    return [f"tenant {tenant}, {named(names)}: {cause}" for (tenant, cause), names in sorted(streams.items())]


def why(error: str) -> str:
    """Without the tenant, the stream and the page: one secret fails all of them."""
    match = WHERE.fullmatch(error)
    return match["why"] if match else error


def named(streams: Sequence[str]) -> str:
    first, *others = streams
    return f"stream {first}" + (f" and {len(others)} more" if others else "")
