"""A sentence for people in both languages, as the engine says it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in English and Chinese."""

    en: str
    zh: str
