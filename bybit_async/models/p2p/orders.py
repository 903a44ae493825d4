"""Orders, their payments and their chat."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

from bybit_async.models.p2p.users import PaymentDetails
from bybit_async.wire import Rows, Wire


class OrderExtension(Wire):
    """Whether what was bought can be withdrawn at once."""

    is_delay_withdraw: bool | None = None
    delay_time: int | None = None
    start_time: int | None = None


class OrderJudgement(Wire):
    """How an appeal was judged."""

    auto_judge_unlock_time: int | None = None
    dissent_result: str | None = None
    pre_dissent: str | None = None
    post_dissent: str | None = None


class P2POrderSummary(Wire):
    """An order in short.

    Attributes:
        status: 5 waiting for the chain, 10 waiting for payment, 20 waiting for release, 30 appealing, 40
            cancelled, 50 completed, 60 paying, 70 payment failed, 80 cancelled by an exception, 90 waiting
            for a token to be chosen, 100 and 110 objections.
    """

    id: str
    token_id: str
    side: int | None = None
    order_type: str | None = None
    amount: Decimal | None = None
    currency_id: str | None = None
    price: Decimal | None = None
    fee: Decimal | None = None
    target_nick_name: str | None = None
    target_user_id: str | None = None
    status: int | None = None
    create_date: int | None = None
    transfer_last_seconds: int | None = None
    user_id: str | None = None
    seller_real_name: str | None = None
    buyer_real_name: str | None = None
    extension: OrderExtension | None = None
    notify_token_quantity: Decimal | None = None
    notify_token_id: str | None = None
    self_unread_msg_count: int | None = None
    appeal_last_seconds: int | None = None
    judge_info: OrderJudgement | None = None
    unread_msg_count: int | None = None
    bulk_order_flag: bool | None = None


class P2POrders(Rows[P2POrderSummary]):
    """A numbered page of orders."""

    rows: list[P2POrderSummary] = msgspec.field(default_factory=list, name="items")
    count: int | None = None


class OrderPaymentConfig(Wire):
    """The form of a payment method."""

    payment_type: str | None = None
    check_type: int | None = None
    sort: int | None = None
    payment_name: str | None = None
    add_tips: str | None = None
    item_tips: str | None = None
    online: int | None = None
    items: list[Any] = msgspec.field(default_factory=list)


class OrderPaymentTerm(PaymentDetails):
    """A way to pay."""

    online: str | None = None
    payment_config_vo: OrderPaymentConfig | None = None
    ru_payment_prompt: bool | None = None


class OrderAppraisal(Wire):
    """How the order was rated."""

    anonymous: str | None = None
    appraise_content: str | None = None
    appraise_id: str | None = None
    appraise_type: str | None = None
    modify_flag: str | None = None
    update_date: str | None = None


class P2POrder(Wire):
    """An order in detail.

    Attributes:
        side: 0 bought, 1 sold.
        status: as in `P2POrderSummary`.
        transfer_last_seconds: what is left of the time to pay.
    """

    id: str
    token_id: str
    side: Literal[0, 1] | None = None
    item_id: str | None = None
    user_id: str | None = None
    nick_name: str | None = None
    maker_user_id: str | None = None
    target_user_id: str | None = None
    target_nick_name: str | None = None
    target_connect_information: str | None = None
    seller_real_name: str | None = None
    buyer_real_name: str | None = None
    currency_id: str | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    payment_type: int | None = None
    transfer_date: int | None = None
    status: Literal[5, 10, 20, 30, 90, 100, 110] | None = None
    create_date: int | None = None
    payment_term_list: list[OrderPaymentTerm] = msgspec.field(default_factory=list)
    remark: str | None = None
    transfer_last_seconds: int | None = None
    appeal_content: str | None = None
    appeal_type: int | None = None
    appeal_nick_name: str | None = None
    can_appeal: str | None = None
    confirmed_pay_term: OrderPaymentTerm | None = None
    maker_fee: Decimal | None = None
    taker_fee: Decimal | None = None
    extension: OrderExtension | None = None
    order_type: str | None = None
    appeal_user_id: str | None = None
    notify_token_id: str | None = None
    notify_token_quantity: Decimal | None = None
    cancel_reason: str | None = None
    need_buyer_examine_cancel: bool | None = None
    used_coupon: bool | None = None
    coupon_token_id: str | None = None
    coupon_quantity: Decimal | None = None
    target_user_type: Literal["PERSONAL", "ORG"] | None = None
    account_id: str | None = None
    target_account_id: str | None = None
    target_first_name: str | None = None
    target_second_name: str | None = None
    target_user_auth_status: int | None = None
    payer_real_name: str | None = None
    token_name: str | None = None
    pay_code: str | None = None
    recent_order_num: int | None = None
    recent_execute_rate: Decimal | None = None
    appeal_last_seconds: int | None = None
    total_appeal_times: int | None = None
    appealed_times: int | None = None
    payment_term_result: OrderPaymentTerm | None = None
    order_finish_minute: int | None = None
    fee: Decimal | None = None
    show_contact: bool | None = None
    contact_info: list[Any] = msgspec.field(default_factory=list)
    token_balance: Decimal | None = None
    fiat_balance: Decimal | None = None
    unread_msg_count: int | None = None
    update_date: int | None = None
    self_unread_msg_count: int | None = None
    judge_type: str | None = None
    can_report: bool | None = None
    can_report_disagree: bool | None = None
    can_report_type: list[str] = msgspec.field(default_factory=list)
    can_report_disagree_type: list[str] = msgspec.field(default_factory=list)
    appraise_status: str | None = None
    appraise_info: OrderAppraisal | None = None
    can_report_disagree_types: list[str] = msgspec.field(default_factory=list)
    can_report_types: list[str] = msgspec.field(default_factory=list)
    middle_token: str | None = None
    before_price: Decimal | None = None
    before_quantity: Decimal | None = None
    before_token: str | None = None
    alternative: str | None = None
    cancel_responsible: str | None = None
    chain_type: str | None = None
    chain_address: str | None = None
    trade_hash_code: str | None = None
    estimated_gas_fee: Decimal | None = None
    gas_fee_token_id: str | None = None
    trading_fee_token_id: str | None = None
    on_chain_info: str | None = None
    transaction_id: str | None = None
    display_refund: str | None = None
    chain_withdraw_last_seconds: int | None = None
    chain_transfer_last_seconds: int | None = None
    order_source: str | None = None
    seller_cancel_examine_remain_time: int | None = None
    need_seller_examine_cancel: bool | None = None
    coupon_currency_amount: Decimal | None = None
    total_currency_amount: Decimal | None = None
    completed_order_appeal_count: int | None = None
    total_completed_order_appeal_count: int | None = None
    real_order_status: int | None = None
    appeal_version: int | None = None
    judge_info: OrderJudgement | None = None
    help_type: str | None = None
    appeal_flow_status: str | None = None
    appeal_sub_status: str | None = None
    bulk_order_flag: bool | None = None
    target_user_displays: list[str] = msgspec.field(default_factory=list)
    appeal_process_change_flag: bool | None = None
    appeal_negotiation_node: int | None = None


class ChatMessage(Wire):
    """A message.

    Attributes:
        msg_type: 0 system, 1 text, 2 image, 7 pdf, 8 video; 5 text and 6 image from the support.
        content_type: ``str``, ``pic``, ``pdf`` or ``video``.
    """

    id: str
    order_id: str
    account_id: str | None = None
    message: str | None = None
    msg_type: Literal[0, 1, 2, 5, 6, 7, 8] | None = None
    msg_code: int | None = None
    create_date: int | None = None
    is_read: Literal[1, 0] | None = None
    content_type: Literal["str", "pic", "pdf", "video"] | None = None
    role_type: str | None = None
    user_id: str | None = None
    msg_uuid: str | None = None
    nick_name: str | None = None
    read: int | None = None
    file_name: str | None = None
    only_for_customer: Literal[1, 0] | None = None


class ChatMessages(Rows[ChatMessage]):
    """Messages of an order."""

    rows: list[ChatMessage] = msgspec.field(default_factory=list, name="result")


class UploadedFile(Wire):
    """Where an uploaded file is."""

    url: str | None = None
    type: str | None = None
    upload_id: str | None = None
