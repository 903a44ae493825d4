"""Bots that buy at intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from bybit_async.api.spelling import wires
from bybit_async.api.trading_bot.base import Bots
from bybit_async.models import trading_bot as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import post
from bybit_async.wire import Number, plain

CREATE_DCA_BOT = post("/v5/dca/create-bot", "trading_bot.create_dca_bot", m.DcaAck, bare=True)
CLOSE_DCA_BOT = post("/v5/dca/close-bot", "trading_bot.close_dca_bot", m.DcaCloseAck)


class Dca(Bots):
    """The dca part of `TradingBot`."""

    __slots__ = ()

    async def create_dca_bot(
        self,
        *,
        frequency_in_second: int,
        quote_coin: str,
        pairs: Sequence[m.DcaPair | Fields],
        max_invest_amount: Number | None = None,
        timeout: float | None = None,
    ) -> m.DcaAck:
        """Start a bot that buys up to five coins at intervals of at least ten seconds.

        It stops when `max_invest_amount` of the quote coin is spent. `POST /v5/dca/create-bot`.
        """
        parameters: dict[str, Any] = {
            "frequency_in_second": str(frequency_in_second),
            "quote_coin": quote_coin,
            "pairs": wires(m.DcaPair, pairs, "pairs"),
        }
        if max_invest_amount is not None:
            parameters["max_invest_amount"] = plain(max_invest_amount, "max_invest_amount")
        return await self._call(CREATE_DCA_BOT, timeout, parameters=parameters)

    async def close_dca_bot(
        self, *, bot_id: str, close_mode: Literal[2, 3], timeout: float | None = None
    ) -> m.DcaCloseAck:
        """Stop a bot; `close_mode` is 2 to end in the base coin, 3 in the quote coin. `POST /v5/dca/close-bot`."""
        return await self._call(CLOSE_DCA_BOT, timeout, bot_id=bot_id, close_mode=close_mode)
