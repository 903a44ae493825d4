"""Deposits, withdrawals and conversions: the toy ledger balances at every step."""

from decimal import Decimal

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange

from .raw_client import RawClient


@pytest.fixture
async def exchange():
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(
        seed=3, manual=True, symbols=["BTCUSDT", "XRPUSDT"], market=settings, rate_limits=False
    ) as exchange:
        yield exchange


@pytest.fixture
async def client(exchange, session):
    return RawClient(exchange, session, exchange.new_account(usdt="1000", coins={"BTC": "1"}))


async def balance(client, wallet="FUND", coin="USDT"):
    path = "/v5/asset/transfer/query-account-coin-balance"
    held = (await client.result(path, accountType=wallet, coin=coin))["balance"]
    return Decimal(held["walletBalance"])


async def deposits(client, **filters):
    return (await client.result("/v5/asset/deposit/query-record", **filters))["rows"]


async def withdraw(client, **changes):
    request = {"coin": "USDT", "chain": "ETH", "address": "0xabc", "amount": "100", "accountType": "UTA", **changes}
    return await client.post("/v5/asset/withdraw/create", timestamp=client.now(), **request)


async def withdrawals(client, **filters):
    return (await client.result("/v5/asset/withdraw/query-record", **filters))["rows"]


async def test_a_deposit_is_confirmed_step_by_step_and_then_credited(client, exchange):
    address = (await client.result("/v5/asset/deposit/query-address", coin="USDT", chainType="TRX"))["chains"][0]
    tx_id = exchange.deposit(client.key, "USDT", "250.5", chain="TRX", duration="60s")
    seen = []
    for _ in range(7):
        (entry,) = await deposits(client, coin="USDT")
        seen.append((entry["confirmations"], entry["status"], await balance(client)))
        exchange.engine.audit()
        await exchange.advance("10s")
    assert [confirmations for confirmations, _, _ in seen] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [status for _, status, _ in seen] == [1, 1, 1, 2, 2, 2, 3]
    assert [held for _, _, held in seen] == [0] * 6 + [Decimal("250.5")]
    (entry,) = await deposits(client, txID=tx_id)
    assert (entry["toAddress"], entry["chain"]) == (address["addressDeposit"], "TRX")
    assert await deposits(client, coin="BTC") == []


async def test_deposits_go_to_the_wallet_that_was_chosen(client, exchange):
    await client.done("/v5/asset/deposit/deposit-to-account", accountType="UNIFIED")
    exchange.deposit(client.key, "USDT", "5")
    assert await balance(client, "UNIFIED") == 1005
    with pytest.raises(ValueError, match="does not travel"):
        exchange.deposit(client.key, "USDT", "5", chain="BTC")


async def test_addresses_are_an_accounts_own_and_tags_tell_owners_apart(client, exchange, session):
    other = RawClient(exchange, session, exchange.new_account())
    mine, theirs = [
        (await who.result("/v5/asset/deposit/query-address", coin="XRP"))["chains"][0] for who in (client, other)
    ]
    assert mine["addressDeposit"] != theirs["addressDeposit"]
    assert mine["tagDeposit"]
    assert mine["tagDeposit"] != theirs["tagDeposit"]
    assert (await client.get("/v5/asset/deposit/query-address", coin="NOPE"))["retCode"] == 10001


async def test_a_master_sees_the_deposits_of_a_sub_account(client, exchange, session):
    uid = (await client.done("/v5/user/create-sub-member", username="bot", memberType=1))["uid"]
    key = await client.done("/v5/user/create-sub-api", subuid=int(uid), readOnly=0, permissions={"Spot": ["SpotTrade"]})
    exchange.deposit(key["apiKey"], "BTC", "0.25")
    rows = (await client.result("/v5/asset/deposit/query-sub-member-record", subMemberId=uid))["rows"]
    assert [(row["coin"], row["amount"], row["status"]) for row in rows] == [("BTC", "0.25", 3)]
    address = await client.result(
        "/v5/asset/deposit/query-sub-member-address", coin="BTC", chainType="BTC", subMemberId=uid
    )
    assert address["chains"]["addressDeposit"] == rows[0]["toAddress"]
    assert await deposits(client) == []


async def test_a_withdrawal_goes_through_its_stages_and_leaves(client, exchange):
    exchange.allow_withdrawals(client.key, "0xabc", coin="USDT", chain="ETH")
    number = (await withdraw(client))["result"]["id"]
    assert await balance(client, "UNIFIED") == 899
    stages = []
    for pause in ("5s", "25s", "30s", "1s"):
        (entry,) = await withdrawals(client, withdrawID=number)
        stages.append((entry["status"], bool(entry["txID"])))
        exchange.engine.audit()
        await exchange.advance(pause)
    expected = [("SecurityCheck", False), ("Pending", False), ("BlockchainConfirmed", True), ("success", True)]
    assert stages == expected
    assert (entry["amount"], entry["withdrawFee"], entry["withdrawType"]) == ("100", "1", 0)
    assert (await client.post("/v5/asset/withdraw/cancel", id=number))["retCode"] == 131099
    assert await balance(client, "UNIFIED") + await balance(client) == 899


async def test_a_cancelled_withdrawal_brings_everything_back(client, exchange):
    exchange.allow_withdrawals(client.key, "0xabc")
    number = (await withdraw(client, feeType=1))["result"]["id"]
    (entry,) = await withdrawals(client)
    assert (entry["amount"], entry["withdrawFee"]) == ("99", "1")
    await exchange.advance("6s")
    assert await client.done("/v5/asset/withdraw/cancel", id=number) == {"status": 1}
    (entry,) = await withdrawals(client)
    assert entry["status"] == "CancelByUser"
    assert await balance(client) == 100
    await exchange.advance("2m")
    (entry,) = await withdrawals(client)
    assert entry["status"] == "CancelByUser"
    assert await balance(client) == 100
    exchange.engine.audit()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"address": "0xother"}, 131093),
        ({"chain": "NOPE"}, 131002),
        ({"coin": "NOPE"}, 131002),
        ({"tag": "7"}, 131002),
        ({"amount": "1"}, 131096),
        ({"amount": "0.123456789"}, 131002),
        ({"amount": "1000"}, 131085),
        ({"accountType": "FUND"}, 131085),
        ({"accountType": "SPOT"}, 10001),
        ({"address": "12", "forceChain": 2}, 131077),
    ],
)
async def test_impossible_withdrawals_are_refused_and_take_nothing(client, exchange, changes, code):
    exchange.allow_withdrawals(client.key, "0xabc")
    exchange.allow_withdrawals(client.key, "12")
    assert (await withdraw(client, **changes))["retCode"] == code
    assert await withdrawals(client) == []
    assert await balance(client, "UNIFIED") == 1000


async def test_a_withdrawal_is_not_repeated_by_its_request_id_nor_within_ten_seconds(client, exchange):
    exchange.allow_withdrawals(client.key, "0xabc")
    assert (await withdraw(client, requestId="once"))["retCode"] == 0
    assert (await withdraw(client))["retCode"] == 10006
    assert (await withdraw(client, chain="TRX"))["retCode"] == 0
    await exchange.advance("10s")
    assert (await withdraw(client, requestId="once"))["retCode"] == 131082
    assert (await withdraw(client, requestId="twice"))["retCode"] == 0
    assert len(await withdrawals(client)) == 3


@pytest.mark.parametrize("by_uid", [False, True])
async def test_money_for_another_account_here_never_leaves(client, exchange, session, by_uid):
    other = RawClient(exchange, session, exchange.new_account())
    if by_uid:
        target, extra = str((await other.result("/v5/user/query-api"))["userID"]), {"forceChain": 2}
    else:
        found = await other.result("/v5/asset/deposit/query-address", coin="USDT", chainType="ETH")
        target, extra = found["chains"][0]["addressDeposit"], {}
    exchange.allow_withdrawals(client.key, target)
    assert (await withdraw(client, address=target, **extra))["retCode"] == 0
    await exchange.advance("10s")
    (sent,) = await withdrawals(client, withdrawType=1)
    assert (sent["status"], sent["withdrawFee"]) == ("success", "0")
    assert await balance(other) == 100
    assert await balance(client, "UNIFIED") == 900
    (received,) = (await other.result("/v5/asset/deposit/query-internal-record"))["rows"]
    assert (received["amount"], received["status"]) == ("100", 2)
    assert await deposits(other) == []
    exchange.engine.audit()


async def test_a_combined_withdrawal_takes_the_funding_wallet_first(client, exchange):
    exchange.allow_withdrawals(client.key, "0xabc")
    exchange.deposit(client.key, "USDT", "30")
    assert (await withdraw(client, accountType="FUND,UTA,EARN"))["retCode"] == 0
    assert await balance(client) == 0
    assert await balance(client, "UNIFIED") == 929
    amounts = (await client.result("/v5/asset/withdraw/withdrawable-amount", coin="USDT"))["withdrawableAmount"]
    assert [amounts[wallet]["withdrawableAmount"] for wallet in ("FUND", "UTA")] == ["0", "929"]


async def quote(client, **changes):
    request = {
        "accountType": "eb_convert_uta", "fromCoin": "BTC", "toCoin": "USDT", "requestCoin": "BTC",
        "requestAmount": "0.5", **changes,
    }  # fmt: skip
    return await client.post("/v5/asset/exchange/quote-apply", **request)


async def test_a_conversion_is_quoted_confirmed_and_done_a_second_later(client, exchange):
    offer = (await quote(client, requestId="mine"))["result"]
    assert Decimal(offer["toAmount"]) == Decimal(offer["exchangeRate"]) / 2
    assert int(offer["expiredTime"]) == client.now() + 15_000
    done = await client.done("/v5/asset/exchange/convert-execute", quoteTxId=offer["quoteTxId"])
    assert done == {"quoteTxId": offer["quoteTxId"], "exchangeStatus": "processing"}
    await exchange.advance("1s")
    status = await client.result(
        "/v5/asset/exchange/convert-result-query", quoteTxId=offer["quoteTxId"], accountType="eb_convert_uta"
    )
    assert status["result"]["exchangeStatus"] == "success"
    assert await balance(client, "UNIFIED", "BTC") == Decimal("0.5")
    assert await balance(client, "UNIFIED") == 1000 + Decimal(offer["toAmount"])
    history = (await client.result("/v5/asset/exchange/query-convert-history"))["list"]
    assert [entry["exchangeTxId"] for entry in history] == [offer["quoteTxId"]]
    log = (await client.result("/v5/account/transaction-log"))["list"]
    assert {"CURRENCY_SELL", "CURRENCY_BUY"} <= {entry["type"] for entry in log}
    exchange.engine.audit()


async def test_a_quote_is_good_for_fifteen_seconds_and_for_one_conversion(client, exchange):
    offer = (await quote(client))["result"]["quoteTxId"]
    await exchange.advance("15001ms")
    assert (await client.post("/v5/asset/exchange/convert-execute", quoteTxId=offer))["retCode"] == 10001
    offer = (await quote(client))["result"]["quoteTxId"]
    for _ in range(3):
        await client.done("/v5/asset/exchange/convert-execute", quoteTxId=offer)
    await exchange.advance("5s")
    assert await balance(client, "UNIFIED", "BTC") == Decimal("0.5")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"requestCoin": "USDT"}, 10001),
        ({"toCoin": "BTC"}, 10001),
        ({"toCoin": "NOPE"}, 10001),
        ({"requestAmount": "0"}, 10001),
        ({"accountType": "eb_convert_spot"}, 10001),
    ],
)
async def test_impossible_quotes_are_refused(client, changes, code):
    assert (await quote(client, **changes))["retCode"] == code


async def test_more_than_is_held_is_quoted_but_not_converted(client):
    offer = (await quote(client, requestAmount="2"))["result"]["quoteTxId"]
    answer = await client.post("/v5/asset/exchange/convert-execute", quoteTxId=offer)
    assert answer["retCode"] == 131212
