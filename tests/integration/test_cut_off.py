"""An answer under way ends with the session that asked for it, not when it has been sent."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from farmdesk.db.account_store import AccountStore, Act
from farmdesk.domain.records import Outcome
from farmdesk.gateway import sealed_reply
from farmdesk.link.results_wire import RUN_SEGMENTS
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.sealed import SEGMENT
from tests.gateway_room import Room
from tests.gateways import keys_of
from tests.result_farm import RenderedTask, noise

LARGE = RUN_SEGMENTS * SEGMENT  # one answer; more than all buffers on its way hold


@pytest.fixture
def path(room: Room, tmp_path: Path) -> str:
    """Where the one frame of ann's task is."""
    task = RenderedTask(room.url, tmp_path / "frames", "ann")
    task.make({1: noise(LARGE - SEGMENT)})
    return "/tasks/1/results"


def put_out(room: Room, header: dict[str, str], how: str) -> None:
    """End ann's session, as the farm does."""
    store = AccountStore(room.database, digest_of)
    act = Act("boss", "x", "ann", Outcome(0, applied=True, text="", at=datetime.now(UTC)))
    if how == "suspended":
        store.suspend("ann", act)
    elif how == "revoked":
        store.revoke(keys_of("ann").fingerprint, replace(act, subject="key"))
    elif how == "logged out":
        assert room.client.delete("/session", headers=header).status_code == 204


def came(room: Room, path: str, how: str) -> tuple[int, int]:
    """Fetch the frame, and be put out when the first bytes are here; give bytes told and come."""
    header = room.enter("ann")
    [seen] = room.client.get(path, headers=header).json()["results"]
    where = f"{path}/1/segments/0?version={seen['version']}"
    here = 0
    with room.client.stream("GET", where, headers=header) as reply:
        assert reply.status_code == 200
        with suppress(httpx.RemoteProtocolError, httpx.ReadError):
            for piece in reply.iter_raw():
                if not here:
                    put_out(room, header, how)
                here += len(piece)
    return int(reply.headers["content-length"]), here


@pytest.mark.parametrize("how", ["suspended", "revoked", "logged out"])
def test_who_is_out_gets_no_further_segment(
    room: Room, path: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(sealed_reply, "WATCH_S", 0.0)
    told, here = came(room, path, how)
    assert 0 < here < told - SEGMENT


def test_who_is_in_gets_all_and_a_quick_answer_asks_nothing(
    room: Room, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(room.gateway.parts.sessions, "check", asked.append)
    monkeypatch.setattr(sealed_reply, "WATCH_S", 3600.0)
    told, here = came(room, path, "stays")
    assert here == told
    assert asked == []
    monkeypatch.setattr(sealed_reply, "WATCH_S", 0.0)
    told, here = came(room, path, "stays")
    assert here == told
    assert len(asked) >= RUN_SEGMENTS - 1  # between any two; the last look may come later
