"""Everything an account owns: by wallet, by member, in options, and the records of the funding wallet."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from bybit_async.simulator.custody.chains import Chain, chains_of
from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import ZERO, plain, rounded
from bybit_async.simulator.engine.journal import LogEntry
from bybit_async.simulator.engine.margin import Figures, coin_figures, order_margin, position_margin
from bybit_async.simulator.market.greeks import greeks
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page
from bybit_async.simulator.rest.members import member_of, require_master

_WALLETS = {"FundingAccount": "FUND", "UnifiedTradingAccount": "UNIFIED"}
_SECOND = 1_000
_WORDS = {"TRANSFER_IN": "Transfer in", "TRANSFER_OUT": "Transfer out", "CURRENCY_BUY": "Buy", "CURRENCY_SELL": "Sell"}


def get_asset_overview(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/asset-overview`: the funding and the unified wallet, valued in US dollars."""
    call.params.choice("valuationCurrency", ("USD",), "USD")
    kinds = [call.params.choice("accountType", _WALLETS)] if call.params.text("accountType") else list(_WALLETS)
    uid = member_of(call, "memberId").uid if call.params.text("memberId") else call.account.uid
    wallets = [(kind, _equities(call.venue.members.wallet(uid, _WALLETS[kind]))) for kind in kinds]
    worth = [_worth(call, equities) for _, equities in wallets]
    entries = [
        {
            "accountType": kind,
            "totalEquity": rounded(value),
            "valuationCurrency": "USD",
            "snapshotTime": str(call.now),
            "coinDetail": [{"coin": coin, "equity": plain(amount)} for coin, amount in sorted(equities.items())],
            "categories": [],
        }
        for (kind, equities), value in zip(wallets, worth, strict=True)
    ]
    return RestAnswer({"totalEquity": rounded(sum(worth, ZERO)), "list": entries}, None, "Success")


def get_members_assets(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/total-members-assets`: the master's wallets and those of its sub-accounts."""
    require_master(call)
    coin = call.params.text("coin").upper() or "BTC"
    price = call.venue.engine.coin_price(coin)
    if not price:
        raise refusals.parameter("coin invalid")
    master = call.account.uid
    entries = [_member_assets(call, master, price) | {"isM": True}]
    entries += [
        _member_assets(call, member.uid, price) | {"type": member.kind} for member in call.venue.members.of(master)
    ]
    total = sum((Decimal(entry["origb"]) for entry in entries), ZERO)
    result = {"total": rounded(total), "quoteTotal": rounded(total / price, 18), "stat": 0, "list": entries}
    return RestAnswer(result, None, "Success")


def _member_assets(call: RestCall, uid: int, price: Decimal) -> dict[str, Any]:
    items = []
    for kind in ("FUND", "UNIFIED"):
        value = _worth(call, _equities(call.venue.members.wallet(uid, kind)))
        items.append({"type": f"ACCOUNT_TYPE_{kind}", **_valued(value, price), "stat": 0})
    total = sum((Decimal(item["origb"]) for item in items), ZERO)
    return {"uid": uid, **_valued(total, price), "stat": 0, "items": items}


def _valued(value: Decimal, price: Decimal) -> dict[str, Any]:
    return {"origb": rounded(value), "quoteb": rounded(value / price, 18)}


def _equities(account: Account) -> dict[str, Decimal]:
    per_coin = coin_figures(account)
    return {
        coin: account.balances.get(coin, ZERO) + figures.upl + figures.option_value
        for coin in {*account.balances, *per_coin}
        for figures in (per_coin.get(coin, Figures()),)
    }


def _worth(call: RestCall, equities: dict[str, Decimal]) -> Decimal:
    return sum((amount * call.venue.engine.coin_price(coin) for coin, amount in equities.items()), ZERO)


def get_funding_history(call: RestCall) -> dict[str, Any]:
    """`GET /v5/asset/fundinghistory`: what came into the funding wallet and went out of it, newest first."""
    params = call.params
    start, end = params.optional_integer("createTimeFrom"), params.optional_integer("createTimeTo")
    if (start is None) != (end is None):
        raise refusals.parameter("createTimeFrom and createTimeTo go together")
    wallet = call.venue.members.wallet(call.account.uid, "FUND")
    entries = [
        entry
        for entry in reversed(wallet.log)
        if start is None or end is None or start <= entry.time_ms // _SECOND <= end
    ]
    uid = str(call.account.uid)
    return list_page(call, entries, lambda entry: _funding_entry(uid, entry), default=10, maximum=100)


def _funding_entry(uid: str, entry: LogEntry) -> dict[str, Any]:
    words = _WORDS.get(entry.type, entry.type)
    return {
        "memberId": uid,
        "currency": entry.currency,
        "ioDirection": "I" if entry.change > 0 else "O",
        "txnAmt": plain(abs(entry.change)),
        "afterAmt": plain(entry.balance),
        "createTime": str(entry.time_ms // _SECOND),
        "showBusiType": entry.type,
        "showBusiTypeEn": words,
        "description": entry.type,
        "descriptionEn": words,
    }


def get_option_assets(call: RestCall) -> RestAnswer:
    """`GET /v5/account/option-asset-info`: profit, loss and margin of the options on each coin."""
    bases = sorted({quotation.instrument.base for quotation in call.venue.market.of("option")})
    return RestAnswer({"result": [_option_assets(call, coin) for coin in bases]}, None, "Success")


def _option_assets(call: RestCall, coin: str) -> dict[str, Any]:
    account = call.account
    held = [
        position
        for position in account.positions.values()
        if position.listing.instrument.category == "option" and position.listing.instrument.base == coin
    ]
    margins = [position_margin(position) for position in held]
    orders = sum((order_margin(position) for position in held), ZERO)
    return {
        "coin": coin,
        "totalDelta": greeks(call.venue.market, account, coin, call.now)["totalDelta"],
        "totalRPL": rounded(sum((position.cum_realised for position in held), ZERO)),
        "totalUPL": rounded(sum((position.unrealised(position.listing.fair_price) for position in held), ZERO)),
        "assetIM": rounded(sum((initial for initial, _ in margins), ZERO) + orders),
        "assetMM": rounded(sum((maintenance for _, maintenance in margins), ZERO)),
        "sendTime": call.now,
    }


def get_allowed_deposits(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/deposit/query-allowed-list`: every coin, by every chain that it travels on."""
    coin, name = call.params.text("coin").upper(), call.params.text("chain")
    if name and not coin:
        raise refusals.parameter("coin is required with chain")
    chains = [chain for one in call.venue.coins() if coin in ("", one) for chain in _named(chains_of(one), name)]
    page = list_page(call, chains, _allowed, default=10, maximum=35, name="configList")
    return RestAnswer(page, None, "success")


def _named(chains: Iterable[Chain], name: str) -> list[Chain]:
    return [chain for chain in chains if name in ("", chain.name)]


def _allowed(chain: Chain) -> dict[str, Any]:
    return {
        "coin": chain.coin,
        "chain": chain.name,
        "coinShowName": chain.coin,
        "chainType": chain.kind,
        "blockConfirmNumber": chain.confirmations,
        "minDepositAmount": "0",
    }


ROUTES = (
    Route("GET", "/v5/asset/asset-overview", get_asset_overview),
    Route("GET", "/v5/asset/total-members-assets", get_members_assets),
    Route("GET", "/v5/asset/fundinghistory", get_funding_history),
    Route("GET", "/v5/account/option-asset-info", get_option_assets),
    Route("GET", "/v5/asset/deposit/query-allowed-list", get_allowed_deposits),
)
