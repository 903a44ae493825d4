"""Liquidity pools: positions and orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Rows, Wire


class AlphaPool(Wire):
    """A liquidity pool."""

    pool_address: str | None = None
    pool_name: str | None = None
    pool_tag: str | None = None
    apy: Decimal | None = None
    tvl: Decimal | None = None
    token0_symbol: str | None = None
    token0_icon_url_day: str | None = None
    token0_icon_url_night: str | None = None
    token1_symbol: str | None = None
    token1_icon_url_day: str | None = None
    token1_icon_url_night: str | None = None
    chain_code: str | None = None
    chain_icon_url: str | None = None


class AlphaPools(Rows[AlphaPool]):
    """Liquidity pools."""

    rows: list[AlphaPool] = msgspec.field(default_factory=list, name="pools")


class AlphaPoolInfo(Wire):
    """A liquidity pool in detail."""

    pool_address: str | None = None
    pool_name: str | None = None
    apy: Decimal | None = None
    tvl: Decimal | None = None
    fee_rate: Decimal | None = None
    token0_symbol: str | None = None
    token0_reserve: Decimal | None = None
    token1_symbol: str | None = None
    token1_reserve: Decimal | None = None
    price_range_lower: Decimal | None = None
    price_range_upper: Decimal | None = None
    current_price: Decimal | None = None


class AlphaPoolPayToken(Wire):
    """A coin to pay with and its balance."""

    token_code: str | None = None
    token_symbol: str | None = None
    chain_code: str | None = None
    chain_icon_url: str | None = None
    decimals: int | None = None
    available_balance: Decimal | None = None
    token_icon_url_day: str | None = None
    token_icon_url_night: str | None = None
    min_stake_amount: Decimal | None = None
    max_stake_amount: Decimal | None = None


class AlphaPoolPayTokens(Rows[AlphaPoolPayToken]):
    """Coins to pay a pool with."""

    rows: list[AlphaPoolPayToken] = msgspec.field(default_factory=list, name="tokens")


class AlphaPoolPayTokenPrice(Wire):
    """The price of one coin.

    Attributes:
        update_time: seconds.
    """

    token_code: str | None = None
    token_symbol: str | None = None
    price_usd: Decimal | None = None
    chain_code: str | None = None
    update_time: int | None = None


class AlphaPoolPayTokenPrices(Rows[AlphaPoolPayTokenPrice]):
    """Coin prices."""

    rows: list[AlphaPoolPayTokenPrice] = msgspec.field(default_factory=list, name="prices")


class AlphaStakeAck(Wire):
    """A stake that was accepted."""

    position_id: int
    order_no: str


class AlphaPoolOrderAck(Wire):
    """The number of an order."""

    order_no: str


class AlphaPosition(Wire):
    """A position in a pool.

    Attributes:
        status: 1 active, 2 closed, 3 processing.
        create_time: seconds.
        update_time: seconds.
    """

    position_id: int
    pool_address: str | None = None
    pool_name: str | None = None
    staked_amount: Decimal | None = None
    staked_token_code: str | None = None
    staked_token_symbol: str | None = None
    current_value_usd: Decimal | None = None
    earned_rewards_usd: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    realized_pnl: Decimal | None = None
    apy: Decimal | None = None
    token0_amount: Decimal | None = None
    token0_symbol: str | None = None
    token1_amount: Decimal | None = None
    token1_symbol: str | None = None
    range_upper: Decimal | None = None
    range_lower: Decimal | None = None
    create_time: int | None = None
    update_time: int | None = None
    status: Literal[1, 2, 3] | None = None


class AlphaPositions(Rows[AlphaPosition]):
    """Positions in pools."""

    rows: list[AlphaPosition] = msgspec.field(default_factory=list, name="positions")


class AlphaPoolOrder(Wire):
    """A stake or redemption.

    Attributes:
        order_type: 1 stake, 2 redemption.
        order_status: 1 processing, 2 done, 3 failed.
        create_time: seconds.
        execution_time: seconds.
    """

    order_no: str
    position_id: int
    order_type: Literal[1, 2] | None = None
    order_status: Literal[1, 2, 3] | None = None
    pool_address: str | None = None
    pool_name: str | None = None
    token_code: str | None = None
    token_symbol: str | None = None
    token_icon_url_day: str | None = None
    token_icon_url_night: str | None = None
    amount: Decimal | None = None
    chain_code: str | None = None
    chain_icon_url: str | None = None
    gas_token_symbol: str | None = None
    gas_onchain: Decimal | None = None
    gas_usd: Decimal | None = None
    platform_fee: Decimal | None = None
    platform_fee_usd: Decimal | None = None
    create_time: int | None = None
    execution_time: int | None = None
    failure_reason: str | None = None
    derc_ratio: Decimal | None = None


class AlphaPoolOrders(Rows[AlphaPoolOrder]):
    """A numbered page of pool orders."""

    rows: list[AlphaPoolOrder] = msgspec.field(default_factory=list, name="orders")
    total: int | None = None
    page_index: int | None = None
