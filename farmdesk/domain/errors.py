"""The errors of FarmDesk: one root, and the split between what the world did and what we did wrong.

Every error that a person may read derives from `FarmError` and says in one or two sentences what
happened, why, and what to do next, in English (`str(error)`) and Chinese (`error.zh`).
"""


class FarmError(Exception):
    """Root of all errors that a person may read."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh

    def text(self, language: str) -> str:
        """Give the sentence in `zh` or `en`."""
        return self.zh if language == "zh" else self.en


class Refused(FarmError):
    """A command or an input that the farm does not accept; nothing was changed."""


class FarmUnavailable(FarmError):
    """The database or the share cannot be reached now; trying again later may help."""
