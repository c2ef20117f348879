"""`farmdesk setup`, `key` and `vault` as a person or a program at a terminal meets them."""

import json
import os
import sys
from functools import partial
from pathlib import Path

import pytest

from farmdesk.cli import main
from farmdesk.db import audit
from farmdesk.db.database import open_database
from farmdesk.db.faults import LockedOut
from farmdesk.domain.errors import Refused
from farmdesk.farm_toml import read_config
from farmdesk.security import key_file
from farmdesk.security.key_file import read_key_file, write_key_file
from farmdesk.security.master_key import VARIABLE, read_master_keys
from farmdesk.security.recovery_copy import print_recovery
from farmdesk.security.secret_file import write_secret
from tests.gateways import keys_of

PASSPHRASE = "the first of all passphrases"
LATER = "another one that I like more"
IDENTITY = "110101199003071234"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A terminal in an empty folder, with the secrets that a program gives in files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("FARMDESK_FARM", str(tmp_path / "farm"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name, text in (("pass", PASSPHRASE), ("later", LATER), ("identity", IDENTITY)):
        write_secret(tmp_path / name, f"{text}\n".encode())
    quick = partial(key_file.lock, n=1 << 14)
    monkeypatch.setattr(key_file, "lock", lambda keys, passphrase, n: quick(keys, passphrase))
    return tmp_path


WORDS = "setup --host farm.example --login boss --name Li --department Control --contact 1234"
FILES = "--identity-file identity --passphrase-file pass"


def _run(*words: str) -> int:
    return main([part for word in words for part in word.split()])


def test_a_program_sets_a_farm_up(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(WORDS, FILES) == 0
    told = capfd.readouterr()
    assert print_recovery(read_master_keys(desk / "farm" / "master.key")[-1]) in told.out
    assert "there " not in told.out
    assert f"made   database     {desk}/farm/farm.db\n" in told.out
    assert f"made   superadmin   boss, {desk}/boss.fdkey\n" in told.out
    assert _run(WORDS, FILES, "--json") == 0
    again = capfd.readouterr()
    assert [step["new"] for step in json.loads(again.out)["steps"]] == [False] * 7
    for shown in (told.out, told.err, again.out, again.err):
        assert PASSPHRASE not in shown
        assert IDENTITY not in shown
    assert read_key_file(desk / "boss.fdkey").open(PASSPHRASE).login == "boss"


def test_a_person_reads_it_in_chinese(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert _run(WORDS, FILES, "--farm", f"{desk}/farm") == 0
    told = capfd.readouterr().out
    assert f"已创建 数据库       {desk}/farm/farm.db\n" in told
    assert f"farmdesk server --farm {desk}/farm\n" in told
    for english in ("made ", "Write", "Clients", "Now"):
        assert english not in told


def test_a_person_is_asked_for_what_is_missing(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = iter(["boss", "Li Na", "Control", "1234", IDENTITY])
    secrets = iter([PASSPHRASE, LATER, PASSPHRASE, PASSPHRASE])
    monkeypatch.setattr("builtins.input", lambda: next(lines))
    monkeypatch.setattr("getpass.getpass", lambda _: next(secrets))
    assert _run("setup") == 0
    assert "two passphrases differ" in capfd.readouterr().err  # nothing else is asked again
    assert read_key_file(desk / "boss.fdkey").open(PASSPHRASE).login == "boss"


def test_each_answer_is_checked_at_once_and_asked_for_again(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A question that follows a wrong answer is the same one; nothing is made before the last."""
    lines = iter(["Boss", "boss", "", "Li Na", "Control", "a\tb", "1234", " ", IDENTITY])
    secrets = iter(["", "short", PASSPHRASE, PASSPHRASE])

    def typed(_question: str = "") -> str:
        assert not (desk / "farm").exists()
        return next(secrets if _question else lines)

    monkeypatch.setattr("builtins.input", typed)
    monkeypatch.setattr("getpass.getpass", typed)
    assert _run("setup") == 0
    told = capfd.readouterr().err
    for field, times in (("login", 1), ("name", 1), ("contact", 1), ("identity", 1)):
        assert told.count(f"The field {field} must be") == times
    assert told.count("A passphrase needs 12 characters") == 2
    assert read_key_file(desk / "boss.fdkey").open(PASSPHRASE).login == "boss"


@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize(
    ("option", "told_en", "told_zh"),
    [
        (("--login", ""), "The field login must be 3 to 32", "登录名须为 3 到 32"),
        (("--login", "fl_x"), "The field login", "登录名须为"),
        (("--name", ""), "The field name must be one line", "姓名必须是"),
        (("--contact", " "), "The field contact must be", "联系方式必须是"),
        (("--department", "x" * 201), "The field department must be", "部门必须是"),
        (("--identity-file", "empty"), "The field identity must be", "证件号码必须是"),
        (("--passphrase-file", "short"), "needs 12 characters", "至少需要 12 个字符"),
        (("--passphrase-file", "empty"), "needs 12 characters", "至少需要 12 个字符"),
        (("--passphrase-file", "none"), "none cannot be used", "无法使用 none"),
        (("--host", "two words"), "no host name", "不是主机名"),
        (("--host", ""), "no host name", "不是主机名"),
        (("--key-folder", "pass"), "The folder", "请用 --key-folder 选择"),
        (("--key-folder", "pass/below"), "Not a directory", "请用 --key-folder 选择"),
        (("--farm", "pass"), "Choose another with --farm", "请用 --farm 选择"),
        (
            ("--certificate", "none", "--key", "none", "--ca", "none"),
            "none cannot be used",
            "无法使用 none",
        ),
    ],
)
def test_what_is_said_wrong_is_refused_before_anything_is_asked_or_made(
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    language: str,
    option: tuple[str, ...],
    told_en: str,
    told_zh: str,
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    write_secret(desk / "short", b"short\n")
    write_secret(desk / "empty", b"")
    before = sorted(desk.rglob("*"))

    def asked(_question: str = "") -> str:
        raise AssertionError("a question")

    monkeypatch.setattr("builtins.input", asked)
    monkeypatch.setattr("getpass.getpass", asked)
    assert main(["setup", *option]) == 1
    assert (told_zh if language[0] == "z" else told_en) in capfd.readouterr().err
    assert sorted(desk.rglob("*")) == before


def test_a_slip_in_the_password_of_the_database_is_asked_for_again(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def check(url: str) -> None:
        opened.append(url)
        if "right" not in url:
            raise LockedOut("It does not accept this account.", "不接受此账号。")

    secrets = iter(["wrong", "right"])
    monkeypatch.setattr("getpass.getpass", lambda _question: next(secrets))
    monkeypatch.setattr("farmdesk.cli.set_up.check_database", check)
    monkeypatch.setattr("farmdesk.setup.steps.check_database", lambda _url: None)
    assert _run("setup --database mysql://farm@127.0.0.1:1/f --host ,") == 1  # and then the host
    assert opened == [f"mysql://farm:{word}@127.0.0.1:1/f" for word in ("wrong", "right")]
    assert capfd.readouterr().err.count("does not accept") == 1
    assert _run("setup --database oracle://farm@127.0.0.1/f") == 1  # without a question
    assert "no database that FarmDesk knows" in capfd.readouterr().err
    assert not (desk / "farm").exists()


def test_with_nobody_there_to_ask_it_says_so(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert _run("setup") == 1
    assert "Nobody answered: Login of the first superadmin" in capfd.readouterr().err
    assert not (desk / "farm").exists()


def test_a_farm_with_a_superadmin_asks_nobody(desk: Path) -> None:
    assert _run(WORDS, FILES) == 0
    assert _run("setup --host farm.example") == 0


def test_another_s_key_file_in_the_way_is_told_before_anything_is_made(
    desk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_key_file(desk / "boss.fdkey", keys_of("ann"), PASSPHRASE, n=1 << 14)
    assert _run(WORDS, FILES) == 1
    assert "holds other keys" in capfd.readouterr().err
    assert not (desk / "farm").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("setup --database mysql://farm:s3cret@h/f", "Leave the password out"),
        ("setup --certificate c.pem --key k.pem", "needs all three"),
        (f"{WORDS} --identity-file identity --passphrase-file open", "open to others"),
        (f"{WORDS} --identity-file identity --passphrase-file short", "12 characters"),
        ("key show none.fdkey", "No such file"),
        ("key passwd pass", "no whole key file"),
        ("vault recovery", "master.key cannot be used"),
        ("vault restore --from pass", "no whole recovery copy"),
        ("vault restore --from none", "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told(
    desk: Path, words: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (desk / "open").write_text(PASSPHRASE)
    (desk / "open").chmod(0o644)
    write_secret(desk / "short", b"short")
    assert _run(words) == 1
    shown = capfd.readouterr()
    assert told in shown.err
    assert "s3cret" not in shown.out + shown.err


def test_the_password_of_a_database_comes_from_a_file(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def looked(url: str) -> None:
        seen.append(url)
        raise Refused("enough", "够了")

    monkeypatch.setattr("farmdesk.setup.steps.check_database", looked)
    write_secret(desk / "db", "s3cret:@/%密\n".encode())
    assert _run("setup --database mysql://farm@h:3306/f --database-password-file db") == 1
    assert seen == ["mysql://farm:s3cret%3A%40%2F%25%E5%AF%86@h:3306/f"]


def test_a_passphrase_is_changed(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(WORDS, FILES) == 0
    change = "key passwd boss.fdkey --passphrase-file pass --new-passphrase-file later"
    assert _run(change) == 0
    assert _run(change) == 1
    assert "does not open boss.fdkey" in capfd.readouterr().err
    assert read_key_file(desk / "boss.fdkey").open(LATER).login == "boss"
    assert _run("key show boss.fdkey --json") == 0
    shown = json.loads(capfd.readouterr().out)
    assert (shown["login"], len(shown["fingerprint"])) == ("boss", 64)


def test_the_master_key_is_rotated_printed_and_brought_back(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run(WORDS, FILES) == 0
    assert _run("vault rotate") == 0
    assert "3 secrets were wrapped" in capfd.readouterr().out
    assert _run("vault recovery") == 0
    paper = capfd.readouterr().out
    path = read_config(desk / "farm").master_key
    key = read_master_keys(path)[-1]
    assert paper.strip() == print_recovery(key)
    path.unlink()
    typed = desk / "typed"
    typed.write_text("\n".join(line[3:] for line in paper.splitlines()[1:]))
    with typed.open() as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        assert _run("vault restore --as ann") == 0
    assert read_master_keys(path) == (key,)
    database = open_database(f"sqlite:///{desk}/farm/farm.db")
    with database.reading() as connection:
        noted = [row for row in audit.newest(connection, 3) if row.subject == key.id]
    database.close()
    assert [(row.action, row.actor == "ann") for row in noted] == [
        ("rotate_master_key", False),
        ("print_recovery_copy", False),
        ("restore_master_key", True),
    ]
    capfd.readouterr()
    (desk / "farm" / "farm.db").rename(desk / "away.db")  # a key comes back before its database
    assert _run("vault recovery") == 0
    shown = capfd.readouterr()
    assert shown.out == paper
    assert "This is not in the audit log." in shown.err
