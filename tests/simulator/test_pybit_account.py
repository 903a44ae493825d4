"""pybit runs an account: protection of quotes, collateral, loans that there are not, odds and ends, moved positions."""

from decimal import Decimal

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.market.selection import default_instruments

from ..pybit_threads import in_thread
from .raw_client import eventually

START = 1_760_000_000_000
D = Decimal
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
INVERSE = {"category": "inverse", "symbol": "BTCUSD"}


@pytest.fixture
async def exchange(monkeypatch):
    listed = default_instruments(MarketSettings(), 7, START)
    options = [entry.symbol for entry in listed if entry.category == "option" and entry.base == "BTC"]
    wanted = {"BTCUSDT", "BTCUSD", "XRPUSDT", options[0]}
    chosen = [entry for entry in listed if entry.symbol in wanted]
    async with SimulatedExchange(seed=7, instruments=chosen, manual=True, start=START, rate_limits=False) as exchange:
        monkeypatch.setattr("pybit._helpers.generate_timestamp", exchange.clock.now_ms)
        yield exchange


@pytest.fixture
def open_http(exchange):
    opened = []

    def open_one(credentials):
        session = HTTP(**credentials)
        session.endpoint = exchange.environment.rest_url
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.client.close()


@pytest.fixture
def credentials(exchange):
    return exchange.new_account(usdt="100000", coins={"BTC": "1", "XRP": "5"})


@pytest.fixture
def http(open_http, credentials):
    return open_http(credentials)


def refused(call, **arguments):
    with pytest.raises(InvalidRequestError) as caught:
        call(**arguments)
    return caught.value.status_code


async def test_pybit_protects_its_option_quotes(http, open_http, exchange, credentials):
    option = next(name for category, name in exchange.engine.listings if category == "option")
    other = open_http(exchange.new_account(usdt="100000"))
    limits = {"window": "5000", "frozenPeriod": "0", "qtyLimit": "0.2", "deltaLimit": "10"}
    order = {"category": "option", "symbol": option}

    listing = exchange.engine.listing(*order.values())
    # Nobody else quotes.
    exchange.market.hand_over(listing.instrument.key, quotes=False)
    tick = listing.instrument.tick
    at = [str((listing.mark_price // tick + steps) * tick) for steps in (20, 4)]
    quotes = [{"side": "Sell", "orderType": "Limit", "qty": "0.2", "price": price} for price in at]

    def before():
        protected = {"orderLinkId": "no", "mmp": True}
        return refused(http.set_mmp, baseCoin="BTC", **limits), refused(
            http.place_order, **order, **quotes[0], **protected
        )

    def quoting():
        http.set_mmp(baseCoin="BTC", **limits)
        names = [
            http.place_order(**order, **quote, orderLinkId=f"q{number}", mmp=True)["result"]["orderId"]
            for number, quote in enumerate(quotes)
        ]
        other.place_order(**order, side="Buy", orderType="Limit", qty="0.2", price=at[1], orderLinkId="t")
        state = http.get_mmp_state(baseCoin="BTC")["result"]["result"][0]
        rejected = http.place_order(**order, **quotes[0], orderLinkId="late", mmp=True)["result"]["orderId"]
        http.reset_mmp(baseCoin="BTC")
        again = http.place_order(**order, **quotes[0], orderLinkId="again", mmp=True)["result"]["orderId"]
        found = {entry["orderId"]: entry for entry in http.get_order_history(category="option")["result"]["list"]}
        live = [entry["orderId"] for entry in http.get_open_orders(category="option")["result"]["list"]]
        return names, state, rejected, again, found, live

    assert await in_thread(before) == (110065, 110065)
    exchange.allow_market_making(credentials["api_key"])
    names, state, rejected, again, found, live = await in_thread(quoting)
    assert (found[names[1]]["orderStatus"], found[names[0]]["orderStatus"]) == ("Filled", "Cancelled")
    assert found[names[0]]["cancelType"] == "CancelByMmpTriggered"
    assert (state["mmpEnabled"], state["mmpFrozen"], state["qtyLimit"]) == (True, True, "0.2")
    assert (found[rejected]["orderStatus"], found[rejected]["rejectReason"]) == ("Rejected", "EC_CancelByMMP")
    assert again in live
    exchange.engine.audit()


async def test_pybit_chooses_its_collateral(http, exchange, credentials):
    account = exchange.account(credentials["api_key"])

    def wallet():
        entry = http.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]
        return D(entry["totalMarginBalance"]), D(entry["totalEquity"]), {c["coin"]: c for c in entry["coin"]}

    def session():
        first = wallet()
        http.set_collateral_coin(coin="BTC", collateralSwitch="OFF")
        second = wallet()
        shown = {entry["currency"]: entry for entry in http.get_collateral_info()["result"]["list"]}
        codes = [
            refused(http.place_order, **INVERSE, side="Buy", orderType="Market", qty="10"),
            refused(http.set_collateral_coin, coin="USDT", collateralSwitch="OFF"),
            refused(
                http.batch_set_collateral_coin,
                request=[{"coin": "BTC", "collateralSwitch": "ON"}, {"coin": "BTC", "collateralSwitch": "OFF"}],
            ),
        ]
        http.batch_set_collateral_coin(request=[{"coin": "BTC", "collateralSwitch": "ON"}])
        http.place_order(**INVERSE, side="Buy", orderType="Market", qty="10")
        codes.append(refused(http.set_collateral_coin, coin="BTC", collateralSwitch="OFF"))
        return first, second, shown, codes

    first, second, shown, codes = await in_thread(session)
    worth = exchange.engine.coin_price("BTC")
    assert first[0] - second[0] == pytest.approx(worth)
    assert first[1] == second[1]
    assert (second[2]["BTC"]["collateralSwitch"], second[2]["USDT"]["collateralSwitch"]) == (False, True)
    assert shown["BTC"]["collateralSwitch"] is False
    assert codes == [110101, 182111, 182112, 182110]
    assert not account.uncounted


SPOT_ORDER = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "100"}


async def test_pybit_switches_spot_margin_and_is_refused_loans(http):
    def session():
        before = http.spot_margin_trade_get_status_and_leverage()["result"]
        off = [
            refused(http.spot_margin_trade_set_leverage, leverage="4"),
            refused(http.place_order, **SPOT_ORDER, isLeverage=1),
            refused(http.borrow, coin="BTC", amount="0.1"),
        ]
        assert http.spot_margin_trade_toggle_margin_trade(spotMarginMode="1")["result"] == {"spotMarginMode": "1"}
        http.spot_margin_trade_set_leverage(leverage="4")
        after = http.spot_margin_trade_get_status_and_leverage()["result"]
        on = [
            refused(http.spot_margin_trade_set_leverage, leverage="20"),
            refused(http.borrow, coin="BTC", amount="0.1"),
            refused(http.repay, coin="BTC", amount="0.1"),
            refused(http.repay_liability, coin="BTC"),
            refused(http.manual_no_convert_repay, coin="BTC"),
            refused(http.set_hedging_mode, setHedgingMode="ON"),
            refused(http.set_margin_mode, setMarginMode="PORTFOLIO_MARGIN"),
        ]
        return before, after, [*off, *on]

    before, after, codes = await in_thread(session)
    assert (before["spotMarginMode"], before["spotLeverage"]) == ("0", "")
    assert (after["spotMarginMode"], after["spotLeverage"]) == ("1", "4")
    loans = [34022053, 34022041, 182102, 34022041]
    assert codes == [176038, 170036, 34022036, 176034, *loans, 140001, 3400045]


async def test_pybit_repays_what_losses_have_left_owing(open_http, exchange):
    credentials = exchange.new_account(coins={"BTC": "1"})
    http, account = open_http(credentials), exchange.account(credentials["api_key"])

    def session():
        http.place_order(**LINEAR, side="Buy", orderType="Market", qty="0.1")
        debt = http.get_collateral_info(currency="USDT"), -account.balances["USDT"]
        http.place_order(**LINEAR, side="Sell", orderType="Market", qty="0.1", reduceOnly=True)
        paid = http.repay_liability(coin="USDT")["result"]["list"]
        return debt[1], paid, refused(http.repay_liability)

    debt, paid, code = await in_thread(session)
    assert debt > 0
    assert [entry["coin"] for entry in paid] == ["USDT"]
    assert D(paid[0]["repaymentQty"]) >= debt
    assert account.balances["USDT"] == 0
    assert code == 182102
    exchange.engine.audit()


async def test_pybit_sweeps_up_small_balances(http, exchange, credentials):
    account = exchange.account(credentials["api_key"])

    def quoted():
        small = http.get_small_balance_coins(accountType="eb_convert_uta")["result"]["smallAssetCoins"]
        asked = {"accountType": "eb_convert_uta", "toCoin": "USDT"}
        codes = [refused(http.request_a_quote_small_balance, **asked, fromCoinList=[coin]) for coin in ("BTC", "USDT")]
        quote = http.request_a_quote_small_balance(**asked, fromCoinList=["XRP"])["result"]
        done = http.confirm_a_quote_small_balance(quoteId=quote["quoteId"])["result"]
        codes.append(refused(http.confirm_a_quote_small_balance, quoteId=quote["quoteId"]))
        return small, codes, quote, done

    small, codes, quote, done = await in_thread(quoted)
    before = account.balances["USDT"]
    await exchange.advance("1s")
    history = await in_thread(lambda: http.get_exchange_history_small_balance(accountType="eb_convert_uta")["result"])
    assert [entry["fromCoin"] for entry in small] == ["XRP"]
    assert codes == [700013, 700013, 700009]
    assert done["status"] == "processing"
    (record,) = history["records"]
    assert (record["exchangeTxId"], record["status"], record["exchangeSource"]) == (
        quote["quoteId"], "success", "small_asset_uta"
    )  # fmt: skip
    assert account.balances["USDT"] - before == D(record["toAmount"])
    assert not account.balances["XRP"]
    exchange.engine.audit()


async def test_pybit_moves_a_position_to_its_sub_account(http, exchange, credentials):
    def session():
        me = http.get_api_key_information()["result"]["userID"]
        sub = int(http.create_sub_uid(username="quoter", memberType=1)["result"]["uid"])
        http.create_universal_transfer(
            transferId="t", coin="USDT", amount="5000", fromAccountType="UNIFIED", toAccountType="UNIFIED",
            fromMemberId=me, toMemberId=sub,
        )  # fmt: skip
        http.place_order(**LINEAR, side="Buy", orderType="Market", qty="0.1")
        price = http.get_tickers(**LINEAR)["result"]["list"][0]["markPrice"]
        leg = {**LINEAR, "price": price, "side": "Sell", "qty": "0.06"}
        moved = http.move_position(fromUid=str(me), toUid=str(sub), list=[leg])["result"]
        far = http.move_position(fromUid=str(me), toUid=str(sub), list=[{**leg, "qty": "50"}])["result"]
        history = http.get_move_position_history()["result"]["list"]
        fills = http.get_executions(category="linear", execType="MovePosition")["result"]["list"]
        closed = http.get_closed_pnl(category="linear")["result"]["list"]
        log = http.get_transaction_log(category="linear")["result"]["list"]
        assets = http.get_asset_overview()["result"]
        return me, sub, price, moved, far, history, fills, closed, log, assets

    me, sub, price, moved, far, history, fills, closed, log, assets = await in_thread(session)
    accounts = exchange.engine.accounts
    listing = exchange.engine.listing(*LINEAR.values())
    assert [accounts[uid].position(listing, 0).net for uid in (me, sub)] == [D("0.04"), D("0.06")]
    assert (moved["status"], moved["rejectParty"]) == ("Processing", "")
    assert (far["status"], far["rejectParty"]) == ("Rejected", "Taker")
    assert [(entry["blockTradeId"], entry["status"]) for entry in history] == [
        (far["blockTradeId"], "Rejected"), (moved["blockTradeId"], "Filled")
    ]  # fmt: skip
    assert [(fill["execQty"], fill["execPrice"], fill["execFee"]) for fill in fills] == [("0.06", price, "0")]
    assert closed[0]["execType"] == "MovePosition"
    assert log[0]["transSubType"] == "movePosition"
    wallet = exchange.engine.wallet(accounts[me])
    unified = next(entry for entry in assets["list"] if entry["accountType"] == "UnifiedTradingAccount")
    assert D(unified["totalEquity"]) == pytest.approx(D(str(wallet["totalEquity"])))
    exchange.engine.audit()


async def test_pybit_is_refused_what_its_region_does_not_offer(http, exchange, credentials):
    exchange.withhold(credentials["api_key"], "linear", "spot")
    order = {"side": "Buy", "orderType": "Market"}

    def session():
        http.place_order(**INVERSE, **order, qty="10")
        return [
            refused(http.place_order, **LINEAR, **order, qty="0.01"),
            refused(http.place_order, category="spot", symbol="BTCUSDT", **order, qty="100"),
        ]

    assert await in_thread(session) == [110132, 170209]
    exchange.withhold(credentials["api_key"])
    await in_thread(lambda: http.place_order(**LINEAR, **order, qty="0.01"))
    account = exchange.account(credentials["api_key"])
    await eventually(lambda: any(position.net for position in account.positions.values()))


async def test_pybit_sets_how_its_exits_are_meant(http, exchange, credentials):
    def session():
        http.set_tp_sl_mode(**LINEAR, tpSlMode="Partial")
        price = float(http.get_tickers(**LINEAR)["result"]["list"][0]["lastPrice"])
        http.place_order(**LINEAR, side="Buy", orderType="Market", qty="0.1", takeProfit=str(round(price * 1.1)))
        http.confirm_new_risk_limit(**LINEAR)
        http.set_delta_mode(deltaEnable="1")
        config = http.get_user_setting_config()["result"]
        return http.get_open_orders(**LINEAR)["result"]["list"], config

    orders, config = await in_thread(session)
    assert [order["stopOrderType"] for order in orders] == ["PartialTakeProfit"]
    assert config["deltaEnable"] is True


async def test_pybit_asks_for_demo_money(monkeypatch):
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], demo=True, manual=True, start=START) as exchange:
        monkeypatch.setattr("pybit._helpers.generate_timestamp", exchange.clock.now_ms)
        credentials = exchange.new_account()
        account = exchange.account(credentials["api_key"])

        def session():
            http = HTTP(demo=True, **credentials)
            http.endpoint = exchange.environment.rest_url
            try:
                http.request_demo_trading_funds()
                return http.get_api_key_information()["result"]["userID"]
            finally:
                http.client.close()

        assert await in_thread(session) == account.uid
        most = {"BTC": 15, "ETH": 200, "USDT": 100_000, "USDC": 100_000}
        assert account.balances == most
