"""Deposits: where to send money, and what has arrived."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.custody.chains import Chain, chain_of, chains_of, tag_of
from bybit_async.simulator.custody.deposits import IncomingDeposit
from bybit_async.simulator.engine import refusals
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page
from bybit_async.simulator.rest.members import member_of, require_master

_DAYS = 30


def get_deposits(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/deposit/query-record`."""
    return _records(call, call.account.uid)


def get_sub_deposits(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/deposit/query-sub-member-record`."""
    require_master(call)
    return _records(call, member_of(call, "subMemberId").uid)


def get_internal_deposits(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/deposit/query-internal-record`."""
    found = [deposit for deposit in _matching(call, call.account.uid) if deposit.sender]
    return RestAnswer(
        list_page(call, found, IncomingDeposit.to_internal_wire, default=50, name="rows"), None, "success"
    )


def _records(call: RestCall, uid: int) -> RestAnswer:
    found = [deposit for deposit in _matching(call, uid) if not deposit.sender]
    return RestAnswer(list_page(call, found, IncomingDeposit.to_wire, default=50, name="rows"), None, "success")


def _matching(call: RestCall, uid: int) -> list[IncomingDeposit]:
    params = call.params
    number, tx_id, coin = params.text("id"), params.text("txID"), params.text("coin").upper()
    start, end = params.window(call.now, _DAYS)
    return [
        deposit
        for deposit in reversed(call.venue.deposits.records)
        if deposit.uid == uid
        and number in ("", str(deposit.number))
        and tx_id in ("", deposit.tx_id)
        and coin in ("", deposit.coin)
        and start <= deposit.created_at <= end
    ]


def get_deposit_address(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/deposit/query-address`."""
    coin, name = _coin(call), call.params.text("chainType")
    chains = [chain for chain in chains_of(coin) if name in ("", chain.name, chain.kind)]
    if not chains:
        raise refusals.parameter("chainType invalid")
    wires = [_address(call, call.account.uid, chain) for chain in chains]
    return RestAnswer({"coin": coin, "chains": wires}, None, "success")


def get_sub_deposit_address(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/deposit/query-sub-member-address`."""
    require_master(call)
    member = member_of(call, "subMemberId")
    chain = chain_of(_coin(call), call.params.required("chainType"))
    if chain is None:
        raise refusals.parameter("chainType invalid")
    return RestAnswer({"coin": chain.coin, "chains": _address(call, member.uid, chain)}, None, "success")


def _coin(call: RestCall) -> str:
    coin = call.params.required("coin").upper()
    if coin not in call.venue.coins():
        raise refusals.parameter("coin invalid")
    return coin


def _address(call: RestCall, uid: int, chain: Chain) -> dict[str, Any]:
    return {
        "chainType": chain.kind,
        "addressDeposit": call.venue.deposits.address(uid, chain),
        "tagDeposit": tag_of(uid, chain),
        "chain": chain.name,
        "batchReleaseLimit": "-1",
        "contractAddress": "",
    }


def set_deposit_account(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/deposit/deposit-to-account`."""
    require_master(call)
    call.venue.deposits.credit_to(call.account.uid, call.params.choice("accountType", ("UNIFIED", "FUND")))
    return RestAnswer({"status": 1}, None, "success")


ROUTES = (
    Route("GET", "/v5/asset/deposit/query-record", get_deposits),
    Route("GET", "/v5/asset/deposit/query-sub-member-record", get_sub_deposits),
    Route("GET", "/v5/asset/deposit/query-internal-record", get_internal_deposits),
    Route("GET", "/v5/asset/deposit/query-address", get_deposit_address),
    Route("GET", "/v5/asset/deposit/query-sub-member-address", get_sub_deposit_address),
    Route("POST", "/v5/asset/deposit/deposit-to-account", set_deposit_account, permission="Wallet"),
)
