"""On-chain tokens: holdings, quotes and orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Rows, Wire


class AlphaAsset(Wire):
    """A holding of an on-chain token.

    Attributes:
        trade_flag: 1 tradable, 0 not.
        asset_status: 0 running, 1 delisting soon, 2 delisted.
    """

    chain_code: str | None = None
    chain_icon_url: str | None = None
    token_address: str | None = None
    token_code: str | None = None
    token_symbol: str | None = None
    token_decimals: int | None = None
    token_icon_url_day: str | None = None
    token_icon_url_night: str | None = None
    token_amount: Decimal | None = None
    token_amount_usd: Decimal | None = None
    trade_flag: Literal[0, 1] | None = None
    pnl: Decimal | None = None
    pnl_ratio: Decimal | None = None
    cost_price: Decimal | None = None
    last_price: Decimal | None = None
    cost_total_value: Decimal | None = None
    asset_status: Literal[0, 1, 2] | None = None
    announcement_url: str | None = None
    estimated_offline_time: int | None = None
    delisting_time: int | None = None


class AlphaHolding(Rows[AlphaAsset]):
    """The holding of one token."""

    rows: list[AlphaAsset] = msgspec.field(default_factory=list, name="assetList")


class AlphaHoldings(Rows[AlphaAsset]):
    """The holdings of all tokens."""

    rows: list[AlphaAsset] = msgspec.field(default_factory=list, name="assetList")
    total_asset_usd: Decimal | None = None


class AlphaTokenDetails(Wire):
    """An on-chain token in detail.

    Attributes:
        token_tag: 0 none, 1 new, 2 hot.
        status: 0 unlisted, 1 listed, 2 delisting, 3 in delivery, 4 delisted.
        create_time_onchain: seconds.
    """

    symbol: str
    token_code: str | None = None
    chain_code: str | None = None
    chain_icon_url: str | None = None
    token_address: str | None = None
    token_decimals: int | None = None
    token_icon_url_day: str | None = None
    token_icon_url_night: str | None = None
    min_order_quantity: Decimal | None = None
    max_order_quantity: Decimal | None = None
    max_position_quantity: Decimal | None = None
    token_desc: str | None = None
    x_url: str | None = None
    official_url: str | None = None
    white_paper_url: str | None = None
    token_tag: Literal[0, 1, 2] | None = None
    risk_flag: Literal[0, 1] | None = None
    create_time_onchain: int | None = None
    status: Literal[0, 1, 2, 3, 4] | None = None
    token_tags: list[int] = msgspec.field(default_factory=list)
    show_message: Literal[0, 1] | None = None
    content: str | None = None
    link_name: str | None = None
    link_address: str | None = None


class AlphaToken(Wire):
    """An on-chain token.

    Attributes:
        create_time: seconds.
        create_time_onchain: seconds.
    """

    symbol: str
    token_code: str | None = None
    chain_code: str | None = None
    chain_icon_url: str | None = None
    token_address: str | None = None
    token_decimals: int | None = None
    token_icon_url_day: str | None = None
    token_icon_url_night: str | None = None
    create_time: int | None = None
    create_time_onchain: int | None = None
    risk_flag: Literal[0, 1] | None = None
    min_order_quantity: Decimal | None = None
    max_order_quantity: Decimal | None = None
    token_tags: list[int] = msgspec.field(default_factory=list)
    pay_token_codes: list[str] = msgspec.field(default_factory=list)


class AlphaTokenPrice(Wire):
    """The price of one token in USD."""

    chain_code: str | None = None
    token_address: str | None = None
    price: Decimal | None = None
    change_24h: Decimal | None = None
    vol_24h: Decimal | None = None
    market_cap: Decimal | None = None
    liquidity: Decimal | None = None
    holders: int | None = None


class AlphaTokenPrices(Rows[AlphaTokenPrice]):
    """Token prices."""

    rows: list[AlphaTokenPrice] = msgspec.field(default_factory=list, name="tokenPriceInfoList")


class AlphaTokenKey(Part):
    """A token, named by its chain and address."""

    chain_code: str
    token_address: str


class AlphaOrder(Wire):
    """An order for an on-chain token.

    Attributes:
        order_status: 1 processing, 2 done, 3 failed.
        trade_type: 1 purchase, 2 redemption.
        create_time: seconds.
        execution_time: seconds.
    """

    order_no: str
    order_type: Literal[1, 2] | None = None
    trade_type: Literal[1, 2] | None = None
    order_status: Literal[1, 2, 3] | None = None
    from_token_code: str | None = None
    from_token_amount: Decimal | None = None
    from_token_symbol: str | None = None
    from_token_decimals: int | None = None
    from_token_icon_url_day: str | None = None
    from_token_icon_url_night: str | None = None
    from_chain_code: str | None = None
    from_chain_icon_url: str | None = None
    to_token_code: str | None = None
    to_token_amount: Decimal | None = None
    to_token_symbol: str | None = None
    to_token_decimals: int | None = None
    to_token_icon_url_day: str | None = None
    to_token_icon_url_night: str | None = None
    to_chain_code: str | None = None
    to_chain_icon_url: str | None = None
    gas_token_symbol: str | None = None
    gas_onchain: Decimal | None = None
    gas_usd: Decimal | None = None
    platform_fee: Decimal | None = None
    platform_fee_usd: Decimal | None = None
    quote_mode: int | None = None
    create_time: int | None = None
    execution_time: int | None = None
    failure_reason_code: str | None = None
    source: str | None = None
    swap_rate: Decimal | None = None
    actual_from_token_amount: Decimal | None = None


class AlphaOrders(Rows[AlphaOrder]):
    """A numbered page of orders."""

    rows: list[AlphaOrder] = msgspec.field(default_factory=list, name="orders")
    total: int | None = None
    page_index: int | None = None


class AlphaPayToken(Wire):
    """A coin to pay with."""

    symbol: str
    token_code: str | None = None
    token_decimals: int | None = None
    token_icon_url_day: str | None = None
    token_icon_url_night: str | None = None
    limit: Decimal | None = None
    support_chains: list[str] = msgspec.field(default_factory=list)


class AlphaQuoteMode(Wire):
    """What another quote mode would cost."""

    quote_mode: int | None = None
    estimated_gas: Decimal | None = None
    estimated_gas_usd: Decimal | None = None
    estimated_slippage: Decimal | None = None


class AlphaQuote(Wire):
    """A quote. Pass `quote_data`, `gas`, `quote_mode` and `correcting_code` on unchanged when taking it."""

    trade_type: int | None = None
    from_token_code: str | None = None
    from_token_amount: Decimal | None = None
    from_token_amount_usd: Decimal | None = None
    to_token_code: str | None = None
    to_token_amount: Decimal | None = None
    to_token_amount_usd: Decimal | None = None
    min_to_token_amount: Decimal | None = None
    slippage: Decimal | None = None
    gas: Decimal | None = None
    gas_usd: Decimal | None = None
    platform_fee: Decimal | None = None
    platform_fee_usd: Decimal | None = None
    swap_rate: Decimal | None = None
    loss_rate: Decimal | None = None
    quote_data: str | None = None
    correcting_code: str | None = None
    quote_mode: int | None = None
    quote_data_id: str | None = None
    expire_time: int | None = None
    timestamp: int | None = None
    charge_amount: Decimal | None = None
    mode_estimations: list[AlphaQuoteMode] = msgspec.field(default_factory=list)


class AlphaOrderAck(Wire):
    """The number of an order."""

    order_no: str
