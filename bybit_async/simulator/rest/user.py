"""API keys and sub-accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bybit_async.simulator import refusals
from bybit_async.simulator.keys import ALL_PERMISSIONS, ApiKey
from bybit_async.simulator.rest.call import Call, Route

_DAY = 86_400_000


def get_api_key(call: Call) -> dict[str, Any]:
    """`GET /v5/user/query-api`."""
    key = _signer(call)
    parent = call.exchange.members.parent_of(key.uid)
    return {
        **_key_wire(key),
        "secret": "",
        "ips": list(key.ips) or ["*"],
        "type": 1,
        "deadlineDay": (key.expires_at - call.now) // _DAY if key.expires_at else -2,
        "expiredAt": _iso(key.expires_at),
        "createdAt": _iso(key.created_at),
        "unified": 0,
        "uta": 1,
        "userID": key.uid,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": key.rsa_public_key,
        "isMaster": parent is None,
        "parentUid": str(parent or 0),
        "kycLevel": "LEVEL_1",
        "kycRegion": "SIM",
    }


def _signer(call: Call) -> ApiKey:
    if call.key is None:
        raise refusals.Refused(10003, "API key is invalid.")
    return call.key


def _key_wire(key: ApiKey) -> dict[str, Any]:
    return {
        "id": str(key.number),
        "note": key.note,
        "apiKey": key.key,
        "readOnly": int(key.read_only),
        "permissions": key.permissions,
    }


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create_sub_member(call: Call) -> dict[str, Any]:
    """`POST /v5/user/create-sub-member`."""
    username = call.params.required("username")
    member = call.exchange.members.add(call.account.uid, username, call.params.text("note"))
    return {"uid": str(member.uid), "username": username, "memberType": 1, "status": 1, "remark": member.remark}


def get_sub_members(call: Call) -> dict[str, Any]:
    """`GET /v5/user/query-sub-members`."""
    members = call.exchange.members.of(call.account.uid)
    return {
        "subMembers": [
            {
                "uid": str(member.uid),
                "username": member.username,
                "memberType": 1,
                "status": 1,
                "accountMode": 6,
                "remark": member.remark,
            }
            for member in members
        ]
    }


def create_sub_api_key(call: Call) -> dict[str, Any]:
    """`POST /v5/user/create-sub-api`."""
    uid = call.params.integer("subuid")
    if call.exchange.members.parent_of(uid) != call.account.uid:
        raise refusals.Refused(32006, "subuid is not yours")
    wanted = call.params.values.get("permissions")
    if not isinstance(wanted, dict):
        raise refusals.parameter("permissions is required")
    permissions = {name: list(wanted.get(name, [])) for name in ALL_PERMISSIONS}
    ips = call.params.text("ips")
    key = call.exchange.keys.issue(
        uid,
        call.now,
        read_only=call.params.integer("readOnly", 0) == 1,
        permissions=permissions,
        ips=tuple(ips.split(",")) if ips and ips != "*" else (),
        note=call.params.text("note"),
    )
    return {**_key_wire(key), "secret": key.secret}


def delete_api_key(call: Call) -> dict[str, Any]:
    """`POST /v5/user/delete-api`: the key that signs the call."""
    call.exchange.keys.revoke(_signer(call).key)
    return {}


def delete_sub_api_key(call: Call) -> dict[str, Any]:
    """`POST /v5/user/delete-sub-api`."""
    name = call.params.text("apikey") or _signer(call).key
    key = call.exchange.keys.find(name)
    if key is None or (key.uid != call.account.uid and call.exchange.members.parent_of(key.uid) != call.account.uid):
        raise refusals.Refused(10003, "API key is invalid.")
    call.exchange.keys.revoke(name)
    return {}


ROUTES = (
    Route("GET", "/v5/user/query-api", get_api_key),
    Route("POST", "/v5/user/create-sub-member", create_sub_member, permission="Wallet"),
    Route("GET", "/v5/user/query-sub-members", get_sub_members),
    Route("POST", "/v5/user/create-sub-api", create_sub_api_key, permission="Wallet"),
    Route("POST", "/v5/user/delete-api", delete_api_key),
    Route("POST", "/v5/user/delete-sub-api", delete_sub_api_key),
)
