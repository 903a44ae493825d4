"""Addresses as pybit spells them: testnet, demo, domain and top-level domain."""

from __future__ import annotations

from bybit_async.environments import Environment, find


def environment_of(*, testnet: bool, demo: bool, domain: str, tld: str, given: Environment | str | None) -> Environment:
    """Return the environment `given`, or else the one that pybit's four arguments mean."""
    if given is not None:
        return find(given)
    net = "-testnet" if testnet else ""
    kind = "-demo" if demo else ""
    site = f"{domain or 'bybit'}.{tld or 'com'}"
    streams = f"wss://stream{kind}{net}.{site}/v5"
    return Environment(
        name=f"{site}{kind}{net}",
        rest_url=f"https://api{kind}{net}.{site}",
        # Demo has no market data of its own: its public streams are those of the real market.
        public_url=f"wss://stream{net}.{domain or 'bybit'}.com/v5/public",
        private_url=f"{streams}/private",
        trade_url=None if demo else f"{streams}/trade",
    )
