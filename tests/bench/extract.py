"""How fast everything is loaded: ``python -m tests.bench.extract [--records N] [--large N]``.

A process of its own serves prepared pages; each part runs in a process of its own, too. (a) is our load, from the
first request to the committed merge, and ticks on top of it; (b) the floor: the same pages fetched with httpx and
parsed with orjson, and nothing else; (c) dicts into dlt with its defaults. ``--large`` is (a) at another size, for its
memory.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

from pipelines.servicetitan.streams import STREAMS, Stream, snake_case
from pipelines.settings import Settings, Tenant, load_settings
from pipelines.tenants import directory
from tests.bench.measures import report

CHANGES = (0, 100, 10_000)
DICTS = 100_000
Work = Callable[[Settings], int]
Figures = dict[str, float]


@contextmanager
def prepared_pages(records: int, folder: Path) -> Iterator[Path]:
    """The environment file for a server that has so many records, and has prepared them."""
    command = [sys.executable, "-m", "tests.simulator.pages", f"--records={records}", f"--data-dir={folder / 'data'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            variables = json.loads(server.stdout.readline())["environment"]
            env_file = folder / ".env"
            env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
            yield env_file
        finally:
            server.terminate()


def load_all(settings: Settings) -> int:
    from pipelines.servicetitan.sync import load

    result = load(settings, clock=lambda: datetime.now(UTC))
    assert result.complete, [stream.error for stream in result.streams]
    return sum(stream.rows for stream in result.streams)


def parse_all(settings: Settings) -> int:
    return sum(len(records) for _, records in pages(settings))


def load_dicts(settings: Settings) -> int:
    """What one writes first: resources that yield dicts, merged on their key."""
    import dlt

    found: dict[str, list[Any]] = {stream.name: [] for stream in STREAMS}
    for stream, records in pages(settings):
        found[stream.name] += records
        if sum(map(len, found.values())) >= DICTS:
            break
    pipeline = dlt.pipeline(
        "dicts",
        pipelines_dir=str(settings.data_dir / "dicts"),
        destination=dlt.destinations.duckdb(str(settings.data_dir / "dicts.duckdb")),
    )
    keys = {stream.name: [snake_case(name) for name in stream.key] for stream in STREAMS}
    pipeline.run(
        [
            dlt.resource(records, name=name, write_disposition="merge", primary_key=keys[name])
            for name, records in found.items()
        ]
    )
    return sum(map(len, found.values()))


def pages(settings: Settings) -> Iterator[tuple[Stream, list[Any]]]:
    """Page by page, tenants and streams in turn, so that any beginning of it is a mixture."""
    exported = [stream for stream in STREAMS if stream.export]
    with httpx.Client(trust_env=False) as http:
        walks = [walk(http, settings, tenant, stream) for tenant in directory.all(settings) for stream in exported]
        while walks:
            for one in list(walks):
                try:
                    yield next(one)
                except StopIteration:
                    walks.remove(one)


def walk(http: httpx.Client, settings: Settings, tenant: Tenant, stream: Stream) -> Iterator[tuple[Stream, list[Any]]]:
    secret = tenant.client_secret.get_secret_value()
    form = {"grant_type": "client_credentials", "client_id": tenant.client_id, "client_secret": secret}
    token = http.post(settings.auth_url, data=form).json()["access_token"]
    headers = {"Authorization": token, "ST-App-Key": settings.servicetitan_app_key.get_secret_value()}
    url = f"{settings.api_url}/{stream.module}/v2/tenant/{tenant.id}/{stream.export_paths[0]}"
    page: dict[str, Any] = {"hasMore": True, "continueFrom": ""}
    while page["hasMore"]:
        page = orjson.loads(http.get(url, params={"from": page["continueFrom"]}, headers=headers).content)
        yield stream, page["data"]


PARTS: dict[str, Work] = {"ours": load_all, "floor": parse_all, "dicts": load_dicts}


def measure(part: str, env_file: Path) -> None:
    """In this process; one line of JSON. Imports are not measured."""
    import dlt  # noqa: F401

    import pipelines.servicetitan.load.pipeline  # noqa: F401

    settings = load_settings(env_file)
    wall, cpu = time.perf_counter(), time.process_time()
    records = PARTS[part](settings)
    figures = {
        "records": records,
        "seconds": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def measured(part: str, env_file: Path, label: str = "") -> Figures:
    command = [sys.executable, "-m", "tests.bench.extract", "--part", part, "--env-file", str(env_file)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    figures: Figures = json.loads(output.splitlines()[-1])
    pace = figures["records"] / figures["seconds"]
    print(
        f"{label or part:34} {figures['records']:>9,.0f} records {figures['seconds']:7.2f} s {pace:>9,.0f}/s"
        f" {figures['cpu']:6.1f} s CPU {figures['peak_mb']:6.0f} MB peak",
        flush=True,
    )
    return {**figures, "pace": pace}


def bench(records: int, large: int) -> None:
    with tempfile.TemporaryDirectory() as name, prepared_pages(records, Path(name)) as env_file:
        floor = measured("floor", env_file, "(b) floor: httpx and orjson")
        ours = measured("ours", env_file, "(a) ours, to the committed merge")
        for change in CHANGES:
            variables = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
            url = f"{variables['SERVICETITAN_API_URL']}/_control/changes"
            httpx.post(url, json={"records": change}, timeout=600, trust_env=False).raise_for_status()
            measured("ours", env_file, f"    a tick with {change:,} changes")
        dicts = measured("dicts", env_file, "(c) dicts into dlt")
    print(f"(a) is {ours['pace'] / dicts['pace']:.0f} times (c)")
    report("backfill", ours["pace"] / floor["pace"])
    if large:
        with tempfile.TemporaryDirectory() as name, prepared_pages(large, Path(name)) as env_file:
            peak_mb = measured("ours", env_file, "(a) ours, large")["peak_mb"]
        report("backfill_peak", peak_mb / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=3_000_000, help="so many once more, for the memory; 0: not")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--env-file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        measure(options.part, options.env_file)
    else:
        bench(options.records, options.large)


if __name__ == "__main__":
    main()
