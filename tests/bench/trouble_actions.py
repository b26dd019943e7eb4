"""What one tenant's trouble, or a flood without a token, takes from all others at the actions API.

``python -m tests.bench.trouble_actions``: simulator, API, caller and flood are processes of their own on one machine.
In each situation 8 look-ups a second go to the tenant in trouble; beside them, twice a second each and without waiting
for the one before: another tenant's look-up, ``/health``, and a signed lead. An answer that is not the right one counts
as failed. The flood comes from the same address: requests without a token (some of 60 kB), signatures that are
none, and 200 bodies that drip.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr

from pipelines.webhooks import signed_headers
from tests.bench.actions import serving, simulated
from tests.simulator.environment import WEBHOOK_SECRET

TROUBLED, OTHER = 1000, 1001
API = "/api/servicetitan"
TOKEN = {"authorization": "Bearer simulator-token"}
FAULTS: dict[str, dict[str, Any]] = {
    "without trouble": {},
    "a tenant hangs": {"kind": "slow", "seconds": 600},
    "a tenant says 503": {"kind": "status", "status": 503},
    "a tenant trickles": {"kind": "trickle", "seconds": 0.5},
    "flood without a token": {},
}
LEAD = {"tenant": "t1", "name": "Ada Lovelace", "summary": "A roof", "campaign_id": 1, "call_reason_id": 1}
DRIPPING = 200  # connections
FLOODING = 24  # connections that ask as fast as they are answered

Ask = Callable[[], Awaitable[httpx.Response]]


class Measured:
    """One kind of request: seconds until the right answer, and how many had none."""

    def __init__(self, ask: Ask, expected: int) -> None:
        self.ask, self.expected = ask, expected
        self.seconds: list[float] = []
        self.failed = 0

    async def once(self) -> None:
        began = time.perf_counter()
        try:
            answer = await self.ask()
            self.failed += answer.status_code != self.expected
        except httpx.HTTPError:
            self.failed += 1
        self.seconds.append(time.perf_counter() - began)

    def __str__(self) -> str:
        median, longest = statistics.median(self.seconds) * 1000, max(self.seconds) * 1000
        return f"{median:>9,.0f}{longest:>9,.0f}{self.failed:>4}"


async def every(seconds: float, duration: float, ask: Callable[[], Awaitable[None]]) -> None:
    """In an open loop: one that takes long does not keep the next from being asked."""
    async with asyncio.TaskGroup() as asked:
        for _ in range(int(duration / seconds)):
            asked.create_task(_awaited(ask))
            await asyncio.sleep(seconds)


async def _awaited(ask: Callable[[], Awaitable[None]]) -> None:
    await ask()


async def situation(api: str, customers: dict[int, int], duration: float) -> list[Measured]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=api + API, trust_env=False, timeout=60, limits=limits) as http:

        def look_up(tenant: int) -> Awaitable[httpx.Response]:
            return http.get(f"/customers/{customers[tenant]}", params={"tenant": tenant}, headers=TOKEN)

        def signed_lead() -> Awaitable[httpx.Response]:
            name = uuid4().hex
            body = json.dumps(LEAD | {"external_id": name, "email": f"{name}@mail.example.net"}).encode()
            headers = signed_headers(name, datetime.now(UTC), body, [SecretStr(WEBHOOK_SECRET)])
            return http.post("/webhooks/leads", content=body, headers=headers)

        measured = [
            Measured(lambda: look_up(OTHER), 200),
            Measured(lambda: http.get("/health"), 200),
            Measured(signed_lead, 202),
        ]
        load = Measured(lambda: look_up(TROUBLED), 200)
        async with asyncio.TaskGroup() as all_of_it:
            all_of_it.create_task(every(1 / 8, duration, load.once))
            await asyncio.sleep(duration / 4)
            for one in measured:
                all_of_it.create_task(every(1 / 2, duration * 3 / 4, one.once))
    return [*measured, load]


def flood(api: str) -> None:
    """Until it is ended."""

    async def ask(http: httpx.AsyncClient) -> None:
        signed = {"webhook-id": "m", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
        looks_signed = signed | {"webhook-signature": f"v1,{'A' * 43}="}
        while True:
            for headers, body in (({}, b""), ({}, b"x" * 60_000), (signed, b"{}"), (looks_signed, b"{}")):
                with suppress(httpx.HTTPError):
                    await http.post("/webhooks/leads", headers=headers, content=body)

    async def drip(host: str, port: int) -> None:
        head = f"POST {API}/webhooks/leads HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n"
        stamp = f"webhook-id: m\r\nwebhook-timestamp: {int(time.time())}\r\n"
        while True:
            with suppress(OSError):
                _, out = await asyncio.open_connection(host, port)
                out.write(f"{head}{stamp}webhook-signature: v1,{'A' * 43}=\r\n\r\n".encode())
                while not out.is_closing():
                    out.write(b"x")
                    await out.drain()
                    await asyncio.sleep(1)

    async def both() -> None:
        address = httpx.URL(api)
        async with httpx.AsyncClient(base_url=api + API, trust_env=False, timeout=30) as http:
            askers = [ask(http) for _ in range(FLOODING)]
            await asyncio.gather(*askers, *[drip(address.host, address.port or 80) for _ in range(DRIPPING)])

    asyncio.run(both())


@contextmanager
def flooding(api: str) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=flood, args=(api,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=16, help="of each situation")
    duration = parser.parse_args().seconds
    columns = ("other's look-up", "/health", "signed lead", "its own look-up")
    print(f"{'median ms, longest ms, failed':30}" + "".join(f"{column:>22}" for column in columns), flush=True)
    for name, fault in FAULTS.items():
        with tempfile.TemporaryDirectory() as folder, simulated(Path(folder) / "data") as (simulator, env, places):
            customers = {tenant: customer for tenant, customer in places if tenant in (TROUBLED, OTHER)}
            with serving(env) as api:
                asyncio.run(situation(api, customers, 2))  # tokens are there, forms are compiled
                if fault:
                    httpx.post(f"{simulator}/_control/faults", json=fault | {"tenant": TROUBLED, "times": -1})
                with flooding(api) if "flood" in name else nullcontext():
                    measured = asyncio.run(situation(api, customers, duration))
        print(f"{name:30}" + "".join(map(str, measured)), flush=True)


if __name__ == "__main__":
    main()
