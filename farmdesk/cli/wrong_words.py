"""What a person is told who mistyped: in his language, with the word that he may have meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from farmdesk.cli.help_zh import PLACES
from farmdesk.domain.said import Said
from farmdesk.domain.text import quoted

# What argparse says, and what we say instead; `{name}` and so on are what the pattern found.
_SENTENCES: tuple[tuple[str, Said], ...] = (
    (
        "the following arguments are required: (?P<names>.+)",
        Said("Missing: {names}.", "缺少：{names}。"),
    ),
    (
        "one of the arguments (?P<names>.+) is required",
        Said("One of these is needed: {names}.", "需要以下之一：{names}。"),
    ),
    (
        "argument (?P<name>.+?): expected (?:at least )?one argument",
        Said("{name} needs a value behind it.", "{name} 后面需要一个值。"),
    ),
    (
        "argument (?P<name>.+?): invalid (?:_?int|number|rows) value: (?P<value>.+)",
        Said("{name} must be a whole number, not {value}.", "{name} 必须是整数，而不是 {value}。"),
    ),
    (
        "argument (?P<name>.+?): invalid float value: (?P<value>.+)",
        Said("{name} must be a number, not {value}.", "{name} 必须是数字，而不是 {value}。"),
    ),
    (
        "argument (?P<name>.+?): not allowed with argument (?P<other>.+)",
        Said("{name} and {other} exclude each other.", "{name} 与 {other} 不能同时使用。"),
    ),
    (
        "argument (?P<name>.+?): ignored explicit argument (?P<value>.+)",
        Said("{name} takes no value: {value}.", "{name} 不带值：{value}。"),
    ),
    (
        "ambiguous option: (?P<name>.+?) could match (?P<names>.+)",
        Said("{name} may mean {names}. Write it in full.", "{name} 可能是 {names}。请写全。"),
    ),
    (
        "argument (?P<name>.+?): (?P<why>.+)",  # our own sentence, in the terminal's language
        Said("{name}: {why}.", "{name}：{why}。"),
    ),
)
_NAMED = ("name", "names", "other")  # of what a pattern found: the farm's own words


def sentence_for(message: str) -> Said:
    """Give the sentence for what argparse complains of; as it stands where it is not known."""
    for pattern, said in _SENTENCES:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            words = found.groupdict()
            named = {name: _in_chinese(words[name]) for name in _NAMED if name in words}
            return Said(said.en.format(**words), said.zh.format(**words | named))
    return Said(message)


def _in_chinese(names: str) -> str:
    """Give names of options and places as the help in Chinese has them."""
    return re.sub(r"[^\s,]+", lambda found: PLACES.get(found[0], found[0]), names)


def unknown_choice(kind: str, word: str, known: Iterable[str]) -> Said:
    """Say that a word is none of those that are known. `kind`: `COMMAND`, an option's name, …."""
    word, choices = quoted(word), sorted(known)
    if kind in ("COMMAND", "WORD"):
        said = Said(f"There is no command {word!r}.", f"没有命令 {word!r}。")
        return said + _meant(word, choices)
    said = Said(f"{kind} cannot be {word!r}.", f"{_in_chinese(kind)} 不能是 {word!r}。")
    names = ", ".join(choices)
    return said + Said(f" It is one of {names}.", f"可选：{names}。")


def unknown_words(words: Iterable[str], known: Iterable[str]) -> Said:
    """Say that nothing takes these words; `known`: the options that there are."""
    strange, options = [quoted(word.partition("=")[0]) for word in words], sorted(known)
    first = strange[0]
    if first.startswith("-"):
        said = Said(f"There is no option {first}.", f"没有选项 {first}。")
        return said + _meant(first, options)
    text = " ".join(strange)
    return Said(f"{text!r} is too much.", f"多余的内容：{text!r}。")


def _meant(word: str, known: Iterable[str]) -> Said:
    """Propose what is spelled nearly like it; the dashes before an option do not count."""
    bare = {name.lstrip("-"): name for name in known}
    near = get_close_matches(word.lstrip("-").lower(), bare, n=1)
    if not near:
        return Said()
    return Said(f" Did you mean {bare[near[0]]}?", f"您是不是想输入 {bare[near[0]]}？")
