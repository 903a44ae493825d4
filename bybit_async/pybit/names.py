"""Which endpoint a method of pybit calls.

Nearly all are called as in this library, without the group. The table holds the rest: other names, and the addresses
that Bybit no longer documents and pybit still has.
"""

from __future__ import annotations

from functools import cache

from bybit_async.api.registry import endpoint_for, endpoints
from bybit_async.transport.endpoint import Endpoint, get, post

_OTHER_NAMES = {
    "create_borrowing_order_fixed_crypto_loan": "crypto_loan.borrow_fixed_crypto_loan",
    "confirm_a_quote_fiat_convert": "fiat.execute_fiat_trade",
    "get_crypto_loan_ltv_adjustment_history_new_crypto_loan": "crypto_loan.get_ltv_adjustment_history_new_crypto_loan",
    "get_fiat_convert_history": "fiat.get_fiat_trade_history",
    "get_fiat_convert_status": "fiat.query_fiat_trade",
    "get_fiat_trading_pair_list": "fiat.get_fiat_coin_list",
    "request_a_quote_fiat_convert": "fiat.request_fiat_quote",
}

_CROSS = "/v5/spot-cross-margin-trade"
_UNDOCUMENTED = {
    "get_allowed_deposit_coin_info": "GET /v5/asset/deposit/query-allowed-list",
    "get_message_list": "POST /v5/p2p/chat/message/listpage",
    "query_chat_session_list": "POST /v5/p2p/chat/session/list",
    "send_message": "POST /v5/p2p/chat/message/send",
    "spot_margin_trade_normal_borrow": f"POST {_CROSS}/loan",
    "spot_margin_trade_normal_get_borrow_order_detail": f"GET {_CROSS}/orders",
    "spot_margin_trade_normal_get_borrowable_coin_info": f"GET {_CROSS}/borrow-token",
    "spot_margin_trade_normal_get_interest_quota": f"GET {_CROSS}/loan-info",
    "spot_margin_trade_normal_get_loan_account_info": f"GET {_CROSS}/account",
    "spot_margin_trade_normal_get_margin_coin_info": f"GET {_CROSS}/pledge-token",
    "spot_margin_trade_normal_get_repayment_order_detail": f"GET {_CROSS}/repay-history",
    "spot_margin_trade_normal_get_vip_margin_data": f"GET {_CROSS}/pledge-token",
    "spot_margin_trade_normal_repay": f"POST {_CROSS}/repay",
    "spot_margin_trade_normal_toggle_margin_trade": f"POST {_CROSS}/switch",
}


@cache
def methods() -> dict[str, Endpoint]:
    """Return every flat method name with its endpoint."""
    by_name = {endpoint.name: endpoint for endpoint in endpoints()}
    found = {name.rpartition(".")[2]: endpoint for name, endpoint in by_name.items()}
    found |= {alias: by_name[name] for alias, name in _OTHER_NAMES.items() if name in by_name}
    return {**{name: _undocumented(name, route) for name, route in _UNDOCUMENTED.items()}, **found}


def _undocumented(name: str, route: str) -> Endpoint:
    method, path = route.split()
    known = endpoint_for(method, path)
    if known is not None:
        return known
    return get(path, name, dict) if method == "GET" else post(path, name, dict)
