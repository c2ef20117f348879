"""Long answers over TLS from a server of a few lines: connections are used again, or not."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from farmdesk.link.remote.long_answers import LongAnswers
from farmdesk.security.tls import client_context, make_ca
from tests.servers import free_port
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

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, bytes]]:
    with tls_pages(tmp_path_factory.mktemp("tls"), Pages) as served:
        yield served


def answers(port: int, ca: bytes, quiet_s: float = 60.0) -> LongAnswers:
    Pages.connections = 0
    url = f"https://127.0.0.1:{port}"
    return LongAnswers(url, client_context(ca), connect_s=5, answer_s=20, quiet_s=quiet_s)


def read(long_answers: LongAnswers, target: str) -> bytes:
    with long_answers.asked(target, {}) as response:
        return b"".join(iter(lambda: response.read(70_000), b""))


def test_a_connection_is_used_again_when_all_was_read(server: tuple[int, bytes]) -> None:
    long_answers = answers(*server)
    for _ in range(3):
        assert read(long_answers, "/whole") == BODY
    assert Pages.connections == 1
    long_answers.close()


def test_one_that_was_cut_off_left_or_quiet_for_too_long_is_not(server: tuple[int, bytes]) -> None:
    long_answers = answers(*server)
    assert read(long_answers, "/half") == BODY[: len(BODY) // 2]
    with long_answers.asked("/whole", {}) as response:
        assert response.read(10) == BODY[:10]
    assert read(long_answers, "/whole") == BODY
    assert Pages.connections == 3
    long_answers.close()
    long_answers = answers(*server, quiet_s=0.0)
    for _ in range(2):
        assert read(long_answers, "/whole") == BODY
    assert Pages.connections == 2
    long_answers.close()


def test_readers_at_once_have_a_connection_each(server: tuple[int, bytes]) -> None:
    long_answers = answers(*server)
    with long_answers.asked("/whole", {}) as one, long_answers.asked("/whole", {}) as other:
        assert one.read() == other.read() == BODY
    assert Pages.connections == 2
    long_answers.close()


def test_a_server_of_another_authority_or_none_is_told(server: tuple[int, bytes]) -> None:
    other = make_ca("another farm", datetime.now(UTC)).certificate
    with pytest.raises(ssl.SSLCertVerificationError):
        read(answers(server[0], other), "/whole")
    with pytest.raises(OSError, match="refused"):
        read(answers(free_port(), server[1]), "/whole")
