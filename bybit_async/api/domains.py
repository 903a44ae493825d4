"""Every domain as a lazy attribute: a domain is imported, and its resource made, when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bybit_async.api.resource import Caller

if TYPE_CHECKING:
    from bybit_async.api.account import Account
    from bybit_async.api.affiliate import Affiliate
    from bybit_async.api.alpha import Alpha
    from bybit_async.api.asset import Asset
    from bybit_async.api.broker import Broker
    from bybit_async.api.card import Card
    from bybit_async.api.crypto_loan import CryptoLoan
    from bybit_async.api.earn import Earn
    from bybit_async.api.fiat import Fiat
    from bybit_async.api.institutional_loan import InstitutionalLoan
    from bybit_async.api.leveraged_token import LeveragedToken
    from bybit_async.api.market import Market
    from bybit_async.api.p2p import P2P
    from bybit_async.api.position import Position
    from bybit_async.api.pre_upgrade import PreUpgrade
    from bybit_async.api.rate_limit import RateLimit
    from bybit_async.api.rfq import Rfq
    from bybit_async.api.spot_margin import SpotMargin
    from bybit_async.api.spread import Spread
    from bybit_async.api.strategy import Strategy
    from bybit_async.api.system import System
    from bybit_async.api.tax import Tax
    from bybit_async.api.trade import Trade
    from bybit_async.api.trading_bot import TradingBot
    from bybit_async.api.user import User


class Domains:
    """The endpoints of one caller, grouped as Bybit groups them."""

    _caller: Caller

    @cached_property
    def market(self) -> Market:
        """Public market data."""
        from bybit_async.api.market import Market

        return Market(self._caller)

    @cached_property
    def trade(self) -> Trade:
        """Orders and executions."""
        from bybit_async.api.trade import Trade

        return Trade(self._caller)

    @cached_property
    def position(self) -> Position:
        """Positions, leverage, closed profit and loss."""
        from bybit_async.api.position import Position

        return Position(self._caller)

    @cached_property
    def account(self) -> Account:
        """The unified account: wallet, fees, margin mode, transactions."""
        from bybit_async.api.account import Account

        return Account(self._caller)

    @cached_property
    def asset(self) -> Asset:
        """Balances, transfers, deposits, withdrawals, conversion."""
        from bybit_async.api.asset import Asset

        return Asset(self._caller)

    @cached_property
    def user(self) -> User:
        """API keys and sub-accounts."""
        from bybit_async.api.user import User

        return User(self._caller)

    @cached_property
    def spot_margin(self) -> SpotMargin:
        """Borrowing for spot."""
        from bybit_async.api.spot_margin import SpotMargin

        return SpotMargin(self._caller)

    @cached_property
    def spread(self) -> Spread:
        """Spread trading: two legs as one order."""
        from bybit_async.api.spread import Spread

        return Spread(self._caller)

    @cached_property
    def rfq(self) -> Rfq:
        """Requests for quotes on blocks."""
        from bybit_async.api.rfq import Rfq

        return Rfq(self._caller)

    @cached_property
    def crypto_loan(self) -> CryptoLoan:
        """Loans against crypto collateral."""
        from bybit_async.api.crypto_loan import CryptoLoan

        return CryptoLoan(self._caller)

    @cached_property
    def institutional_loan(self) -> InstitutionalLoan:
        """Loans to institutions."""
        from bybit_async.api.institutional_loan import InstitutionalLoan

        return InstitutionalLoan(self._caller)

    @cached_property
    def earn(self) -> Earn:
        """Staking, savings and structured products."""
        from bybit_async.api.earn import Earn

        return Earn(self._caller)

    @cached_property
    def alpha(self) -> Alpha:
        """On-chain trading and prediction markets."""
        from bybit_async.api.alpha import Alpha

        return Alpha(self._caller)

    @cached_property
    def broker(self) -> Broker:
        """Exchange brokers: rebates, sub-accounts, rate limits."""
        from bybit_async.api.broker import Broker

        return Broker(self._caller)

    @cached_property
    def affiliate(self) -> Affiliate:
        """Affiliates: referred users."""
        from bybit_async.api.affiliate import Affiliate

        return Affiliate(self._caller)

    @cached_property
    def p2p(self) -> P2P:
        """Peer-to-peer trading: ads, orders, chat."""
        from bybit_async.api.p2p import P2P

        return P2P(self._caller)

    @cached_property
    def fiat(self) -> Fiat:
        """Conversion between fiat and crypto."""
        from bybit_async.api.fiat import Fiat

        return Fiat(self._caller)

    @cached_property
    def card(self) -> Card:
        """The Bybit card: transactions and rewards."""
        from bybit_async.api.card import Card

        return Card(self._caller)

    @cached_property
    def trading_bot(self) -> TradingBot:
        """Bybit's own bots: grids, martingale, averaging."""
        from bybit_async.api.trading_bot import TradingBot

        return TradingBot(self._caller)

    @cached_property
    def strategy(self) -> Strategy:
        """Strategy orders executed by Bybit."""
        from bybit_async.api.strategy import Strategy

        return Strategy(self._caller)

    @cached_property
    def rate_limit(self) -> RateLimit:
        """Rate limits of institutions and their sub-accounts."""
        from bybit_async.api.rate_limit import RateLimit

        return RateLimit(self._caller)

    @cached_property
    def leveraged_token(self) -> LeveragedToken:
        """Leveraged tokens (retired by Bybit)."""
        from bybit_async.api.leveraged_token import LeveragedToken

        return LeveragedToken(self._caller)

    @cached_property
    def pre_upgrade(self) -> PreUpgrade:
        """Records from before an account was upgraded."""
        from bybit_async.api.pre_upgrade import PreUpgrade

        return PreUpgrade(self._caller)

    @cached_property
    def tax(self) -> Tax:
        """Reports for the tax office."""
        from bybit_async.api.tax import Tax

        return Tax(self._caller)

    @cached_property
    def system(self) -> System:
        """Announcements and system status."""
        from bybit_async.api.system import System

        return System(self._caller)
