"""C2C lending, which Bybit has closed."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.models import crypto_loan as m
from bybit_async.transport.endpoint import get, post
from bybit_async.wire import Number, Rows, Time, none_or_milliseconds, none_or_plain, plain

GET_LENDING_COIN_INFO = get(
    "/v5/lending/info",
    "crypto_loan.get_lending_coin_info",
    Rows[m.LendingCoin],
    deprecated="Earn.get_earn_product_info; C2C lending is closed",
)
GET_LENDING_ACCOUNT_INFO = get(
    "/v5/lending/account",
    "crypto_loan.get_lending_account_info",
    m.LendingAccount,
    deprecated="Earn.get_staked_position; C2C lending is closed",
)
DEPOSIT_FUNDS = post(
    "/v5/lending/purchase",
    "crypto_loan.deposit_funds",
    m.LendingOrder,
    deprecated="Earn.stake_or_redeem; C2C lending is closed",
)
REDEEM_FUNDS = post(
    "/v5/lending/redeem",
    "crypto_loan.redeem_funds",
    m.LendingOrder,
    deprecated="Earn.stake_or_redeem; C2C lending is closed",
)
CANCEL_REDEEM = post(
    "/v5/lending/redeem-cancel",
    "crypto_loan.cancel_redeem",
    m.LendingCancellation,
    deprecated="Earn.stake_or_redeem; C2C lending is closed",
)
GET_LENDING_ORDERS = get(
    "/v5/lending/history-order",
    "crypto_loan.get_lending_orders",
    Rows[m.LendingOrder],
    deprecated="Earn.get_stake_or_redemption_history; C2C lending is closed",
)


class Lending(Resource):
    """The lending part of `CryptoLoan`."""

    __slots__ = ()

    @deprecated("Use Earn.get_earn_product_info; C2C lending is closed.")
    async def get_lending_coin_info(
        self, *, coin: str | None = None, timeout: float | None = None
    ) -> Rows[m.LendingCoin]:
        """Coins that could be lent. `GET /v5/lending/info`."""
        return await self._call(GET_LENDING_COIN_INFO, timeout, coin=coin)

    @deprecated("Use Earn.get_staked_position; C2C lending is closed.")
    async def get_lending_account_info(self, *, coin: str, timeout: float | None = None) -> m.LendingAccount:
        """What is lent of a coin. `GET /v5/lending/account`."""
        return await self._call(GET_LENDING_ACCOUNT_INFO, timeout, coin=coin)

    @deprecated("Use Earn.stake_or_redeem; C2C lending is closed.")
    async def deposit_funds(
        self, *, coin: str, quantity: Number, serial_no: str | None = None, timeout: float | None = None
    ) -> m.LendingOrder:
        """Lend a coin. `POST /v5/lending/purchase`."""
        return await self._call(
            DEPOSIT_FUNDS, timeout, coin=coin, quantity=plain(quantity, "quantity"), serial_no=serial_no,
        )  # fmt: skip

    @deprecated("Use Earn.stake_or_redeem; C2C lending is closed.")
    async def redeem_funds(
        self, *, coin: str, quantity: Number | None = None, serial_no: str | None = None, timeout: float | None = None
    ) -> m.LendingOrder:
        """Take a coin back. `POST /v5/lending/redeem`."""
        return await self._call(
            REDEEM_FUNDS, timeout, coin=coin, quantity=none_or_plain(quantity, "quantity"), serial_no=serial_no,
        )  # fmt: skip

    @deprecated("Use Earn.stake_or_redeem; C2C lending is closed.")
    async def cancel_redeem(
        self,
        *,
        coin: str | None = None,
        order_id: str | None = None,
        serial_no: str | None = None,
        timeout: float | None = None,
    ) -> m.LendingCancellation:
        """Cancel a redemption. `POST /v5/lending/redeem-cancel`."""
        return await self._call(
            CANCEL_REDEEM, timeout, coin=coin, order_id=order_id, serial_no=serial_no,
        )  # fmt: skip

    @deprecated("Use Earn.get_stake_or_redemption_history; C2C lending is closed.")
    async def get_lending_orders(
        self,
        *,
        coin: str | None = None,
        order_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        order_type: Literal["1", "2", "3"] | None = None,
        timeout: float | None = None,
    ) -> Rows[m.LendingOrder]:
        """Deposits, redemptions and payments.

        `order_type` is ``1``, ``2`` or ``3`` for these, `limit` 1 to 500 (50 when left out).
        `GET /v5/lending/history-order`.
        """
        return await self._call(
            GET_LENDING_ORDERS, timeout, coin=coin, order_id=order_id,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            order_type=order_type,
        )  # fmt: skip
