import pytest

from ci_slim.observe import sockets

TABLES = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:A1C3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:9C40 0100007F:1388 01 00000000:00000000 00:00000000 00000000     0        0 3 1
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:0
   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:0
   2: 0000000000000000FFFF0000020011AC:1F92 00000000000000000000000000000000:0000 0A 00000000:0
   3: 0000:zz 1 0A
"""


def test_only_listening_sockets_are_listed_with_their_address() -> None:
    found = [(each.host, each.port) for each in sockets.listeners(TABLES)]
    assert found == [
        ("127.0.0.11", 41411),
        ("127.0.0.1", 5000),
        ("127.0.0.1", 8080),
        ("::1", 8081),
        ("172.17.0.2", 8082),
    ]


@pytest.mark.parametrize(
    ("port", "host"), [(5000, "127.0.0.1"), (8081, "::1"), (8082, "172.17.0.2"), (80, None)]
)
def test_a_port_is_asked_where_it_listens(port: int, host: str | None) -> None:
    chosen = sockets.choose(sockets.listeners(TABLES), port)
    assert (chosen.host if chosen else None) == host


def test_without_a_port_the_lowest_one_is_taken_but_never_dockers_resolver() -> None:
    chosen = sockets.choose(sockets.listeners(TABLES), None)
    assert chosen is not None
    assert chosen.port == 5000
