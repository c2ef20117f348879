"""What comes to the gateway's door that is no honest request: too large, too slow, nonsense."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from farmdesk.config import Config
from farmdesk.domain.commands import to_body
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.gateway import http_door, limits, pages_transfers
from farmdesk.gateway.app import THREADS
from farmdesk.gateway.command_body import COMMAND_BYTES
from farmdesk.gateway.forms import CommandForm
from farmdesk.gateway.server import CannotListen, serve_gateway
from farmdesk.gateway.upload_errors import NoUpload
from farmdesk.link.remote.door import Door
from farmdesk.security.tls import client_context
from tests.gateway_room import Room
from tests.samples import spec


@contextmanager
def _line(room: Room, source: str = "127.0.0.1") -> Iterator[ssl.SSLSocket]:
    """Open a bare TLS connection, from an address of this machine."""
    place = ("127.0.0.1", room.gateway.settings.port)
    context = client_context(room.gateway.authority)
    with (
        socket.create_connection(place, timeout=30, source_address=(source, 0)) as bare,
        context.wrap_socket(bare, server_hostname="127.0.0.1") as line,
    ):
        yield line


def _all(line: ssl.SSLSocket) -> bytes:
    """Read until the other side hangs up."""
    pieces = []
    with suppress(ssl.SSLError, ConnectionError):
        while piece := line.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def _problem(text: bytes) -> dict[str, object]:
    head, _, body = text.partition(b"\r\n\r\n")
    assert b"application/json" in head.lower()
    told: dict[str, object] = json.loads(body)
    assert set(told) == {"kind", "en", "zh", "wait_s"}
    return told


def test_every_answer_bears_the_headers_that_keep_it_private(room: Room) -> None:
    for reply in (
        room.client.get("/openapi.json"),
        room.client.get("/tasks"),
        room.client.get("/nowhere"),
        room.client.patch("/tasks"),
        room.client.request("BREW", "/tasks"),
    ):
        assert reply.headers.get("x-content-type-options") == "nosniff", reply.request.url
        assert reply.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "server" not in reply.headers
        assert reply.headers["content-type"] == "application/json"
    for page in ("/docs", "/redoc"):
        assert room.client.get(page).status_code == 404


def test_too_large_a_body_is_refused_without_being_read(room: Room) -> None:
    large = b'{"login": "' + b"a" * limits.BODY_BYTES + b'"}'
    told = room.client.post("/login/challenge", content=large)
    assert (told.status_code, told.json()["kind"]) == (413, "refused")
    in_pieces = room.client.post("/login/challenge", content=iter([large[:9], large[9:]]))
    assert in_pieces.status_code == 413
    with _line(room) as line:  # nobody waits for what was only announced
        head = b"POST /login/challenge HTTP/1.1\r\nHost: x\r\nContent-Length: "
        line.sendall(head + b"9" * 23 + b"\r\n\r\n")
        answer = _all(line)
    assert b" 413 " in answer[:20] or b" 400 " in answer[:20]


@pytest.mark.parametrize("path", ["/commands", f"/transfers/{'0' * 32}/files"])
def test_a_stranger_may_not_even_send_what_may_be_large(room: Room, path: str) -> None:
    with _line(room) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
        line.sendall(head.encode())
        answer = line.recv(20)  # before a byte of the body was sent
        assert b" 401 " in answer


def test_a_list_of_files_is_bounded_too(room: Room) -> None:
    header, path = room.enter("operator"), f"/transfers/{'0' * 32}/files"
    large = b"[" * (pages_transfers.FILES_BYTES + 1)
    assert room.client.post(path, content=large, headers=header).status_code == 413
    assert room.client.post(path, content=large[:1000], headers=header).status_code == 422


def test_a_command_is_bounded_in_bytes_and_in_parts(room: Room) -> None:
    header = room.enter("operator")
    bomb = b'{"kind": "stop_task", "body": {"task_id": [' + b"[]," * 800_000 + b"0]}}"
    assert room.client.post("/commands", content=bomb, headers=header).status_code == 422
    large = b" " * (COMMAND_BYTES + 1)
    assert room.client.post("/commands", content=large, headers=header).status_code == 413


def test_a_long_list_of_frames_is_a_command(room: Room) -> None:
    header = room.enter("operator")
    frames = ",".join(str(number) for number in range(0, 300_000, 2))
    body = {"kind": "submit_task", "body": to_body(spec(frames=frames))}
    reply = room.client.post("/commands", json=body, headers=header)
    assert reply.status_code == 202, reply.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind": "stop_task"}',
        b'{"kind": "stop_task", "body": {"task_id": NaN}}',
        b'{"kind": "stop_task", "body": {"task_id": 1}, "more": 1}',
        b'{"kind": 5, "body": {}}',
        b'{"kind": "set_auto_start", "body": {"on": 1e999}}',
    ],
)
def test_what_is_no_command_is_refused(room: Room, content: bytes) -> None:
    reply = room.client.post("/commands", content=content, headers=room.enter("operator"))
    assert reply.status_code in (409, 422), reply.text
    assert room.client.get("/commands", headers=room.enter("operator")).json() == []


def test_a_customer_cannot_fill_the_audit_log(room: Room) -> None:
    header = room.enter("bob")
    profile = {"name": "Bob", "department": "content", "contact": "bob@example.org"}
    for _ in range(60):
        room.client.put("/profile", json=profile, headers=header)
        room.client.post("/transfers", json={"task_id": 1}, headers=header)
    before = len(room.audit())
    refused = room.client.put("/profile", json=profile, headers=header)
    assert refused.status_code == 429
    assert room.client.post("/transfers", json={"task_id": 1}, headers=header).status_code == 429
    assert len(room.audit()) == before


def test_a_customer_cannot_fill_the_command_table(room: Room) -> None:
    header = room.enter("bob")
    codes = [
        room.client.post("/commands", content=b"{}", headers=header).status_code for _ in range(121)
    ]
    assert codes == [422] * 120 + [429]
    for other in ("ann", "operator"):
        reply = room.client.post("/commands", content=b"{}", headers=room.enter(other))
        assert reply.status_code == 422
    assert room.client.get("/tasks", headers=header).status_code == 200


def test_numbers_that_no_database_holds_are_refused(room: Room) -> None:
    header = room.enter("operator")
    for path in ("/tasks/99999999999999999999", "/tasks/-1", "/tasks/1e3", "/tasks/%00"):
        assert room.client.get(path, headers=header).status_code == 422
    for task_id in (1 << 63, 1 << 200, -(1 << 70)):
        body = {"kind": "stop_task", "body": {"task_id": task_id}}
        for login in ("operator", "bob"):
            reply = room.client.post("/commands", json=body, headers=room.enter(login))
            assert reply.status_code in (404, 409, 422), reply.text
    for number in (2**63, 0):
        reply = room.client.post("/transfers", json={"task_id": number}, headers=header)
        assert reply.status_code == 422, reply.text


def test_slow_bodies_are_given_up(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farmdesk.gateway.limits.PIECE_S", 0.3)
    with _line(room) as line:
        line.sendall(
            b"POST /login/challenge HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"
        )
        text = _all(line)
    assert b" 408 " in text[:20]
    assert "slowly" in str(_problem(text)["en"])


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: 1"])
def test_who_sends_no_whole_head_is_hung_up_on(
    room: Room, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(http_door, "HEAD_S", 0.3)
    with _line(room) as line:
        line.sendall(start)
        assert _all(line) == b""


def test_an_endless_head_is_cut_off(room: Room) -> None:
    with _line(room) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        try:
            for _ in range(200):
                line.sendall(b"X-More: " + b"a" * 8000 + b"\r\n")
        except (ConnectionError, ssl.SSLError):
            return
        assert _all(line) == b""


def test_a_large_head_in_one_piece_with_its_body_is_honest(room: Room) -> None:
    """Bodies are not counted as heads, however the bytes arrive."""
    body = CommandForm(kind="x", body={"text": "a" * 200_000}).model_dump_json().encode()
    head = f"POST /commands HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n".encode()
    token = room.enter("operator")["Authorization"].encode()
    request = head + b"Authorization: " + token + b"\r\n\r\n" + body
    with _line(room) as line:
        for _ in range(3):
            line.sendall(request)
            answer = b""
            while not answer.endswith(b'"wait_s":null}'):
                answer += line.recv(65536)
            assert b" 409 " in answer[:20]  # there is no command x


@pytest.mark.parametrize(
    "text", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"{}\n\n\r\n\r\n"]
)
def test_what_is_no_http_is_told_so_in_the_one_shape(room: Room, text: bytes) -> None:
    with _line(room) as line:
        line.sendall(text)
        answer = _all(line)
    assert b" 400 " in answer[:20]
    _problem(answer)


def test_older_tls_and_plain_http_do_not_get_in(room: Room) -> None:
    context = client_context(room.gateway.authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(httpx.ConnectError), httpx.Client(verify=context, trust_env=False) as client:
        client.get(f"{room.gateway.url}/openapi.json")
    with socket.create_connection(("127.0.0.1", room.gateway.settings.port), timeout=30) as line:
        line.sendall(b"GET /tasks HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionError):
            assert b"200" not in line.recv(100)


@pytest.mark.parametrize(
    ("work", "method", "path"),
    [
        ("uploads.Uploads.tell_files", "POST", f"/transfers/{'0' * 32}/files"),
        ("results.Results.listed", "GET", "/tasks/1/results"),
    ],
)
def test_one_customer_s_large_requests_do_not_take_all_threads(
    room: Room, monkeypatch: pytest.MonkeyPatch, work: str, method: str, path: str
) -> None:
    at_work, most, go_on = [0], [0], threading.Event()

    def take_long(*_args: object) -> None:
        at_work[0] += 1
        most[0] = max(at_work[0], most[0])
        go_on.wait(20)
        at_work[0] -= 1
        raise NoUpload

    monkeypatch.setattr(f"farmdesk.gateway.{work}", take_long)
    ann, bob = room.enter("ann"), room.enter("bob")
    told = {"first": 0, "sizes": [], "dropped": []} if method == "POST" else None

    def ask(_: int) -> str:
        text = room.client.request(method, path, json=told, headers=ann).text
        return "no such upload" if "no such upload" in text else text

    with ThreadPoolExecutor(THREADS + 1) as pool:
        asked = pool.map(ask, range(THREADS + 1))
        try:
            assert room.client.get("/tasks", headers=bob).status_code == 200
        finally:
            go_on.set()
        assert set(asked) == {"no such upload"}
    assert most == [1]


def test_many_slow_guests_do_not_keep_others_out(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_door, "HEAD_S", 600.0)
    with _line(room) as first:
        lines = [_open_half(room) for _ in range(50)]
        room.enter("ann")
        for line in lines:
            line.close()
        assert first.fileno() >= 0


def test_one_address_does_not_take_all_places(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "ONE_ADDRESS", 2)
    with _line(room, "127.0.0.2") as first:
        with _line(room, "127.0.0.2"), _line(room, "127.0.0.2") as third:
            assert _all(third) == b""
            room.enter("ann")
        while not (answer := _asked_from(room, "127.0.0.2")):  # until the second one's end is seen
            assert first.fileno() >= 0
        assert b" 404 " in answer[:20]


def _asked_from(room: Room, source: str) -> bytes:
    with suppress(OSError), _line(room, source) as line:
        line.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return _all(line)
    return b""


def test_who_asks_on_and_on_without_an_answer_is_cut_off(room: Room) -> None:
    with _line(room) as line:
        with suppress(OSError):
            for _ in range(20):
                line.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        answers = _all(line)
    assert answers.count(b"HTTP/1.1 ") < 1000
    assert room.client.get("/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("head", "drop"),
    [(b"Transfer-Encoding: chunked", b"1\r\na\r\n"), (b"Content-Length: 0", b"\r\n")],
    ids=["the rest of a body", "empty lines"],
)
def test_no_place_is_kept_behind_an_answer_by_a_byte_now_and_then(
    room: Room, monkeypatch: pytest.MonkeyPatch, head: bytes, drop: bytes
) -> None:
    monkeypatch.setattr(http_door, "REST_S", 0.3)
    with _line(room) as line:
        line.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
        line.settimeout(0.05)
        for _ in range(1000):
            try:
                line.sendall(drop)
                if line.recv(65536) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
        pytest.fail("its place is kept")


def _open_half(room: Room) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", room.gateway.settings.port), timeout=30)
    line.sendall(b"\x16\x03\x01")  # the first bytes of a TLS greeting, and no more
    return line


def test_a_database_that_is_away_is_told_as_such(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise FarmUnavailable("The database is away.", "数据库不可用。")

    header = room.enter("ann")
    monkeypatch.setattr("farmdesk.db.reports.tasks", away)
    reply = room.client.get("/tasks", headers=header)
    assert (reply.status_code, reply.json()["kind"]) == (503, "unavailable")


def test_an_error_of_ours_tells_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("the secret of the house")

    header = room.enter("ann")
    monkeypatch.setattr("farmdesk.db.reports.tasks", broken)
    reply = room.client.get("/tasks", headers=header)
    assert (reply.status_code, reply.json()["kind"]) == (500, "unavailable")
    assert "secret" not in reply.text
    assert "Traceback" not in reply.text


def test_requests_of_many_threads_are_answered(room: Room) -> None:
    header = room.enter("operator")
    codes: list[int] = []

    def ask() -> None:
        codes.extend(room.client.get("/tasks", headers=header).status_code for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 200


def test_a_port_that_is_taken_ends_the_gateway_with_its_sentence(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with a code that lets the supervisor start it again for ever."""
    monkeypatch.setattr("signal.signal", lambda _number, handler: handler)  # the tests keep theirs
    monkeypatch.setattr("gc.freeze", lambda: None)
    settings = room.gateway.settings
    with pytest.raises(CannotListen, match=f"on 127.0.0.1, port {settings.port}: another"):
        serve_gateway(Config(tmp_path, room.url, (), gateway=settings))


def test_a_door_says_what_kind_of_server_there_is(room: Room) -> None:
    door = Door("https://127.0.0.1:1", room.gateway.authority)
    with pytest.raises(FarmUnavailable, match="cannot be reached"):
        door.ask("GET", "/tasks")
    door.close()
