"""Profiles and payment methods."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.wire import Wire


class P2PPrivilege(Wire):
    """Something a trader may do."""

    name: str | None = None
    data: str | None = None


class P2PUser(Wire):
    """A trader.

    Attributes:
        auth_status: 1 verified advertiser, 2 not.
        average_release_time: minutes.
        average_transfer_time: minutes.
        register_time: seconds.
        last_logout_time: seconds.
    """

    nick_name: str | None = None
    default_nick_name: bool | None = None
    is_online: bool | None = None
    kyc_level: int | None = None
    email: str | None = None
    mobile: str | None = None
    last_logout_time: int | None = None
    recent_rate: Decimal | None = None
    total_finish_count: int | None = None
    total_finish_sell_count: int | None = None
    total_finish_buy_count: int | None = None
    recent_finish_count: int | None = None
    average_release_time: Decimal | None = None
    average_transfer_time: Decimal | None = None
    account_create_days: int | None = None
    first_trade_days: int | None = None
    real_name: str | None = None
    recent_trade_amount: Decimal | None = None
    total_trade_amount: Decimal | None = None
    register_time: int | None = None
    auth_status: int | None = None
    kyc_country_code: str | None = None
    blocked: str | None = None
    good_appraise_rate: Decimal | None = None
    good_appraise_count: int | None = None
    bad_appraise_count: int | None = None
    account_id: str | None = None
    payment_count: int | None = None
    contact_count: int | None = None
    vip_level: int | None = None
    user_cancel_count_limit: int | None = None
    payment_real_name_uneditable: bool | None = None
    user_id: str | None = None
    real_name_en: str | None = None
    white_flag: int | None = None
    contact_config: bool | None = None
    execute_num: int | None = None
    order_num: int | None = None
    has_un_post_ad: int | None = None
    real_name_mask: str | None = None
    vip_profit: list[str] = msgspec.field(default_factory=list)
    user_tag: list[str] = msgspec.field(default_factory=list)
    lost_role_affected: bool | None = None
    user_cur_privilege: list[str] = msgspec.field(default_factory=list)
    user_type: str | None = None
    can_sub_online: bool | None = None
    cur_privilege_info: list[P2PPrivilege] = msgspec.field(default_factory=list)
    open_api_switch: int | None = None


class PaymentDetails(Wire):
    """The details of a payment method; which of them are set depends on its kind."""

    id: str | None = None
    payment_type: int | None = None
    real_name: str | None = None
    bank_name: str | None = None
    branch_name: str | None = None
    account_no: str | None = None
    qrcode: str | None = None
    visible: int | None = None
    pay_message: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    second_last_name: str | None = None
    clabe: str | None = None
    debit_card_number: str | None = None
    mobile: str | None = None
    business_name: str | None = None
    concept: str | None = None
    payment_ext1: str | None = None
    payment_ext2: str | None = None
    payment_ext3: str | None = None
    payment_ext4: str | None = None
    payment_ext5: str | None = None
    payment_ext6: str | None = None
    payment_template_version: int | None = None


class PaymentFormItem(Wire):
    """A field of the form."""

    view: bool | None = None
    name: str | None = None
    label: str | None = None
    placeholder: str | None = None
    type: str | None = None
    max_length: int | None = None
    required: bool | None = None


class UserPaymentConfig(Wire):
    """The form of a payment method."""

    payment_type: str | None = None
    check_type: int | None = None
    sort: int | None = None
    payment_name: str | None = None
    add_tips: str | None = None
    item_tips: str | None = None
    online: int | None = None
    items: list[PaymentFormItem] = msgspec.field(default_factory=list)


class UserPayment(PaymentDetails):
    """A payment method of the account."""

    online: str | None = None
    count_no: str | None = None
    has_payment_template_changed: bool | None = None
    payment_config_vo: UserPaymentConfig | None = None
    real_name_verified: bool | None = None
    channel: str | None = None
    currency_balance: list[str] = msgspec.field(default_factory=list)
