"""Where a bot keeps its files: apart from them, those of an exchange that lives in its process."""

from __future__ import annotations

from pathlib import Path

from bybit_async.bot.configuration import BotSettings

_SQLITE = "sqlite:///"


def journal_url(settings: BotSettings) -> str:
    """Return the address of the journal."""
    url = settings.journal.url
    if settings.exchange.address != "simulated" or not url.startswith(_SQLITE) or url.endswith(":memory:"):
        return url
    return f"{_SQLITE}{Path(url.removeprefix(_SQLITE)).with_suffix('.simulated.sqlite3')}"


def state_directory(settings: BotSettings) -> Path:
    """Return where the emergency latch lies."""
    folder = Path(settings.engine.state_directory)
    return folder / "simulated" if settings.exchange.address == "simulated" else folder


def forget_simulated(settings: BotSettings) -> None:
    """Remove the journal of a simulated exchange that is gone."""
    url = journal_url(settings)
    if url.startswith(_SQLITE) and url != settings.journal.url:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{url.removeprefix(_SQLITE)}{suffix}").unlink(missing_ok=True)
