"""Clients of ccxt, sent to the simulated exchange."""

from __future__ import annotations

import pytest

ccxt_async = pytest.importorskip("ccxt.async_support")


ccxt_pro = pytest.importorskip("ccxt.pro")


SYMBOL = "BTC/USDT:USDT"


def redirect(client, exchange):
    """Point every address of a ccxt client at the simulated exchange."""

    def local(tree):
        if isinstance(tree, dict):
            return {name: local(branch) for name, branch in tree.items()}
        path = tree.split("}", 1)[1] if "}" in tree else tree.split(".com", 1)[-1]
        scheme = "ws" if tree.startswith("ws") else "http"
        return f"{scheme}://127.0.0.1:{exchange.port}{path}"

    client.urls["api"] = local(client.urls["api"])
    client.options["fetchMarkets"]["types"] = ["spot", "linear", "inverse", "option"]
    client.options["fetchMarkets"]["options"] = {"baseCoins": {"BTC": 1}}
    return client
