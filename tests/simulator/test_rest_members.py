"""Sub-accounts and API keys, as a bot that manages them sees them."""

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange

from .raw_client import RawClient

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
ORDER = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "1000"}
DAY = 86_400_000


@pytest.fixture
async def exchange():
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(
        seed=3, manual=True, symbols=["BTCUSDT"], market=settings, rate_limits=False
    ) as exchange:
        yield exchange


@pytest.fixture
async def master(exchange, session):
    return RawClient(exchange, session, exchange.new_account(usdt="1000"))


async def uid_of(client):
    return (await client.result("/v5/user/query-api"))["userID"]


async def new_sub(master, name="bot", **options):
    """Open a sub-account with a key; return its uid and a client that uses the key."""
    uid = int((await master.done("/v5/user/create-sub-member", username=name, memberType=1))["uid"])
    request = {"subuid": uid, "readOnly": 0, "permissions": {"ContractTrade": ["Order", "Position"]}, **options}
    key = await master.done("/v5/user/create-sub-api", **request)
    return uid, RawClient(master.exchange, master.session, {"api_key": key["apiKey"], "api_secret": key["secret"]})


async def test_sub_accounts_are_listed_by_page(master):
    uids = [(await new_sub(master, f"bot{number}"))[0] for number in range(5)]
    everyone = (await master.result("/v5/user/query-sub-members"))["subMembers"]
    assert [int(member["uid"]) for member in everyone] == uids[::-1]
    seen, cursor = [], "0"
    while True:
        page = await master.result("/v5/user/submembers", pageSize=2, nextCursor=cursor)
        seen += [int(member["uid"]) for member in page["subMembers"]]
        cursor = page["nextCursor"]
        if cursor == "0":
            break
    assert seen == uids[::-1]
    listed = await master.result("/v5/asset/transfer/query-sub-member-list")
    assert sorted(map(int, listed["transferableSubMemberIds"])) == uids
    kinds = await master.result("/v5/user/get-member-type", memberIds=",".join(map(str, uids[:2])))
    assert [int(entry["uid"]) for entry in kinds["accounts"]] == uids[:2]


async def test_a_frozen_sub_account_is_refused_everywhere_until_it_thaws(master):
    uid, sub = await new_sub(master)
    await master.done("/v5/user/frozen-sub-member", subuid=uid, frozen=1)
    assert (await sub.get("/v5/account/info"))["retCode"] == 10008
    async with sub.socket("trade") as socket:
        expires = sub.now() + 10_000
        answer = await socket.ask(op="auth", args=[sub.key, expires, sub.sign(f"GET/realtime{expires}")])
        assert answer["retCode"] == 10008
    assert (await master.result("/v5/user/query-sub-members"))["subMembers"][0]["status"] == 4
    await master.done("/v5/user/frozen-sub-member", subuid=uid, frozen=0)
    assert (await sub.get("/v5/account/info"))["retCode"] == 0


async def test_only_an_empty_sub_account_is_deleted_and_its_keys_with_it(master):
    uid, sub = await new_sub(master)
    move = {"coin": "USDT", "amount": "5", "fromAccountType": "UNIFIED", "toAccountType": "FUND"}
    there = {"fromMemberId": await uid_of(master), "toMemberId": uid}
    await master.done("/v5/asset/transfer/universal-transfer", transferId="a", **there, **move)
    assert (await master.post("/v5/user/del-submember", subMemberId=str(uid)))["retCode"] == 10001
    back = {"fromMemberId": uid, "toMemberId": there["fromMemberId"]}
    move = {**move, "fromAccountType": "FUND", "toAccountType": "UNIFIED"}
    await master.done("/v5/asset/transfer/universal-transfer", transferId="b", **back, **move)
    await master.done("/v5/user/del-submember", subMemberId=str(uid))
    assert (await sub.get("/v5/account/info"))["retCode"] == 10003
    assert (await master.result("/v5/user/query-sub-members"))["subMembers"] == []
    master.exchange.engine.audit()


async def test_a_sub_account_may_not_manage_and_sends_money_to_its_master_only(master):
    uid, sub = await new_sub(master, permissions={"Wallet": ["AccountTransfer", "SubMemberTransferList"]})
    other, _ = await new_sub(master, "other")
    assert (await sub.post("/v5/user/create-sub-member", username="x", memberType=1))["retCode"] == 10005
    here = await uid_of(master)
    move = {"coin": "USDT", "amount": "10", "fromAccountType": "UNIFIED", "toAccountType": "UNIFIED"}
    path = "/v5/asset/transfer/universal-transfer"
    await master.done(path, transferId="1", fromMemberId=here, toMemberId=uid, **move)
    forbidden = await sub.post(path, transferId="2", fromMemberId=uid, toMemberId=other, **move)
    assert forbidden["retCode"] == 131208
    pulled = await sub.post(path, transferId="3", fromMemberId=here, toMemberId=uid, **move)
    assert pulled["retCode"] == 131208
    await sub.done(path, transferId="4", fromMemberId=uid, toMemberId=here, **move)
    log = await master.result("/v5/asset/transfer/query-universal-transfer-list")
    assert [entry["transferId"] for entry in log["list"]] == ["4", "1"]
    strangers = RawClient(master.exchange, master.session, master.exchange.new_account(usdt="1"))
    stolen = await strangers.post(path, transferId="5", fromMemberId=here, toMemberId=await uid_of(strangers), **move)
    assert stolen["retCode"] == 10001


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "0"}, 131215),
        ({"amount": "-1"}, 131215),
        ({"amount": "0.0000000000001"}, 131210),
        ({"amount": "5000"}, 131212),
        ({"toAccountType": "UNIFIED"}, 131211),
        ({"toAccountType": "SPOT"}, 10001),
    ],
)
async def test_impossible_transfers_are_refused_with_their_codes(master, changes, code):
    move = {"coin": "USDT", "amount": "1", "fromAccountType": "UNIFIED", "toAccountType": "FUND", **changes}
    answer = await master.post("/v5/asset/transfer/inter-transfer", transferId="t", **move)
    assert answer["retCode"] == code


async def test_a_key_ends_after_ninety_days_unless_addresses_are_bound(master):
    uid, loose = await new_sub(master)
    info = await loose.result("/v5/user/query-api")
    assert info["deadlineDay"] == 90
    bound = await master.done(
        "/v5/user/create-sub-api",
        subuid=uid,
        readOnly=1,
        permissions={"Spot": ["SpotTrade"]},
        ips="127.0.0.1,10.1.2.3",
        note="reader",
    )
    listed = (await master.result("/v5/user/sub-apikeys", subMemberId=str(uid)))["result"]
    assert [(key["status"], key["readOnly"], key["secret"]) for key in listed] == [
        (1, True, "******"),
        (3, False, "******"),
    ]
    assert listed[0]["ips"] == ["127.0.0.1", "10.1.2.3"]
    await master.exchange.advance(84 * DAY)
    listed = (await master.result("/v5/user/sub-apikeys", subMemberId=str(uid)))["result"]
    assert [key["status"] for key in listed] == [1, 4]
    await master.exchange.advance(6 * DAY)
    assert (await loose.get("/v5/account/info"))["retCode"] == 33004
    lasting = RawClient(master.exchange, master.session, {"api_key": bound["apiKey"], "api_secret": bound["secret"]})
    assert (await lasting.get("/v5/account/info"))["retCode"] == 0


async def test_a_master_changes_the_key_of_a_sub_account(master):
    _, sub = await new_sub(master)
    assert (await sub.post("/v5/order/create", **ORDER))["retCode"] != 10005
    path = "/v5/user/update-sub-api"
    await master.done(path, apikey=sub.key, readOnly=0, permissions={"Spot": ["SpotTrade"]})
    assert (await sub.post("/v5/order/create", **ORDER))["retCode"] == 10005
    changed = await master.done(path, apikey=sub.key, permissions={"ContractTrade": ["Order"]}, ips="10.0.0.9")
    assert changed["ips"] == ["10.0.0.9"]
    assert (await sub.get("/v5/account/info"))["retCode"] == 10010
    await master.done(path, apikey=sub.key, readOnly=1, ips="*")
    assert (await sub.get("/v5/account/info"))["retCode"] == 0
    assert (await sub.post("/v5/order/create", **ORDER))["retCode"] == 10005


async def test_a_master_key_changes_and_deletes_itself(master):
    changed = await master.done("/v5/user/update-api", permissions={"Wallet": ["AccountTransfer"]}, ips="127.0.0.1")
    assert (changed["ips"], changed["permissions"]["Spot"]) == (["127.0.0.1"], [])
    assert (await master.post("/v5/order/create", **ORDER))["retCode"] == 10005
    withdrawal = {"coin": "USDT", "chain": "ETH", "address": "0x1", "amount": "20", "accountType": "UTA"}
    refused = await master.post("/v5/asset/withdraw/create", timestamp=master.now(), **withdrawal)
    assert refused["retCode"] == 10005
    await master.done("/v5/user/delete-api")
    assert (await master.get("/v5/account/info"))["retCode"] == 10003


@pytest.mark.parametrize(
    "request_",
    [
        {"permissions": {"Nonsense": ["x"]}},
        {"permissions": {"Spot": ["Order"]}},
        {"permissions": {"Wallet": ["Withdraw"]}},
        {"permissions": {}},
        {"ips": "nowhere"},
    ],
)
async def test_impossible_keys_are_refused(master, request_):
    uid = int((await master.done("/v5/user/create-sub-member", username="bot", memberType=1))["uid"])
    request = {"subuid": uid, "readOnly": 0, "permissions": {"Spot": ["SpotTrade"]}, **request_}
    assert (await master.post("/v5/user/create-sub-api", **request))["retCode"] == 10001
    assert (await master.result("/v5/user/sub-apikeys", subMemberId=str(uid)))["result"] == []


async def test_nobody_touches_the_sub_accounts_and_keys_of_others(master):
    uid, sub = await new_sub(master)
    stranger = RawClient(master.exchange, master.session, master.exchange.new_account())
    assert (await stranger.post("/v5/user/frozen-sub-member", subuid=uid, frozen=1))["retCode"] == 10001
    assert (await stranger.post("/v5/user/del-submember", subMemberId=str(uid)))["retCode"] == 10001
    assert (await stranger.get("/v5/user/sub-apikeys", subMemberId=str(uid)))["retCode"] == 10001
    assert (await stranger.post("/v5/user/delete-sub-api", apikey=sub.key))["retCode"] == 10003
    assert (await stranger.post("/v5/user/update-sub-api", apikey=sub.key, readOnly=1))["retCode"] == 10003
    assert (await sub.get("/v5/account/info"))["retCode"] == 0
