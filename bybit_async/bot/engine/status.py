"""What a running engine says of itself."""

from __future__ import annotations

from typing import Any

from bybit_async.bot.engine.rooms import Rooms


def status_of(rooms: Rooms, refused: int) -> dict[str, Any]:
    """Return the figures of a running engine; `refused` signals led to no order."""
    active, snapshot = rooms.desk.trades.active, rooms.portfolio()
    return {
        "active_trades_count": len(active),
        "unknown_trades_count": sum(trade.is_unknown for trade in active),
        "time_ms": snapshot.time_ms,
        "synced": snapshot.synced,
        "equity": snapshot.equity,
        "exposure": snapshot.exposure,
        "worst_exposure": snapshot.worst_exposure,
        "positions_count": len(snapshot.positions),
        "unprotected": [held.symbol for held in snapshot.positions if held.stop_loss is None],
        "data_age_ms": snapshot.data_age_ms,
        "clock_error_ms": snapshot.clock_error_ms,
        "lease_token": rooms.lease.token,
        "impediments": rooms.impediments(),
        "journal_lag": rooms.journal.lag,
        "journal_healthy": rooms.journal.is_healthy,
        "breakers": [str(found) for found in rooms.risk.tripped.values()],
        "refused_count": refused,
    }
