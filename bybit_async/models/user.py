"""API keys, subaccounts and referrals."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from typing_extensions import TypedDict

from bybit_async.wire import Page, Rows, Wire


class PermissionSet(TypedDict, total=False):
    """What a key may do, as it is sent; a missing group is not granted."""

    ContractTrade: list[Literal["Order", "Position"]]
    Spot: list[Literal["SpotTrade"]]
    Wallet: list[Literal["AccountTransfer", "SubMemberTransfer", "SubMemberTransferList", "Withdraw"]]
    Options: list[Literal["OptionsTrade"]]
    Derivatives: list[Literal["DerivativesTrade"]]
    Exchange: list[Literal["ExchangeHistory"]]
    Earn: list[Literal["Earn"]]
    FiatP2P: list[Literal["FiatP2POrder", "Advertising"]]
    FiatBitPay: list[Literal["FaitPayOrder"]]
    FiatConvertBroker: list[Literal["FiatConvertBrokerOrder"]]
    BitCard: list[Literal["BitCard"]]
    ByXPost: list[Literal["ByXPost"]]
    Affiliate: list[Literal["Affiliate"]]
    BlockTrade: list[Literal["BlockTrade"]]
    CopyTrading: list[Literal["CopyTrading"]]
    NFT: list[Literal["NFTQueryProductList"]]


class Permissions(Wire):
    """What a key may do: the words granted in each group."""

    contract_trade: list[str] = msgspec.field(default_factory=list, name="ContractTrade")
    spot: list[str] = msgspec.field(default_factory=list, name="Spot")
    wallet: list[str] = msgspec.field(default_factory=list, name="Wallet")
    options: list[str] = msgspec.field(default_factory=list, name="Options")
    derivatives: list[str] = msgspec.field(default_factory=list, name="Derivatives")
    exchange: list[str] = msgspec.field(default_factory=list, name="Exchange")
    earn: list[str] = msgspec.field(default_factory=list, name="Earn")
    fiat_p2p: list[str] = msgspec.field(default_factory=list, name="FiatP2P")
    fiat_bit_pay: list[str] = msgspec.field(default_factory=list, name="FiatBitPay")
    fiat_global_pay: list[str] = msgspec.field(default_factory=list, name="FiatGlobalPay")
    fiat_convert_broker: list[str] = msgspec.field(default_factory=list, name="FiatConvertBroker")
    bit_card: list[str] = msgspec.field(default_factory=list, name="BitCard")
    by_x_post: list[str] = msgspec.field(default_factory=list, name="ByXPost")
    affiliate: list[str] = msgspec.field(default_factory=list, name="Affiliate")
    block_trade: list[str] = msgspec.field(default_factory=list, name="BlockTrade")
    nft: list[str] = msgspec.field(default_factory=list, name="NFT")
    copy_trading: list[str] = msgspec.field(default_factory=list, name="CopyTrading")


class ApiKey(Wire):
    """An API key.

    Attributes:
        read_only: whether it cannot trade.
        secret: only filled when the key was just created; never shown again.
        ips: addresses the key is bound to; ``*`` means any.
    """

    id: str
    note: str | None = None
    api_key: str | None = None
    read_only: bool | None = None
    secret: str | None = None
    permissions: Permissions | None = None
    ips: list[str] = msgspec.field(default_factory=list)


class _DatedKey(ApiKey):
    type: int | None = None
    deadline_day: int | None = None
    expired_at: str | None = None
    created_at: str | None = None


class ApiKeyInformation(_DatedKey):
    """The key this session signs with, and its account.

    Attributes:
        type: 1 personal, 2 connected to a third-party application.
        deadline_day: days the key stays valid; only for keys without a bound address.
        expired_at: ISO time, see `deadline_day`.
        created_at: ISO time.
        uta: whether the account is a unified one.
        is_master: whether the key belongs to a master account.
        parent_uid: the master account; 0 on the master itself.
        unified: no longer meaningful.
    """

    uta: int | None = None
    unified: int | None = None
    user_id: int | None = msgspec.field(default=None, name="userID")
    user_id_int64: str | None = None
    inviter_id: int | None = None
    inviter_id_int64: str | None = None
    affiliate_id: int | None = None
    affiliate_id_int64: str | None = None
    vip_level: str | None = None
    mkt_maker_level: str | None = None
    rsa_public_key: str | None = None
    is_master: bool | None = None
    parent_uid: str | None = None
    kyc_level: Literal["LEVEL_DEFAULT", "LEVEL_1", "LEVEL_2"] | None = None
    kyc_region: str | None = None


class SubApiKey(_DatedKey):
    """A subaccount's key; see `ApiKeyInformation`.

    Attributes:
        status: 1 permanent, 2 expired, 3 valid, 4 expires within a week.
        flag: how the key signs, like ``hmac``.
    """

    status: int | None = None
    flag: str | None = None


class SubApiKeyPage(Page[SubApiKey]):
    """One page of a subaccount's keys."""

    rows: list[SubApiKey] = msgspec.field(default_factory=list, name="result")


class SubMember(Wire):
    """A subaccount.

    Attributes:
        member_type: 1 standard, 6 custodial, 12 fund custodial.
        status: 1 normal, 2 login banned, 4 frozen.
        account_mode: 1 classic, 3 and 4 unified 1.0, 5 and 6 unified 2.0.
    """

    uid: str
    username: str | None = None
    member_type: int | None = None
    status: int | None = None
    account_mode: int | None = None
    remark: str | None = None


class SubMembers(Rows[SubMember]):
    """Subaccounts; at most ten thousand are listed."""

    rows: list[SubMember] = msgspec.field(default_factory=list, name="subMembers")


class SubMemberPage(SubMembers):
    """One page of subaccounts."""

    next_cursor: str | None = None

    @property
    def next_page_cursor(self) -> str | None:
        """What to ask the next page with; None on the last one, where Bybit says ``0``."""
        return None if self.next_cursor == "0" else self.next_cursor


class DemoMember(Wire):
    """A demo account that was created."""

    sub_member_id: str


class MemberType(Wire):
    """The wallets that a user has."""

    uid: str
    account_type: list[str] = msgspec.field(default_factory=list)


class MemberTypes(Rows[MemberType]):
    """The wallets of users."""

    rows: list[MemberType] = msgspec.field(default_factory=list, name="accounts")


class Referral(Wire):
    """A user who was invited.

    Attributes:
        status: 0 alive, 1 no longer valid.
        created_at: seconds since the epoch.
        updated_at: seconds since the epoch.
    """

    id: str
    invitee_uid: str | None = None
    status: int | None = None
    created_at: int | None = None
    updated_at: int | None = None


class ReferralPage(Rows[Referral]):
    """One page of invited users."""

    rows: list[Referral] = msgspec.field(default_factory=list, name="records")
    next_cursor: str | None = None

    @property
    def next_page_cursor(self) -> str | None:
        """What to ask the next page with; None on the last one."""
        return self.next_cursor


class AffiliateCustomer(Wire):
    """A customer of an affiliate; volumes and amounts are in USDT.

    Attributes:
        total_wallet_balance: a range: 1 below 100, 2 below 250, 3 below 500, 4 above.
        deposit_update_time: UTC date and time as text.
        vol_update_time: UTC date and time as text.
        kyc_level: 0 none, 1 or 2.
        commissions_30_day: per coin.
        pay_ftt: amount of the first payment.
        card_ftt: amount of the first card transaction.
    """

    uid: str
    vip_level: str | None = None
    taker_vol_30_day: Decimal | None = None
    maker_vol_30_day: Decimal | None = None
    trade_vol_30_day: Decimal | None = None
    deposit_amount_30_day: Decimal | None = None
    taker_vol_365_day: Decimal | None = None
    maker_vol_365_day: Decimal | None = None
    trade_vol_365_day: Decimal | None = None
    deposit_amount_365_day: Decimal | None = None
    total_wallet_balance: int | None = None
    deposit_update_time: str | None = None
    vol_update_time: str | None = None
    kyc_level: int | None = msgspec.field(default=None, name="KycLevel")
    tradfi_trade_vol_30_day: Decimal | None = None
    tradfi_trade_vol_365_day: Decimal | None = None
    commissions_30_day: dict[str, Decimal | None] = msgspec.field(default_factory=dict)
    commissions_365_day: dict[str, Decimal | None] = msgspec.field(default_factory=dict)
    pay_send_amount_30_day: Decimal | None = None
    pay_ftt: Decimal | None = None
    card_ftt: Decimal | None = None
