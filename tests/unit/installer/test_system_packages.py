"""What is missing on a machine, and who may bring it."""

import os
from pathlib import Path

import pytest

from installer import prepare, system_packages
from installer.steps import SetupError
from installer.system_packages import Need, command_line, install, missing, services_kept_off


def test_a_program_is_found_wherever_it_is_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need = Need("blender", program="blender-of-this-test")
    assert missing([need]) == [need]
    (tmp_path / "blender-of-this-test").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "blender-of-this-test").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing([need]) == []


def test_libraries_and_fonts_that_no_machine_has_are_missing() -> None:
    needs = [Need("a", library="libno-such-thing.so.77"), Need("b", font="NoSuchFont-77*")]
    assert missing(needs) == needs


def test_without_rights_one_line_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "may_install", lambda: False)
    needs = [Need("samba", program="smbd"), Need("xvfb", program="Xvfb")]
    with pytest.raises(SetupError) as caught:
        install(needs)
    last = str(caught.value).splitlines()[-1].strip()
    assert last == command_line(needs)
    assert last.endswith("install --no-install-recommends samba xvfb")


def test_set_up_ends_with_an_error_code_and_the_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_packages, "may_install", lambda: False)
    monkeypatch.setattr("installer.environment.prepare_environment", lambda _: None)
    monkeypatch.setattr(prepare, "missing", lambda needs: [Need("samba", program="smbd")])
    assert prepare.main(["test"]) == 1
    assert "sudo apt-get install" in capsys.readouterr().out


def test_services_stay_off_only_while_packages_are_installed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"

    def install_and_fail() -> None:
        with services_kept_off(policy):
            assert os.access(policy, os.X_OK)
            assert "exit 101" in policy.read_text(encoding="utf-8")
            raise SetupError("apt failed")

    with pytest.raises(SetupError):
        install_and_fail()
    assert not policy.exists()


def test_a_policy_of_the_machine_is_never_touched(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    with services_kept_off(policy):
        pass
    assert policy.read_text(encoding="utf-8") == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize(
    ("environment", "possible"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "WINDOW": "0"}, False),
        ({"DISPLAY": ":0", "WINDOW": ""}, True),
    ],
)
def test_the_window_needs_a_display_and_nobody_who_said_no(
    environment: dict[str, str], possible: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WINDOW"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert prepare.window_is_possible() is possible
