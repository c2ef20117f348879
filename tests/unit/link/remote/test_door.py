"""A farm that answers without end fills no client's memory."""

from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from farmdesk.domain.errors import Refused
from farmdesk.link.remote import door as door_module
from farmdesk.link.remote.door import Door, TooLong, fetch_authority
from tests.tls_pages import tls_pages


class Endless(BaseHTTPRequestHandler):
    """Every page but `/short` goes on until the client hangs up; `/failed` does so as a fault."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path.startswith("/failed") else 200)
        self.end_headers()
        with suppress(OSError):
            while self.path != "/short":
                self.wfile.write(bytes(1 << 16))
            self.wfile.write(b"short")

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, bytes]]:
    with tls_pages(tmp_path_factory.mktemp("tls"), Endless) as served:
        yield served


@pytest.fixture
def door(server: tuple[int, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setattr(door_module, "ANSWER_BYTES", 1 << 20)
    made = Door(f"https://127.0.0.1:{server[0]}", server[1])
    yield made
    made.close()


@pytest.mark.parametrize("page", ["/tasks", "/failed"])
def test_an_answer_without_end_is_left(door: Door, page: str) -> None:
    with pytest.raises(TooLong, match="without end"):
        door.ask("GET", page)
    assert door.ask("GET", "/short").content == b"short"


def test_a_fault_without_end_in_a_long_answer_is_left(door: Door) -> None:
    with pytest.raises(Refused), door.reading("/failed", {}, authorization=""):
        pytest.fail("it has no pieces")


def test_an_authority_without_end_is_left(server: tuple[int, bytes]) -> None:
    with pytest.raises(TooLong):
        fetch_authority(f"https://127.0.0.1:{server[0]}")


def test_an_answer_without_end_to_a_body_is_left(door: Door) -> None:
    door.send("/segments", iter([memoryview(b"a segment")]), authorization="")
