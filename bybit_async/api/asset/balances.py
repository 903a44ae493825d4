"""Balances of every account type, and what of them may be moved or withdrawn."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.models import asset as m
from bybit_async.transport.endpoint import get
from bybit_async.wire import Rows

GET_ASSET_OVERVIEW = get("/v5/asset/asset-overview", "asset.get_asset_overview", m.AssetOverview)
GET_COIN_GREEKS = get("/v5/asset/coin-greeks", "asset.get_coin_greeks", Rows[m.CoinGreeks])
GET_PORTFOLIO_MARGIN_INFO = get("/v5/asset/portfolio-margin", "asset.get_portfolio_margin_info", m.PortfolioMargin)
GET_TOTAL_MEMBERS_ASSETS = get("/v5/asset/total-members-assets", "asset.get_total_members_assets", m.MembersAssets)
GET_COIN_BALANCE = get("/v5/asset/transfer/query-account-coin-balance", "asset.get_coin_balance", m.CoinBalanceOf)
GET_COINS_BALANCE = get("/v5/asset/transfer/query-account-coins-balance", "asset.get_coins_balance", m.CoinBalances)
GET_SPOT_ASSET_INFO = get(
    "/v5/asset/transfer/query-asset-info",
    "asset.get_spot_asset_info",
    m.ClassicAssets,
    deprecated="Asset.get_coins_balance",
)
GET_WITHDRAWABLE_AMOUNT = get(
    "/v5/asset/withdraw/withdrawable-amount", "asset.get_withdrawable_amount", m.WithdrawableAmounts
)


class AssetBalances(Resource):
    """The balances part of `Asset`."""

    __slots__ = ()

    async def get_asset_overview(
        self,
        *,
        member_id: str | None = None,
        valuation_currency: str | None = None,
        account_type: str | None = None,
        timeout: float | None = None,
    ) -> m.AssetOverview:
        """Equity of every account and product in one fiat currency.

        With a master key, `member_id` names a sub account; `valuation_currency` is ``USD`` when left out.
        `GET /v5/asset/asset-overview`.
        """
        return await self._call(
            GET_ASSET_OVERVIEW, timeout, member_id=member_id, valuation_currency=valuation_currency,
            account_type=account_type,
        )  # fmt: skip

    async def get_coin_greeks(
        self, *, base_coin: str | None = None, timeout: float | None = None
    ) -> Rows[m.CoinGreeks]:
        """The account's summed option Greeks per base coin; all coins when `base_coin` is left out.

        `GET /v5/asset/coin-greeks`.
        """
        return await self._call(GET_COIN_GREEKS, timeout, base_coin=base_coin)

    async def get_portfolio_margin_info(
        self, *, base_coin: str | None = None, timeout: float | None = None
    ) -> m.PortfolioMargin:
        """What the portfolio margin of the account is made of, per base coin; all coins when `base_coin` is left out.

        `GET /v5/asset/portfolio-margin`.
        """
        return await self._call(GET_PORTFOLIO_MARGIN_INFO, timeout, base_coin=base_coin)

    async def get_total_members_assets(
        self, *, coin: str | None = None, timeout: float | None = None
    ) -> m.MembersAssets:
        """Total assets of the master account and every sub account, valued in `coin` (BTC when left out).

        `GET /v5/asset/total-members-assets`.
        """
        return await self._call(GET_TOTAL_MEMBERS_ASSETS, timeout, coin=coin)

    async def get_coin_balance(
        self,
        *,
        account_type: str,
        coin: str,
        member_id: str | None = None,
        to_member_id: str | None = None,
        to_account_type: str | None = None,
        with_bonus: Literal[0, 1] | None = None,
        with_transfer_safe_amount: Literal[0, 1] | None = None,
        with_ltv_transfer_safe_amount: Literal[0, 1] | None = None,
        timeout: float | None = None,
    ) -> m.CoinBalanceOf:
        """Balance of one coin in one account type.

        With a master key, `member_id` names a sub account; name `to_member_id` or `to_account_type` to learn what may
        be transferred there. `GET /v5/asset/transfer/query-account-coin-balance`.
        """
        return await self._call(
            GET_COIN_BALANCE, timeout, account_type=account_type, coin=coin, member_id=member_id,
            to_member_id=to_member_id, to_account_type=to_account_type, with_bonus=with_bonus,
            with_transfer_safe_amount=with_transfer_safe_amount,
            with_ltv_transfer_safe_amount=with_ltv_transfer_safe_amount,
        )  # fmt: skip

    async def get_coins_balance(
        self,
        *,
        account_type: str,
        member_id: str | None = None,
        coin: str | None = None,
        with_bonus: Literal[0, 1] | None = None,
        timeout: float | None = None,
    ) -> m.CoinBalances:
        """Balances of one account type; `coin` takes several names, comma-separated, and is required for ``UNIFIED``.

        `GET /v5/asset/transfer/query-account-coins-balance`.
        """
        return await self._call(
            GET_COINS_BALANCE, timeout, account_type=account_type, member_id=member_id, coin=coin,
            with_bonus=with_bonus,
        )  # fmt: skip

    @deprecated("Use Asset.get_coins_balance.")
    async def get_spot_asset_info(
        self, *, account_type: str, coin: str | None = None, timeout: float | None = None
    ) -> m.ClassicAssets:
        """Balances of the classic spot account. `GET /v5/asset/transfer/query-asset-info`."""
        return await self._call(GET_SPOT_ASSET_INFO, timeout, account_type=account_type, coin=coin)

    async def get_withdrawable_amount(self, *, coin: str, timeout: float | None = None) -> m.WithdrawableAmounts:
        """How much of a coin may be withdrawn now, per account type. `GET /v5/asset/withdraw/withdrawable-amount`."""
        return await self._call(GET_WITHDRAWABLE_AMOUNT, timeout, coin=coin)
