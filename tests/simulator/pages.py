"""Millions of export records from prepared pages: ``python -m tests.simulator.pages --records 1000000``.

For benchmarks. A seeded world is one block; every further block is the same world under other ids. Pages lie in a
temporary file, so that memory stays small and a request costs one copy. Once it serves, it prints one line of JSON:
``url``, ``environment`` (the product's variables), ``records``, and ``pages`` per tenant and path.
"""

import argparse
import mmap
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulator.endpoints import EXPORTS, Export
from tests.simulator.environment import environment
from tests.simulator.forms import rendered
from tests.simulator.office.history import seed_history
from tests.simulator.routes import place
from tests.simulator.server import serve_until_a_signal
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.switches import Switches
from tests.simulator.wire import stamp
from tests.simulator.world import Company, World

MARK = 98765  # the first five of the eleven digits of every id in the block that the others are made from
FIRST_BLOCK = 10_000
CUSTOMERS = 100  # of one company in one block
STREAMS = [export for export in EXPORTS if export.table != "bookings" and export.spelling != "old"]


@dataclass(frozen=True)
class Span:
    """One page: where it lies in the file, and how many records it has."""

    begin: int
    end: int
    records: int


Book = dict[tuple[int, str], list[Span]]  # (tenant, path of the export) -> its pages


class PreparedPages:
    def __init__(self, records: int, page_size: int = 5000) -> None:
        self.simulator = ServiceTitan(_block(), Switches(calls_per_second=1_000_000))
        self.changed_at = self.simulator.world.now()
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self.book: Book = defaultdict(list)
        size = sum(len(_rows(self.simulator, company, export)) for company, export in self._places())
        for company, export in self._places():
            self._prepare(company, export, max(1, round(records / size)), page_size)
        self._remap()

    @property
    def app(self) -> Starlette:
        """The exports from the file; everything else as the simulator has it."""
        exports = [Route(place(export.module, export.path), self._endpoint(export)) for export in STREAMS]
        changes = Route("/_control/changes", self._change, methods=["POST"])
        return Starlette(routes=[*exports, changes, *self.simulator.app.routes])

    def summary(self) -> dict[str, Any]:
        pages = {f"{tenant} {path}": len(spans) for (tenant, path), spans in self.book.items()}
        return {"records": sum(span.records for spans in self.book.values() for span in spans), "pages": pages}

    def change(self, records: int) -> int:
        """So many records, spread over tenants and streams, are new versions of old ones, each time again; they come
        next."""
        self.changed_at += timedelta(seconds=1)
        done, moment = 0, stamp(self.changed_at)
        places = [place for place in self._places() if place[1].table != "business_units"]
        for number, (company, export) in enumerate(places):
            wanted = (records - done) // (len(places) - number)
            rows = [self._changed(row, moment) for row in self._first_rows(company, export, wanted)]
            done += len(rows)
            if rows:
                self._append(company, export, [b",".join(rows)], len(rows))
        self._remap()
        return done

    def _places(self) -> list[tuple[Company, Export]]:
        return [(company, export) for company in self.simulator.world.companies.values() for export in STREAMS]

    def _prepare(self, company: Company, export: Export, blocks: int, page_size: int) -> None:
        rows = _rows(self.simulator, company, export)
        if export.table == "business_units":
            self._append(company, export, rows, len(rows))
            return
        body, at_once = b",".join(rows), max(1, page_size // max(1, len(rows)))
        for begin in range(0, blocks if rows else 0, at_once):
            numbers = range(begin, min(begin + at_once, blocks))
            bodies = [body.replace(b"%d" % MARK, b"%d" % (FIRST_BLOCK + number)) for number in numbers]
            self._append(company, export, bodies, len(rows) * len(bodies))

    def _append(self, company: Company, export: Export, bodies: list[bytes], records: int) -> None:
        begin = self.file.seek(0, 2)
        self.file.write(b",".join(bodies))
        self.book[company.tenant_id, export.path].append(Span(begin, self.file.tell(), records))

    def _remap(self) -> None:
        self.file.flush()
        self.map = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ)

    def _first_rows(self, company: Company, export: Export, wanted: int) -> Iterator[Any]:
        for span in self.book[company.tenant_id, export.path]:
            if wanted <= 0:
                return
            rows = orjson.loads(b"[" + self.map[span.begin : span.end] + b"]")[:wanted]
            wanted -= len(rows)
            yield from rows

    @staticmethod
    def _changed(row: dict[str, Any], moment: str) -> bytes:
        return orjson.dumps(row | {"modifiedOn": moment} if "modifiedOn" in row else row)

    def _endpoint(self, export: Export) -> Any:
        async def endpoint(request: Request) -> Response:
            spans = self.book[request.path_params["tenant"], export.path]
            number = int(request.query_params.get("from") or 0)
            data = self.map[spans[number].begin : spans[number].end] if number < len(spans) else b""
            following = min(number + 1, len(spans))
            head = b'{"hasMore":%s,"continueFrom":"%d","data":[' % (
                b"true" if following < len(spans) else b"false",
                following,
            )
            return Response(head + data + b"]}", media_type="application/json; charset=utf-8")

        return endpoint

    async def _change(self, request: Request) -> Response:
        return Response(orjson.dumps({"changed": self.change(orjson.loads(await request.body())["records"])}))


def _block() -> World:
    """The world that is repeated; job types and business units keep ordinary ids, for all blocks share them."""
    world = World()
    for number, company in enumerate(world.companies.values()):
        company.ids = count(MARK * 1_000_000 + number, 7)
    seed_history(world, customers=CUSTOMERS, years=3)
    return world


def _rows(simulator: ServiceTitan, company: Company, export: Export) -> list[bytes]:
    rows = company.tables[export.table].rows.values()
    return [rendered(export.table, row, "export", simulator.switches) for row in rows]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Serve prepared export pages until a signal, an hour at most.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--page-size", type=int, default=5000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="what the environment says of DATA_DIR")
    options = parser.parse_args(arguments)
    pages = PreparedPages(options.records, options.page_size)

    def announced(url: str) -> dict[str, Any]:
        return {"url": url, **pages.summary(), "environment": environment(pages.simulator, url, options.data_dir)}

    serve_until_a_signal(pages.app, options.port, announced)


if __name__ == "__main__":
    main()
