"""Coins, wallets and the transfers between them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator.custody.chains import chains_of
from bybit_async.simulator.custody.members import Transfer
from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.journal import Delivery, Settlement
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page

_WALLETS = ("UNIFIED", "FUND")
_SETTLEMENT_DAYS = 30


def get_coin_info(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/coin/query-info`."""
    wanted = call.params.text("coin").upper()
    rows = [_coin(coin) for coin in call.venue.coins() if wanted in ("", coin)]
    return RestAnswer({"rows": rows}, None, "success")


def _coin(coin: str) -> dict[str, Any]:
    return {
        "name": coin,
        "coin": coin,
        "chains": [chain.to_wire() for chain in chains_of(coin)],
        "remainAmount": "1000000000",
    }


def get_coins_balance(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/transfer/query-account-coins-balance`."""
    params = call.params
    kind = params.choice("accountType", _WALLETS)
    uid = _member(call, "memberId")
    account = call.venue.members.wallet(uid, kind)
    wanted = [coin for coin in params.text("coin").upper().split(",") if coin]
    balance = [
        {
            "coin": coin,
            "walletBalance": plain(account.balances.get(coin, Decimal(0))),
            "transferBalance": plain(max(call.venue.engine.available(account, coin), Decimal(0))),
            "bonus": "0" if params.text("withBonus") == "1" else "",
        }
        for coin in (wanted or sorted(account.balances))
    ]
    return RestAnswer({"memberId": str(uid), "accountType": kind, "balance": balance}, None, "success")


def get_coin_balance(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/transfer/query-account-coin-balance`."""
    params = call.params
    kind, coin = params.choice("accountType", _WALLETS), params.required("coin").upper()
    uid = _member(call, "memberId")
    account = call.venue.members.wallet(uid, kind)
    free = plain(max(call.venue.engine.available(account, coin), Decimal(0)))
    balance = {
        "coin": coin,
        "walletBalance": plain(account.balances.get(coin, Decimal(0))),
        "transferBalance": free,
        "bonus": "0" if params.text("withBonus") == "1" else "",
        "transferSafeAmount": free if params.text("withTransferSafeAmount") == "1" else "",
        "ltvTransferSafeAmount": free if params.text("withLtvTransferSafeAmount") == "1" else "",
    }
    result = {
        "accountType": kind,
        "bizType": 1,
        "accountId": str(account.uid),
        "memberId": str(uid),
        "balance": balance,
    }
    return RestAnswer(result, None, "success")


def _member(call: RestCall, name: str) -> int:
    uid = call.params.integer(name, call.account.uid)
    if not call.venue.members.related(uid, call.account.uid):
        raise refusals.parameter(f"{name} invalid")
    return uid


def create_internal_transfer(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/transfer/inter-transfer`."""
    return _transfer(call, call.account.uid, call.account.uid, universal=False)


def create_universal_transfer(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/transfer/universal-transfer`: a sub-account may send to its master only."""
    source, target = _member(call, "fromMemberId"), _member(call, "toMemberId")
    parent, key = call.venue.members.parent_of(call.account.uid), call.key
    if key is not None and not (key.may("Wallet/SubMemberTransfer") or key.may("Wallet/SubMemberTransferList")):
        raise refusals.Refused(10005, "Permission denied, please check your API key permissions.")
    if parent is not None and (source != call.account.uid or target not in (source, parent)):
        raise refusals.Refused(131208, "Forbid transfer")
    return _transfer(call, source, target, universal=True)


def _transfer(call: RestCall, source: int, target: int, *, universal: bool) -> RestAnswer:
    params = call.params
    amount = params.decimal("amount")
    if amount is None:
        raise refusals.parameter("amount is required")
    transfer = Transfer(
        params.required("transferId"),
        params.required("coin").upper(),
        amount,
        source,
        params.choice("fromAccountType", _WALLETS),
        target,
        params.choice("toAccountType", _WALLETS),
        call.now,
        universal,
    )
    if (source, transfer.source_type) == (target, transfer.target_type):
        raise refusals.Refused(131211, "fromAccountType can't be the same as toAccountType")
    call.venue.members.move(transfer)
    return RestAnswer({"transferId": transfer.transfer_id, "status": "SUCCESS"}, None, "success")


def get_internal_transfers(call: RestCall) -> dict[str, Any]:
    """`GET /v5/asset/transfer/query-inter-transfer-list`."""
    return _transfers(call, universal=False)


def get_universal_transfers(call: RestCall) -> dict[str, Any]:
    """`GET /v5/asset/transfer/query-universal-transfer-list`."""
    return _transfers(call, universal=True)


def _transfers(call: RestCall, *, universal: bool) -> dict[str, Any]:
    params = call.params
    name, coin, status = params.text("transferId"), params.text("coin"), params.text("status")
    start, end = params.window(call.now, 7)
    uid = call.account.uid
    found = [
        transfer
        for transfer in reversed(call.venue.members.transfers)
        if transfer.universal is universal
        and uid in (transfer.source, transfer.target)
        and name in ("", transfer.transfer_id)
        and coin in ("", transfer.coin)
        and status in ("", "SUCCESS")
        and start <= transfer.time <= end
    ]
    return list_page(call, found, _transfer_wire, default=20, maximum=50)


def _transfer_wire(transfer: Transfer) -> dict[str, Any]:
    wire = {
        "transferId": transfer.transfer_id,
        "coin": transfer.coin,
        "amount": plain(transfer.amount),
        "fromAccountType": transfer.source_type,
        "toAccountType": transfer.target_type,
        "timestamp": str(transfer.time),
        "status": "SUCCESS",
    }
    if transfer.universal:
        wire |= {"fromMemberId": str(transfer.source), "toMemberId": str(transfer.target)}
    return wire


def get_transferable_coins(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/transfer/query-transfer-coin-list`."""
    call.params.choice("fromAccountType", _WALLETS)
    call.params.choice("toAccountType", _WALLETS)
    return RestAnswer({"list": call.venue.coins()}, None, "success")


def get_delivery_record(call: RestCall) -> dict[str, Any]:
    """`GET /v5/asset/delivery-record`."""
    category = call.params.category("linear", "inverse", "option")
    deliveries = call.venue.engine.deliveries(call.account, call.params.values)
    return list_page(call, deliveries, Delivery.to_wire, default=20, maximum=50, category=category)


def get_settlements(call: RestCall) -> dict[str, Any]:
    """`GET /v5/asset/settlement-record`: what sessions of USDC settlement have paid, newest first."""
    category, symbol = call.params.category("linear"), call.params.text("symbol")
    start, end = call.params.window(call.now, _SETTLEMENT_DAYS)
    found = [
        settlement
        for settlement in reversed(call.account.settlements)
        if symbol in ("", settlement.symbol) and start <= settlement.time_ms <= end
    ]
    return list_page(call, found, Settlement.to_wire, default=20, maximum=50, category=category)


ROUTES = (
    Route("GET", "/v5/asset/coin/query-info", get_coin_info),
    Route("GET", "/v5/asset/transfer/query-account-coins-balance", get_coins_balance),
    Route("GET", "/v5/asset/transfer/query-account-coin-balance", get_coin_balance),
    Route("POST", "/v5/asset/transfer/inter-transfer", create_internal_transfer, permission="Wallet"),
    Route("GET", "/v5/asset/transfer/query-inter-transfer-list", get_internal_transfers),
    Route("POST", "/v5/asset/transfer/universal-transfer", create_universal_transfer, permission="Wallet"),
    Route("GET", "/v5/asset/transfer/query-universal-transfer-list", get_universal_transfers),
    Route("GET", "/v5/asset/transfer/query-transfer-coin-list", get_transferable_coins),
    Route("GET", "/v5/asset/delivery-record", get_delivery_record),
    Route("GET", "/v5/asset/settlement-record", get_settlements),
)
