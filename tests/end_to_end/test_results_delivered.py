"""A completed task's frames come to the studio's share by themselves, past a share that died."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from farmdesk.domain.users import Role, User
from tests.farm import local_farm, wait_until
from tests.samba import PASSWORD, Samba


@pytest.fixture
def samba() -> Iterator[Samba]:
    missing = Samba.missing()
    if missing:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with Samba() as server:
        yield server


def test_results_come_to_the_share(
    tmp_path: Path, samba: Samba, capsys: pytest.CaptureFixture[str]
) -> None:
    with local_farm(tmp_path) as farm:
        secret = farm.folder / "share.password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o600)
        place = f"127.0.0.1:{samba.port}/farm/冬奥 成片"
        (samba.files / "冬奥 成片").mkdir()
        farm.write_config(
            f'nodes = 2\n[results]\nto = "smb://{samba.user}@{place}"\n'
            'password_file = "share.password"\n'
        )
        samba.stop()
        farm.start()
        task = farm.submit(farm.scene(), "1-12")
        row = farm.wait_state(task)
        operator, owner = User("ops", Role.OPERATOR), User(row.owner, Role.CUSTOMER)

        def told(user: User, words: str) -> bool:
            return any(words in message.record.text for message in farm.link.messages(user))

        wait_until(lambda: told(operator, "not delivered"), "the operators are told")
        samba.start()
        wait_until(lambda: told(owner, "are at smb://"), "the owner is told")
        brought = samba.files / "冬奥 成片" / f"{row.id:06d}"
        frames = {path.name: path.read_bytes() for path in Path(row.output).iterdir()}
        assert len(frames) == 12
        assert {path.name: path.read_bytes() for path in brought.iterdir()} == frames
        assert PASSWORD not in farm.output.read_text(encoding="utf-8")
        capsys.readouterr()
        assert farm.run("audit", "list", "--who", "farm", "--json") == 0
        [noted] = json.loads(capsys.readouterr().out)
        assert (noted["action"], noted["subject"]) == ("deliver_results", f"task {task}")
        assert noted["detail"].endswith(f"冬奥 成片/{row.id:06d}")
