"""Withdrawals: send money away, to addresses of the address book only."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from bybit_async.simulator.custody.chains import ACCURACY, Chain, chain_of
from bybit_async.simulator.custody.withdrawals import OutgoingWithdrawal, SavedAddress
from bybit_async.simulator.engine.amounts import ZERO, plain
from bybit_async.simulator.engine.refusals import Refused, parameter
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page
from bybit_async.simulator.rest.members import require_master

_DAYS = 30
_WALLETS = {"FUND": "FUND", "UTA": "UNIFIED"}
_REQUEST_ID = re.compile(r"[0-9A-Za-z]{1,32}")
_BY_UID = 2
_ON_CHAIN = 1


def create_withdrawal(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/withdraw/create`."""
    require_master(call)
    params, uid = call.params, call.account.uid
    params.integer("timestamp")
    force = params.integer("forceChain", 0, 0, _BY_UID)
    chain = _chain(call, "" if force == _BY_UID else params.required("chain"))
    address, tag = params.required("address"), params.text("tag")
    saved = call.venue.withdrawals.saved(uid, chain.coin, "" if force == _BY_UID else chain.name, address)
    if saved is None:
        raise Refused(131093, "The withdrawal address is not in the whitelist")
    if tag != saved.tag:
        raise Refused(131002, "Withdraw address chain or destination tag are not equal")
    receiver = _receiver(call, chain, address, force)
    amount, fee = _amounts(call, chain, free=bool(receiver))
    request_id = params.text("requestId")
    if request_id and not _REQUEST_ID.fullmatch(request_id):
        raise parameter("requestId invalid")
    withdrawal = OutgoingWithdrawal(
        number=0,
        uid=uid,
        chain=chain,
        amount=amount,
        fee=fee,
        address=address,
        tag=tag,
        created_at=call.now,
        updated_at=call.now,
        receiver=receiver,
        request_id=request_id,
    )
    done = call.venue.withdrawals.create(withdrawal, _wallets(call))
    return RestAnswer({"id": str(done.number)}, None, "success")


def _chain(call: RestCall, name: str) -> Chain:
    coin = call.params.required("coin").upper()
    chain = chain_of(coin, name) if coin in call.venue.coins() else None
    if chain is None:
        raise Refused(131002, "Parameter error: no such coin or chain")
    return chain


def _receiver(call: RestCall, chain: Chain, address: str, force: int) -> int:
    """Return the account of this exchange that receives, or 0 for one elsewhere."""
    venue = call.venue
    if force == _ON_CHAIN:
        return 0
    if force == _BY_UID:
        receiver = int(address) if address.isdecimal() and int(address) in venue.engine.accounts else 0
        if not receiver or not any(key.uid == receiver for key in venue.keys.of(receiver)):
            raise Refused(131077, "receive user not exist")
    else:
        receiver = venue.withdrawals.owner_of(chain, address)
    if receiver == call.account.uid:
        raise Refused(131075, "InternalAddressCannotBeYourself")
    if venue.members.parent_of(receiver) is not None:
        raise Refused(131076, "internal transfer not support subaccounts")
    return receiver


def _amounts(call: RestCall, chain: Chain, *, free: bool) -> tuple[Decimal, Decimal]:
    """Return what arrives and what it costs."""
    amount = call.params.decimal("amount")
    if amount is None or amount <= 0 or round(amount, ACCURACY) != amount:
        raise Refused(131002, "Parameter error: amount")
    fee = ZERO if free else chain.fee
    if call.params.integer("feeType", 0, 0, 1) == 1:
        amount -= fee
    if amount < chain.least:
        raise Refused(131096, "Withdraw amount does not satisfy the lower limit or upper limit")
    return amount, fee


def _wallets(call: RestCall) -> tuple[str, ...]:
    kinds = call.params.required("accountType").split(",")
    if not set(kinds) <= {"FUND", "UTA", "EARN"} or kinds == ["EARN"]:
        raise parameter("accountType invalid")
    return tuple(wallet for kind, wallet in _WALLETS.items() if kind in kinds)


def cancel_withdrawal(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/withdraw/cancel`."""
    wanted = call.params.required("id")
    for withdrawal in call.venue.withdrawals.records:
        if withdrawal.uid == call.account.uid and str(withdrawal.number) == wanted:
            call.venue.withdrawals.cancel(withdrawal)
            return RestAnswer({"status": 1}, None, "success")
    raise Refused(131002, "Parameter error: id")


def get_withdrawals(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/withdraw/query-record`."""
    params = call.params
    number, tx_id, coin = params.text("withdrawID"), params.text("txID"), params.text("coin").upper()
    kind = params.integer("withdrawType", 0, 0, 2)
    start, end = params.window(call.now, _DAYS)
    found = [
        withdrawal
        for withdrawal in reversed(call.venue.withdrawals.records)
        if withdrawal.uid == call.account.uid
        and number in ("", str(withdrawal.number))
        and tx_id in ("", withdrawal.tx_id)
        and coin in ("", withdrawal.chain.coin)
        and kind in (2, 1 if withdrawal.receiver else 0)
        and start <= withdrawal.created_at <= end
    ]
    return RestAnswer(list_page(call, found, OutgoingWithdrawal.to_wire, default=50, name="rows"), None, "success")


def get_addresses(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/withdraw/query-address`."""
    coin, chain = call.params.text("coin").upper(), call.params.text("chain")
    kind = call.params.integer("addressType", 2, 0, 2)
    found = [
        entry
        for entry in call.venue.withdrawals.addresses(call.account.uid)
        if (coin in ("", entry.coin) or not entry.coin)
        and chain in ("", entry.chain)
        and kind in (2, _address_type(entry))
    ]
    return RestAnswer(list_page(call, found, _address_wire, default=50, name="rows"), None, "success")


def _address_type(entry: SavedAddress) -> int:
    return 0 if entry.chain else 1


def _address_wire(entry: SavedAddress) -> dict[str, Any]:
    return {
        "coin": entry.coin or "baseCoin",
        "chain": entry.chain,
        "address": entry.address,
        "tag": entry.tag,
        "remark": "",
        "status": 0,
        "addressType": _address_type(entry),
        "verified": 1,
        "createAt": str(entry.created_at // 1_000),
        "createdAt": str(entry.created_at // 1_000),
    }


def get_withdrawable_amount(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/withdraw/withdrawable-amount`."""
    coin = call.params.required("coin").upper()
    amounts: dict[str, Any] = {}
    for kind, wallet in _WALLETS.items():
        account = call.venue.members.wallet(call.account.uid, wallet)
        free = plain(max(call.venue.engine.available(account, coin), ZERO))
        amounts[kind] = {"coin": coin, "withdrawableAmount": free, "availableBalance": free}
    return RestAnswer({"limitAmountUsd": "1000000", "withdrawableAmount": amounts}, None, "success")


ROUTES = (
    Route("POST", "/v5/asset/withdraw/create", create_withdrawal, permission="Wallet/Withdraw"),
    Route("POST", "/v5/asset/withdraw/cancel", cancel_withdrawal, permission="Wallet/Withdraw"),
    Route("GET", "/v5/asset/withdraw/query-record", get_withdrawals),
    Route("GET", "/v5/asset/withdraw/query-address", get_addresses, permission="Wallet/Withdraw"),
    Route("GET", "/v5/asset/withdraw/withdrawable-amount", get_withdrawable_amount),
)
