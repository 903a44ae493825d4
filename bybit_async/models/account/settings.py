"""How the account is set up."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.enums import MarginMode
from bybit_async.models.account.borrowing import OnOff
from bybit_async.models.market import InverseInstrument, LinearInstrument, SpotInstrument
from bybit_async.models.part import Part
from bybit_async.wire import Number, Page, Rows, Wire


class AccountInfo(Wire):
    """The account's set-up; the time is in milliseconds.

    Attributes:
        unified_margin_status: 1 classic, 3 and 4 unified 1.0, 5 and 6 unified 2.0 (4 and 6 are "Pro").
        is_master_trader: whether others copy this account.
        dcp_status, time_window, smp_group: no longer filled; see `query_dcp_info` and `get_smp_group`.
    """

    margin_mode: MarginMode | None = None
    unified_margin_status: int | None = None
    is_master_trader: bool | None = None
    spot_hedging_status: OnOff | None = None
    updated_time: int | None = None
    dcp_status: OnOff | None = None
    time_window: int | None = None
    smp_group: int | None = None


class DcpInfo(Wire):
    """Whether orders of a product are cancelled when the connection is gone for `time_window` seconds."""

    product: Literal["SPOT", "DERIVATIVES", "OPTIONS"]
    dcp_status: OnOff | None = None
    time_window: int | None = None


class DcpInfos(Rows[DcpInfo]):
    """Disconnection protection, per product."""

    rows: list[DcpInfo] = msgspec.field(default_factory=list, name="dcpInfos")


class SmpGroup(Wire):
    """The self match prevention group; 0 means no group."""

    smp_group: int


class UserSettings(Wire):
    """Preferences of the account.

    Attributes:
        lpa_spot: whether a spot price beyond the limit is moved to the limit instead of refused.
        lpa_perp: whether a contract price beyond the limit is refused instead of moved to it.
        delta_enable: whether delta neutral mode is on.
        smsef: whether spot fees are paid in MNT.
        fmsef: whether contract fees are paid in MNT.
    """

    lpa_spot: bool | None = None
    lpa_perp: bool | None = None
    delta_enable: bool | None = None
    smsef: bool | None = None
    fmsef: bool | None = None


class DeltaModeResult(Wire):
    """Whether delta neutral mode was switched; None where Bybit does not say."""

    result_status: Literal["success", "failed"] | None = None


class Reason(Wire):
    """Why something could not be set."""

    reason_code: str | None = None
    reason_msg: str | None = None


class MarginModeReasons(Wire):
    """Why the margin mode could not be set; empty when it was."""

    reasons: list[Reason] = msgspec.field(default_factory=list)


class UpgradeMessages(Wire):
    """What prevents an upgrade."""

    msg: list[str] = msgspec.field(default_factory=list)


class UpgradeStatus(Wire):
    """How the upgrade to a unified account goes."""

    unified_update_status: Literal["FAIL", "PROCESS", "SUCCESS"] | None = None
    unified_update_msg: UpgradeMessages | None = None


class MmpState(Wire):
    """Market maker protection of a base coin's options.

    Attributes:
        window: milliseconds over which trades are counted.
        frozen_period: milliseconds without trading once a limit is hit; 0 until it is reset by hand.
        mmp_frozen_until: milliseconds since the epoch; means something only while `mmp_frozen`.
    """

    base_coin: str
    mmp_enabled: bool | None = None
    window: int | None = None
    frozen_period: int | None = None
    qty_limit: Decimal | None = None
    delta_limit: Decimal | None = None
    vega_limit: Decimal | None = None
    mmp_frozen_until: int | None = None
    mmp_frozen: bool | None = None


class MmpStates(Rows[MmpState]):
    """Market maker protection, per base coin."""

    rows: list[MmpState] = msgspec.field(default_factory=list, name="result")


class AccountSpotInstrument(SpotInstrument):
    """A spot pair as this account may trade it.

    Attributes:
        is_public_rpi: whether retail price improvement is open to market makers.
        my_rpi_permission: whether this account may place such orders.
    """

    is_public_rpi: bool | None = None
    my_rpi_permission: bool | None = None


class AccountLinearInstrument(LinearInstrument):
    """A linear contract as this account may trade it; see `AccountSpotInstrument`."""

    is_public_rpi: bool | None = None
    my_rpi_permission: bool | None = None


class AccountInverseInstrument(InverseInstrument):
    """An inverse contract as this account may trade it; see `AccountSpotInstrument`."""

    is_public_rpi: bool | None = None
    my_rpi_permission: bool | None = None


class AccountSpotInstruments(Page[AccountSpotInstrument]):
    """One page of spot pairs."""


class AccountLinearInstruments(Page[AccountLinearInstrument]):
    """One page of linear contracts."""


class AccountInverseInstruments(Page[AccountInverseInstrument]):
    """One page of inverse contracts."""


class DemoFunds(Part):
    """An amount of demo money: BTC, ETH, USDT or USDC.

    Attributes:
        amount_str: at most 15 BTC, 200 ETH, 100000 USDT or USDC per request.
    """

    coin: Literal["BTC", "ETH", "USDT", "USDC"]
    amount_str: Number
