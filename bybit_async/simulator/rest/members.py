"""Sub-accounts: open, list, freeze and remove them."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.custody.members import MemberAccount
from bybit_async.simulator.engine import refusals
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route

_MOST_LISTED = 10_000
_MOST_ASKED = 200
_KINDS = ("1", "6")


def member_of(call: RestCall, name: str) -> MemberAccount:
    """Return the caller's sub-account that a parameter names; refused with 10001 when it is no one's or another's."""
    member = call.venue.members.find(call.params.integer(name))
    if member is None or member.parent != call.account.uid:
        raise refusals.parameter(f"{name} invalid")
    return member


def require_master(call: RestCall) -> None:
    """Refuse with 10005 a call of a sub-account."""
    if call.venue.members.parent_of(call.account.uid) is not None:
        raise refusals.Refused(10005, "Permission denied: only the master account may call this.")


def create_sub_member(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/create-sub-member`."""
    require_master(call)
    username = call.params.required("username")
    kind = int(call.params.choice("memberType", _KINDS))
    member = call.venue.members.add(call.account.uid, username, call.params.text("note"), kind)
    return {"uid": str(member.uid), "username": username, "memberType": kind, "status": 1, "remark": member.remark}


def get_sub_members(call: RestCall) -> dict[str, Any]:
    """`GET /v5/user/query-sub-members`."""
    members = call.venue.members.of(call.account.uid)[:_MOST_LISTED]
    return {"subMembers": [member.to_wire() for member in members]}


def get_sub_members_by_page(call: RestCall) -> dict[str, Any]:
    """`GET /v5/user/submembers`: the cursor is the uid after which to go on; `"0"` ends the list."""
    params = call.params
    size = min(params.integer("pageSize", 100, low=1), 100)
    after = params.integer("nextCursor", 0)
    members = [m for m in call.venue.members.of(call.account.uid) if not after or m.uid < after]
    page = members[:size]
    following = str(page[-1].uid) if len(members) > size else "0"
    return {"subMembers": [member.to_wire() for member in page], "nextCursor": following}


def get_escrow_members(call: RestCall) -> dict[str, Any]:
    """`GET /v5/user/escrow_sub_members`: no one has fund custodians here."""
    require_master(call)
    return {"subMembers": [], "nextCursor": "0"}


def freeze_sub_member(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/frozen-sub-member`: a frozen account's keys are refused with 10008."""
    member = member_of(call, "subuid")
    member.frozen = call.params.choice("frozen", ("0", "1")) == "1"
    if member.frozen:
        call.venue.keys.block(member.uid)
    else:
        call.venue.keys.unblock(member.uid)
    return {}


def delete_sub_member(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/del-submember`: only an empty account goes, and its keys with it."""
    member = member_of(call, "subMemberId")
    call.venue.members.remove(member)
    for key in call.venue.keys.of(member.uid):
        call.venue.keys.revoke(key.key)
    return {}


def get_member_types(call: RestCall) -> dict[str, Any]:
    """`GET /v5/user/get-member-type`."""
    asked = [text for text in call.params.text("memberIds").split(",") if text]
    if len(asked) > _MOST_ASKED:
        raise refusals.parameter("memberIds holds more than 200")
    uids = asked or [str(call.account.uid)]
    if not all(uid.isdecimal() and _visible(call, int(uid)) for uid in uids):
        raise refusals.parameter("memberIds invalid")
    return {"accounts": [{"uid": uid, "accountType": ["UNIFIED", "FUND"]} for uid in uids]}


def _visible(call: RestCall, uid: int) -> bool:
    return uid == call.account.uid or call.venue.members.parent_of(uid) == call.account.uid


def get_transferable_members(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/transfer/query-sub-member-list`: every sub-account may take part in transfers."""
    require_master(call)
    uids = [str(member.uid) for member in call.venue.members.of(call.account.uid)]
    return RestAnswer({"subMemberIds": uids, "transferableSubMemberIds": uids}, None, "success")


def enable_transfers(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/transfer/save-transfer-sub-member`: has nothing left to do."""
    require_master(call)
    wanted = call.params.values.get("subMemberIds")
    if not isinstance(wanted, list) or not all(
        str(uid).isdecimal() and call.venue.members.parent_of(int(uid)) == call.account.uid for uid in wanted
    ):
        raise refusals.parameter("subMemberIds invalid")
    return RestAnswer({}, None, "success")


ROUTES = (
    Route("POST", "/v5/user/create-sub-member", create_sub_member, permission="Wallet"),
    Route("GET", "/v5/user/query-sub-members", get_sub_members),
    Route("GET", "/v5/user/submembers", get_sub_members_by_page),
    Route("GET", "/v5/user/escrow_sub_members", get_escrow_members),
    Route("POST", "/v5/user/frozen-sub-member", freeze_sub_member, permission="Wallet"),
    Route("POST", "/v5/user/del-submember", delete_sub_member, permission="Wallet"),
    Route("GET", "/v5/user/get-member-type", get_member_types),
    Route("GET", "/v5/asset/transfer/query-sub-member-list", get_transferable_members),
    Route("POST", "/v5/asset/transfer/save-transfer-sub-member", enable_transfers, permission="Wallet"),
)
