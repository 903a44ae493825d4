"""What the bot writes down before it acts, and reads again when it starts."""

from bybit_async.bot.journal.journal import Journal, open_store
from bybit_async.bot.journal.tables import JournalStore, Put

__all__ = ["Journal", "Put", "JournalStore", "open_store"]
