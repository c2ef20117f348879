"""Long answers over TLS from a server of a few lines: connections are used again, or not."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from farmdesk.link.remote.long_exchanges import LongExchanges
from farmdesk.security.authority import make_ca
from farmdesk.security.tls import client_context
from tests.ports import free_port
from tests.tls_pages import tls_pages

BODY = bytes(range(256)) * 2000


class Pages(BaseHTTPRequestHandler):
    """`/whole` gives BODY; `/half` promises it, and hangs up in the middle."""

    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self) -> None:
        Pages.connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        if self.path == "/half":
            self.wfile.write(BODY[: len(BODY) // 2])
            self.close_connection = True
        else:
            self.wfile.write(BODY)

    def do_PUT(self) -> None:
        if self.path == "/refuse":
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = True
            return
        taken = 0
        while length := int(self.rfile.readline(), 16):
            taken += len(self.rfile.read(length))
            self.rfile.readline()
        self.rfile.readline()
        self.send_response(200)
        self.send_header("Content-Length", str(len(b"%d" % taken)))
        self.end_headers()
        self.wfile.write(b"%d" % taken)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, bytes]]:
    with tls_pages(tmp_path_factory.mktemp("tls"), Pages) as served:
        yield served


def answers(port: int, ca: bytes, quiet_s: float = 60.0) -> LongExchanges:
    Pages.connections = 0
    url = f"https://127.0.0.1:{port}"
    return LongExchanges(url, client_context(ca), connect_s=60, answer_s=60, quiet_s=quiet_s)


def read(long_exchanges: LongExchanges, target: str) -> bytes:
    with long_exchanges.asked(target, {}) as response:
        return b"".join(iter(lambda: response.read(70_000), b""))


def test_a_connection_is_used_again_when_all_was_read(server: tuple[int, bytes]) -> None:
    long_exchanges = answers(*server)
    for _ in range(3):
        assert read(long_exchanges, "/whole") == BODY
    assert Pages.connections == 1
    long_exchanges.close()


def test_one_that_was_cut_off_left_or_quiet_for_too_long_is_not(server: tuple[int, bytes]) -> None:
    long_exchanges = answers(*server)
    assert read(long_exchanges, "/half") == BODY[: len(BODY) // 2]
    with long_exchanges.asked("/whole", {}) as response:
        assert response.read(10) == BODY[:10]
    assert read(long_exchanges, "/whole") == BODY
    assert Pages.connections == 3
    long_exchanges.close()
    long_exchanges = answers(*server, quiet_s=0.0)
    for _ in range(2):
        assert read(long_exchanges, "/whole") == BODY
    assert Pages.connections == 2
    long_exchanges.close()


def test_readers_at_once_have_a_connection_each(server: tuple[int, bytes]) -> None:
    long_exchanges = answers(*server)
    with long_exchanges.asked("/whole", {}) as one, long_exchanges.asked("/whole", {}) as other:
        assert one.read() == other.read() == BODY
    assert Pages.connections == 2
    long_exchanges.close()


def test_a_server_of_another_authority_or_none_is_told(server: tuple[int, bytes]) -> None:
    other = make_ca("another farm", datetime.now(UTC)).certificate
    with pytest.raises(ssl.SSLCertVerificationError):
        read(answers(server[0], other), "/whole")
    with pytest.raises(OSError, match="refused"):
        read(answers(free_port(), server[1]), "/whole")


def _put(exchanges: LongExchanges, target: str, *pieces: bytes) -> tuple[int, bytes]:
    with exchanges.sent(target, {}, map(memoryview, pieces)) as response:
        return response.status, response.read()


def test_a_body_comes_whole_in_pieces_and_the_connection_is_used_again(
    server: tuple[int, bytes],
) -> None:
    exchanges = answers(*server)
    for pieces in ((BODY, b"x", BODY), (b"a", b"", b"bc"), ()):
        whole = b"".join(pieces)
        assert _put(exchanges, "/take", *pieces) == (200, b"%d" % len(whole))
    assert Pages.connections == 1
    exchanges.close()


def test_who_refuses_a_body_before_it_is_whole_is_heard(server: tuple[int, bytes]) -> None:
    exchanges = answers(*server)
    sent = 0

    def body() -> Iterator[memoryview]:
        nonlocal sent
        while sent < 1000:  # far more than any line holds
            sent += 1
            yield memoryview(BODY)

    with exchanges.sent("/refuse", {}, body()) as response:
        assert response.status == 401
    assert sent < 1000
    exchanges.close()


def test_what_breaks_a_body_off_is_raised_and_ends_the_connection(
    server: tuple[int, bytes],
) -> None:
    exchanges = answers(*server)

    def body() -> Iterator[memoryview]:
        yield memoryview(BODY)
        raise KeyError("the file has changed")

    with pytest.raises(KeyError), exchanges.sent("/take", {}, body()):
        pytest.fail("there is no answer")
    assert _put(exchanges, "/take", b"abc") == (200, b"3")
    assert Pages.connections == 2
    exchanges.close()
