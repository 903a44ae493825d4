"""What the account holds, pays and did."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.enums import Category
from bybit_async.models import account as m
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager
from bybit_async.wire import Time, none_or_milliseconds

GET_WALLET_BALANCE = get("/v5/account/wallet-balance", "account.get_wallet_balance", m.Wallets)
GET_TRANSFERABLE_AMOUNT = get("/v5/account/withdrawal", "account.get_transferable_amount", m.TransferableAmount)
GET_FEE_RATES = get("/v5/account/fee-rate", "account.get_fee_rates", m.FeeRates)
GET_TRANSACTION_LOG = get("/v5/account/transaction-log", "account.get_transaction_log", m.TransactionPage)
GET_CONTRACT_TRANSACTION_LOG = get(
    "/v5/account/contract-transaction-log",
    "account.get_contract_transaction_log",
    m.ContractTransactionPage,
    deprecated="account.get_transaction_log",
)
GET_OPTION_ASSET_INFO = get("/v5/account/option-asset-info", "account.get_option_asset_info", m.OptionAssets)
GET_TRADE_INFO_FOR_ANALYSIS = get(
    "/v5/account/trade-info-for-analysis", "account.get_trade_info_for_analysis", m.TradeAnalysis
)


class AccountBalances(Resource):
    """The part of `Account` that reads balances and their history."""

    __slots__ = ()

    async def get_wallet_balance(
        self,
        *,
        account_type: Literal["UNIFIED"] = "UNIFIED",
        coin: str | None = None,
        timeout: float | None = None,
    ) -> m.Wallets:
        """The account's totals in USD, and its coins. `GET /v5/account/wallet-balance`.

        Without `coin` every coin that is not zero is listed; several are separated by commas.
        """
        return await self._call(GET_WALLET_BALANCE, timeout, account_type=account_type, coin=coin)

    async def get_transferable_amount(self, *, coin_name: str, timeout: float | None = None) -> m.TransferableAmount:
        """What may be moved out of the account, for up to 20 coins separated by commas.

        `GET /v5/account/withdrawal`.
        """
        return await self._call(GET_TRANSFERABLE_AMOUNT, timeout, coin_name=coin_name)

    async def get_fee_rates(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        timeout: float | None = None,
    ) -> m.FeeRates:
        """Fee rates of the account as fractions; options take `base_coin`, the others `symbol`.

        `GET /v5/account/fee-rate`.
        """
        return await self._call(GET_FEE_RATES, timeout, category=category, symbol=symbol, base_coin=base_coin)

    def get_transaction_log(
        self,
        *,
        account_type: Literal["UNIFIED"] | None = None,
        category: Category | None = None,
        currency: str | None = None,
        base_coin: str | None = None,
        type: str | None = None,
        trans_sub_type: Literal["movePosition"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.TransactionPage, m.Transaction]:
        """Every change of the balance in the last two years, newest first within each window of seven days.

        `type` is Bybit's word for the kind of change, like ``TRADE`` or ``SETTLEMENT``. Without `start` and `end` the
        last 24 hours are listed. `limit` is 1 to 50 (20 when left out). `GET /v5/account/transaction-log`.
        """
        return self._pages(
            GET_TRANSACTION_LOG, timeout, account_type=account_type, category=category,
            currency=currency, base_coin=base_coin, type=type, trans_sub_type=trans_sub_type,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            limit=limit, cursor=cursor,
        )  # fmt: skip

    @deprecated("Unified accounts use get_transaction_log")
    def get_contract_transaction_log(
        self,
        *,
        currency: str | None = None,
        base_coin: str | None = None,
        type: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.ContractTransactionPage, m.ContractTransaction]:
        """Changes of a classic derivatives account's balance, newest first within each window of seven days.

        `limit` is 1 to 50 (20 when left out). `GET /v5/account/contract-transaction-log`.
        """
        return self._pages(
            GET_CONTRACT_TRANSACTION_LOG, timeout, currency=currency, base_coin=base_coin, type=type,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_option_asset_info(self, *, timeout: float | None = None) -> m.OptionAssets:
        """Profit and margin of options, per coin. `GET /v5/account/option-asset-info`."""
        return await self._call(GET_OPTION_ASSET_INFO, timeout)

    async def get_trade_info_for_analysis(
        self, *, symbol: str, start: Time | None = None, end: Time | None = None, timeout: float | None = None
    ) -> m.TradeAnalysis:
        """My trading of one symbol, summed up and per day. `GET /v5/account/trade-info-for-analysis`."""
        return await self._call(
            GET_TRADE_INFO_FOR_ANALYSIS, timeout, symbol=symbol,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
        )  # fmt: skip
