"""The server that other tests stand on."""

import psycopg
import pytest

from tests.servers.postgres import PostgresServer


def test_a_copy_of_a_database_has_what_the_template_has_and_nobody_else_sees_what_is_written_to_it(
    postgres_server: PostgresServer,
) -> None:
    with psycopg.connect(postgres_server.create("first")) as con:
        con.execute("create table numbers as select 1 as number")
    with psycopg.connect(postgres_server.create("second", "first")) as con:
        con.execute("insert into numbers values (2)")
    with psycopg.connect(postgres_server.url("first")) as con:
        assert con.execute("select number from numbers").fetchall() == [(1,)]
    for name in ("first", "second"):
        postgres_server.drop(name)


def test_it_asks_for_the_password(postgres_server: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres_server.url("postgres", password="wrong"))
