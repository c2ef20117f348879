"""What somebody is told who mistyped."""

import pytest

from farmdesk.cli.options import read_words

CASES = [
    (
        "sumbit",
        "There is no command 'sumbit'. Did you mean submit?",
        "没有命令 'sumbit'。您是不是想输入 submit？",
    ),
    ("TASKS", "no command 'TASKS'. Did you mean tasks?", "您是不是想输入 tasks？"),
    ("--farm /f shwo 7", "Did you mean show?", "您是不是想输入 show？"),
    ("resotre 7", "Did you mean restore", "您是不是想输入 restore"),
    (
        "xyzzy",
        "There is no command 'xyzzy'. See: farmdesk --help",
        "没有命令 'xyzzy'。参见：farmdesk --help",
    ),
    ("user lst", "There is no command 'lst'. Did you mean list?", "您是不是想输入 list？"),
    ("", "Missing: COMMAND. See: farmdesk --help", "缺少：命令。参见：farmdesk --help"),
    ("user", "Missing: WORD. See: farmdesk user --help", "缺少：子命令。"),
    (
        "download 7 --wiat",
        "There is no option --wiat. Did you mean --wait?",
        "没有选项 --wiat。您是不是想输入 --wait？",
    ),
    (
        "submit a.blend --frmes 1-10",
        "There is no option --frmes. Did you mean --frames?",
        "--frames？",
    ),
    ("download 7 --tto=x", "There is no option --tto. Did you mean --to", "没有选项 --tto。"),
    ("--jsn tasks", "There is no option --jsn. Did you mean --json?", "没有选项 --jsn。"),
    ("tasks -x", "There is no option -x.", "没有选项 -x。"),
    ("tasks 7 8", "'7 8' is too much.", "多余的内容：'7 8'。"),
    ("submit a.blend", "Missing: --frames.", "缺少：--frames。"),
    ("stop", "Missing: TASK.", "缺少：任务号。"),
    ("why", "One of these is needed: TASK --node.", "需要以下之一：任务号 --node。"),
    ("why 7 --node a", "--node and TASK exclude each other.", "--node 与 任务号 不能同时使用。"),
    (
        "stop seven",
        "TASK must be a whole number, not 'seven'.",
        "任务号 必须是整数，而不是 'seven'。",
    ),
    ("submit a --frames 1 --fps x", "--fps must be a number, not 'x'.", "--fps 必须是数字"),
    ("download 7 --to", "--to needs a value behind it.", "--to 后面需要一个值。"),
    ("tasks --json=1", "--json takes no value: '1'.", "--json 不带值：'1'。"),
    (
        "show 7 --f",
        "--f may mean --farm, --follow. Write it in full.",
        "--f 可能是 --farm, --follow。",
    ),
    (
        "auto-start yes",
        "on|off cannot be 'yes'. It is one of off, on.",
        "on|off 不能是 'yes'。可选：off, on。",
    ),
    ("setup --port 0", "--port: '0' is no port; a port is", "--port：'0' 不是端口；端口是"),
    ("audit verify --noted 3", "--noted: write it as it was shown", "--noted：请照原样填写"),
]


@pytest.mark.parametrize(("words", "en", "zh"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
def test_a_slip_is_told_in_the_terminal_s_language_with_what_may_be_meant(
    words: str,
    en: str,
    zh: str,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    with pytest.raises(SystemExit) as ended:
        read_words(words.split())
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    usage, sentence = told.err.rstrip().rsplit("\n", 1)
    assert (en if language[0] == "e" else zh) in sentence
    assert usage.startswith("usage: farmdesk" if language[0] == "e" else "用法: farmdesk")


def test_a_value_that_looks_like_an_option_is_none() -> None:
    """argparse takes what has a blank for a value, and what follows an equals sign."""
    words = read_words(["submit", "a", "--frames", "-5-5", "--note", "--not an option"])
    assert (words.frames, words.note) == ("-5-5", "--not an option")
    assert read_words(["urgent", "request", "7", "--reason=--now"]).reason == "--now"
