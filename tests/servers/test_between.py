"""What stands between, and counts."""

import socket
from threading import Thread

from tests.servers.between import between


def test_it_counts_how_often_a_client_asks_and_not_in_how_many_pieces() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            con, _ = server.accept()
            with con:
                while asked := con.recv(3, socket.MSG_WAITALL):
                    con.sendall(asked * 2)

        Thread(target=answer, daemon=True).start()
        with between(server.getsockname()[1], delay=0.001) as gate:
            with socket.create_connection(("127.0.0.1", gate.port)) as client:
                for _ in range(3):
                    client.sendall(b"a")
                    client.sendall(b"bc")
                    assert client.recv(6, socket.MSG_WAITALL) == b"abcabc"
            assert (gate.seen, gate.trips, gate.passed) == (1, 3, 9)
