"""Bots that buy at intervals."""

from __future__ import annotations

from typing import Literal

from bybit_async.models.trading_bot.base import BotPart, BotWire
from bybit_async.wire import Number


class DcaAck(BotWire):
    """A bot that was started.

    Attributes:
        status_code: 200 when accepted, 421 when the user is banned.
    """

    bot_id: int
    status_code: int | None = None
    debug_msg: str | None = None
    ban_reason_text: str | None = None


class DcaCloseAck(BotWire):
    """A bot that was stopped."""

    bot_id: str
    status_code: int | None = None
    close_mode: Literal["DCA_BASE_MODE", "DCA_QUOTE_MODE"] | None = None
    debug_msg: str | None = None


class DcaPair(BotPart):
    """A coin to buy.

    Attributes:
        base: the coin.
        amount: how much of the quote coin to spend on it each time.
    """

    base: str
    amount: Number
