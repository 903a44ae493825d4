from bybit_async.api.user import User
from bybit_async.drift import decode
from bybit_async.models.user import ApiKey, ApiKeyInformation
from tests.api.recorder import Recorder, answer


async def test_subaccounts_are_paged_by_their_own_cursor_until_zero() -> None:
    recorder = Recorder(
        answer({"subMembers": [{"uid": "1"}], "nextCursor": "344"}),
        answer({"subMembers": [{"uid": "2"}], "nextCursor": "0"}),
    )
    members = User(recorder).get_sub_uid_list_unlimited(page_size=1)
    assert [member.uid async for member in members] == ["1", "2"]
    assert [params for _, params in recorder.asked] == [{"pageSize": 1}, {"pageSize": 1, "nextCursor": "344"}]


def test_a_new_keys_secret_is_readable_but_never_shown() -> None:
    for tp in (ApiKey, ApiKeyInformation):
        key = decode(b'{"id":"1","apiKey":"KEY","secret":"HUSH","permissions":{"Spot":["SpotTrade"]}}', tp)
        assert key.secret == "HUSH"
        assert key.permissions.spot == ["SpotTrade"]
        assert "HUSH" not in repr(key) + str(key) + str(key.__rich_repr__())
