"""API keys: look at them, make them for sub-accounts, change and delete them."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import Any

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.keys import ALL_PERMISSIONS, IssuedKey
from bybit_async.simulator.rest.call import RestCall, Route
from bybit_async.simulator.rest.lists import list_page
from bybit_async.simulator.rest.members import member_of, require_master

_DAY = 86_400_000
_UNBOUND_DAYS = 90
_SOON = 7 * _DAY
_SUB_WALLET = ("AccountTransfer", "SubMemberTransferList")


def get_api_key(call: RestCall) -> dict[str, Any]:
    """`GET /v5/user/query-api`."""
    key = _signer(call)
    parent = call.venue.members.parent_of(key.uid)
    return {
        **_key_wire(key),
        "secret": "",
        "ips": list(key.ips) or ["*"],
        "type": 1,
        "deadlineDay": _days_left(key, call.now),
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


def get_sub_api_keys(call: RestCall) -> dict[str, Any]:
    """`GET /v5/user/sub-apikeys`."""
    require_master(call)
    member = member_of(call, "subMemberId")
    page = list_page(call, call.venue.keys.of(member.uid)[::-1], lambda key: _listed_wire(key, call.now), maximum=20)
    return {"result": page["list"], "nextPageCursor": page["nextPageCursor"]}


def create_sub_api_key(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/create-sub-api`: a key without bound addresses ends after 90 days."""
    require_master(call)
    member = call.venue.members.find(call.params.integer("subuid"))
    if member is None or member.parent != call.account.uid:
        raise refusals.Refused(32006, "subuid is not yours")
    permissions = _permissions(call, sub=True)
    if permissions is None:
        raise refusals.parameter("permissions is required")
    ips = _addresses(call) or ()
    key = call.venue.keys.issue(
        member.uid,
        call.now,
        read_only=call.params.choice("readOnly", ("0", "1")) == "1",
        permissions=permissions,
        ips=ips,
        expires_at=0 if ips else call.now + _UNBOUND_DAYS * _DAY,
        note=call.params.text("note"),
    )
    return {**_key_wire(key), "secret": key.secret}


def update_api_key(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/update-api`: the key that signs the call."""
    require_master(call)
    return _changed(call, _signer(call), sub=False)


def update_sub_api_key(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/update-sub-api`: the key that signs the call, or with a master's key the one that is named."""
    return _changed(call, _named_key(call), sub=True)


def delete_api_key(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/delete-api`: the key that signs the call."""
    require_master(call)
    call.venue.keys.revoke(_signer(call).key)
    return {}


def delete_sub_api_key(call: RestCall) -> dict[str, Any]:
    """`POST /v5/user/delete-sub-api`: the key that signs the call, or with a master's key the one that is named."""
    call.venue.keys.revoke(_named_key(call).key)
    return {}


def _signer(call: RestCall) -> IssuedKey:
    if call.key is None:
        raise refusals.Refused(10003, "API key is invalid.")
    return call.key


def _named_key(call: RestCall) -> IssuedKey:
    name, signer = call.params.text("apikey"), _signer(call)
    if call.venue.members.parent_of(signer.uid) is not None:
        if name:
            raise refusals.parameter("apikey cannot be given by a sub account")
        return signer
    key = call.venue.keys.find(call.params.required("apikey"))
    if key is None or call.venue.members.parent_of(key.uid) != signer.uid:
        raise refusals.Refused(10003, "API key is invalid.")
    return key


def _changed(call: RestCall, key: IssuedKey, *, sub: bool) -> dict[str, Any]:
    permissions, ips = _permissions(call, sub=sub), _addresses(call)
    key.read_only = call.params.choice("readOnly", ("0", "1"), "0") == "1"
    if permissions is not None:
        key.permissions = permissions
    if ips is not None:
        key.ips = ips
        key.expires_at = 0 if ips else call.now + _UNBOUND_DAYS * _DAY
    return {**_key_wire(key), "secret": "", "ips": list(key.ips) or ["*"]}


def _permissions(call: RestCall, *, sub: bool) -> dict[str, list[str]] | None:
    wanted = call.params.values.get("permissions")
    if wanted is None:
        return None
    if not isinstance(wanted, dict) or not set(wanted) <= set(ALL_PERMISSIONS):
        raise refusals.parameter("permissions invalid")
    for group, names in wanted.items():
        allowed = _SUB_WALLET if sub and group == "Wallet" else (*ALL_PERMISSIONS[group], *_SUB_WALLET)
        free = not ALL_PERMISSIONS[group]
        if not isinstance(names, list) or not all(
            isinstance(name, str) and (free or name in allowed) for name in names
        ):
            raise refusals.parameter(f"permissions invalid: {group}")
    if not any(wanted.values()):
        raise refusals.parameter("permissions must hold at least one")
    return {group: list(wanted.get(group, [])) for group in ALL_PERMISSIONS}


def _addresses(call: RestCall) -> tuple[str, ...] | None:
    ips = call.params.values.get("ips")
    if ips is None or ips == "":
        return None
    parts = ips if isinstance(ips, list) else str(ips).split(",")
    if parts == ["*"]:
        return ()
    for part in parts:
        try:
            ipaddress.ip_address(str(part).strip())
        except ValueError:
            raise refusals.parameter("ips invalid") from None
    return tuple(str(part).strip() for part in parts)


def _key_wire(key: IssuedKey) -> dict[str, Any]:
    return {
        "id": str(key.number),
        "note": key.note,
        "apiKey": key.key,
        "readOnly": int(key.read_only),
        "permissions": key.permissions,
    }


def _listed_wire(key: IssuedKey, now: int) -> dict[str, Any]:
    return {
        **_key_wire(key),
        "ips": list(key.ips) or ["*"],
        "status": _status(key, now),
        "expiredAt": _iso(key.expires_at),
        "createdAt": _iso(key.created_at),
        "type": 1,
        "secret": "******",
        "readOnly": key.read_only,
        "deadlineDay": _days_left(key, now),
        "flag": "rsa" if key.rsa_public_key else "hmac",
    }


def _status(key: IssuedKey, now: int) -> int:
    if not key.expires_at:
        return 1
    if key.expires_at <= now:
        return 2
    return 4 if key.expires_at - now < _SOON else 3


def _days_left(key: IssuedKey, now: int) -> int:
    return max((key.expires_at - now) // _DAY, 0) if key.expires_at else -2


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


ROUTES = (
    Route("GET", "/v5/user/query-api", get_api_key),
    Route("GET", "/v5/user/sub-apikeys", get_sub_api_keys),
    Route("POST", "/v5/user/create-sub-api", create_sub_api_key, permission="Wallet"),
    Route("POST", "/v5/user/update-api", update_api_key, permission="Wallet"),
    Route("POST", "/v5/user/update-sub-api", update_sub_api_key, permission="Wallet"),
    Route("POST", "/v5/user/delete-api", delete_api_key),
    Route("POST", "/v5/user/delete-sub-api", delete_sub_api_key),
)
