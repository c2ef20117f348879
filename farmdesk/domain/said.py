"""A sentence for people in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in English and Chinese; empty: nothing needs to be said."""

    en: str = ""
    zh: str = ""

    def text(self, language: str) -> str:
        """Give the sentence in `zh` or `en`; in English where it was told in English alone."""
        return (self.zh or self.en) if language == "zh" else self.en

    def __add__(self, more: "Said") -> "Said":
        """Give both, one behind the other."""
        return Said(self.en + more.en, self.text("zh") + more.text("zh"))


UNSAID = Said()
