"""Where Bybit listens: mainnet, testnet, demo, the regional sites, and any other address."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from bybit_async.errors import InvalidParameter


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """One place that speaks V5.

    Attributes:
        name: what logs and errors call it.
        rest_url: scheme and host of the REST API.
        public_url: prefix of the public streams, before the category (``…/v5/public``).
        private_url: the private stream.
        trade_url: order entry over a socket, or None where it is not offered (demo).
        archive_url: scheme and host of the archive of past trades, or empty where there is none (testnet).
    """

    name: str
    rest_url: str
    public_url: str
    private_url: str
    trade_url: str | None = None
    archive_url: str = ""

    def stream_url(self, channel: str) -> str:
        """Return the socket address of a channel (``"linear"``, ``"status"``, ``"private"``, ``"trade"`` …).

        Raises:
            InvalidParameter: this environment does not offer the channel.
        """
        if channel == "private":
            return self.private_url
        if channel == "trade":
            if self.trade_url is None:
                raise InvalidParameter("environment", f"{self.name} offers no order entry over a socket")
            return self.trade_url
        return f"{self.public_url}/{_CHANNEL_PATHS.get(channel, channel)}"


# Status and the fixed-price offers of Earn live on paths that are not spelled like their channel.
_CHANNEL_PATHS = {"status": "misc/status", "earn": "fp"}


_ARCHIVE = "https://public.bybit.com"


def _site(name: str, rest: str, stream: str, *, archive: str = _ARCHIVE) -> Environment:
    return Environment(
        name=name,
        rest_url=f"https://{rest}",
        public_url=f"wss://{stream}/v5/public",
        private_url=f"wss://{stream}/v5/private",
        trade_url=f"wss://{stream}/v5/trade",
        archive_url=archive,
    )


MAINNET = _site("mainnet", "api.bybit.com", "stream.bybit.com")
TESTNET = _site("testnet", "api-testnet.bybit.com", "stream-testnet.bybit.com", archive="")
# Demo has no market of its own: its public data is mainnet's, and it takes orders over REST only.
DEMO = Environment(
    name="demo",
    rest_url="https://api-demo.bybit.com",
    public_url=MAINNET.public_url,
    private_url="wss://stream-demo.bybit.com/v5/private",
    archive_url=_ARCHIVE,
)

REGIONS: dict[str, Environment] = {
    "global": MAINNET,
    # Bybit documents REST hosts for bytick, nl and ae, but no stream hosts: there the global streams serve.
    "bytick": _site("bytick", "api.bytick.com", "stream.bybit.com"),
    "nl": _site("nl", "api.bybit.nl", "stream.bybit.com"),
    "ae": _site("ae", "api.bybit.ae", "stream.bybit.com"),
    "eu": _site("eu", "api.bybit.eu", "stream.bybit.eu"),
    "tr": _site("tr", "api.bybit.tr", "stream.bybit.tr"),
    "kz": _site("kz", "api.bybit.kz", "stream.bybit.kz"),
    "ge": _site("ge", "api.bybitgeorgia.ge", "stream.bybitgeorgia.ge"),
    "id": _site("id", "api.bybit.id", "stream.bybit.id"),
    "jp": _site("jp", "api.manepa.jp", "stream.manepa.jp"),
}

_COUNTED_TOGETHER: dict[str, str] = {
    urlsplit(url).netloc: urlsplit(main).netloc
    for site in REGIONS.values()
    for url, main in ((site.rest_url, MAINNET.rest_url), (site.public_url, MAINNET.public_url))
}


def counted_as(netloc: str) -> str:
    """Return the host, with its port where it names one, under which Bybit counts what an address sends to this one.

    Requests to mainnet's host and to its regional ones count together, and so do connections to their stream hosts.
    Nothing of the kind is documented for testnet and demo, which count by themselves, as any other host does.
    """
    return _COUNTED_TOGETHER.get(netloc, netloc)


_TESTNET_REGIONS = {"jp": _site("jp-testnet", "api-testnet.manepa.jp", "stream-testnet.manepa.jp", archive="")}


def choose(*, testnet: bool = False, demo: bool = False, region: str | None = None) -> Environment:
    """Pick an environment; mainnet when nothing is asked for.

    Raises:
        InvalidParameter: the region is unknown, or the combination does not exist.
    """
    if testnet and demo:
        raise InvalidParameter("demo", "testnet and demo are two environments; choose one")
    if region is None or region == "global":
        return TESTNET if testnet else DEMO if demo else MAINNET
    if region not in REGIONS:
        raise InvalidParameter("region", f"unknown region {region!r}; known: {', '.join(sorted(REGIONS))}")
    if demo:
        raise InvalidParameter("region", f"region {region!r} has no demo environment")
    if testnet:
        if region not in _TESTNET_REGIONS:
            raise InvalidParameter("region", f"region {region!r} has no testnet of its own")
        return _TESTNET_REGIONS[region]
    return REGIONS[region]
