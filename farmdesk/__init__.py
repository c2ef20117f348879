"""FarmDesk: a render farm for confidential shows. Open `docs/architecture.md` for the way one frame takes."""

__version__ = "0.1.0"
