"""Where a bot keeps its files: apart from them, those of an account that lives in its process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bybit_async.bot.configuration import BotSettings

_SQLITE = "sqlite:///"
_PARTS = ("", "-wal", "-shm")


def journal_url(settings: BotSettings) -> str:
    """Return the address of the journal."""
    url, mode = settings.journal.url, settings.exchange.mode
    if mode == "live" or not url.startswith(_SQLITE) or url.endswith(":memory:"):
        return url
    return f"{_SQLITE}{Path(url.removeprefix(_SQLITE)).with_suffix(f'.{mode}.sqlite3')}"


def state_directory(settings: BotSettings) -> Path:
    """Return where the emergency latch lies."""
    folder, mode = Path(settings.engine.state_directory), settings.exchange.mode
    return folder if mode == "live" else folder / mode


def account_identity(settings: BotSettings, account: str) -> str:
    """Return what one engine alone may trade: the account, or for paper accounts the journal.

    Each start makes another paper account; what two of them must not share is the journal.
    """
    if settings.exchange.mode != "paper":
        return account
    return f"paper/{Path(journal_url(settings).removeprefix(_SQLITE)).absolute()}"


def clear_the_way(settings: BotSettings) -> None:
    """Make room for the journal of a new account, if it is one that ends with its process.

    That of a simulated exchange is removed. That of a paper account belongs to a real market: it is put aside, under
    the time of its last entry.
    """
    url = journal_url(settings)
    path = Path(url.removeprefix(_SQLITE))
    if url == settings.journal.url or not path.exists():
        return
    if settings.exchange.mode == "simulated":
        for part in _PARTS:
            Path(f"{path}{part}").unlink(missing_ok=True)
        return
    ended = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    aside = path.with_suffix(f".{ended:%Y%m%dT%H%M%S%f}.sqlite3")
    for part in _PARTS:
        if Path(f"{path}{part}").exists():
            Path(f"{path}{part}").rename(f"{aside}{part}")
