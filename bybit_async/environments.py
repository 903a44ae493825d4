"""Where Bybit listens: mainnet, testnet, demo, the regional sites, and any other address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

import msgspec

from bybit_async.errors import InvalidParameter, expected, nearest


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """One place that speaks V5.

    Attributes:
        name: what logs and errors call it.
        rest_url: scheme and host of the REST API.
        public_url: prefix of the public streams, before the category (``…/v5/public``).
        private_url: the private stream.
        trade_url: order entry over a socket, or None where it is not offered (demo).
        archive_url: scheme and host of the archive of past trades, or empty without an archive (testnet).
        identity: whose market data is served here; stored history is kept apart by it. Demo serves mainnet's, so it
            shares mainnet's identity. Left empty, it follows from `rest_url`: a known site's, else host and port.
    """

    name: str
    rest_url: str
    public_url: str
    private_url: str
    trade_url: str | None = None
    archive_url: str = ""
    identity: str = ""

    def __post_init__(self) -> None:
        if not self.identity:
            netloc = urlsplit(self.rest_url).netloc
            msgspec.structs.force_setattr(self, "identity", _IDENTITIES.get(netloc, netloc))

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

# Sites that only differ from mainnet in the host that takes requests show mainnet's market. For the other regional
# sites no such thing is documented, so their history is kept apart from mainnet's.
_IDENTITIES: dict[str, str] = dict.fromkeys(
    ("api.bybit.com", "api.bytick.com", "api.bybit.nl", "api.bybit.ae", "api-demo.bybit.com"), "mainnet"
) | {"api-testnet.bybit.com": "testnet"}


def _site(name: str, rest: str, stream: str, *, archive: str = "") -> Environment:
    return Environment(
        name=name,
        rest_url=f"https://{rest}",
        public_url=f"wss://{stream}/v5/public",
        private_url=f"wss://{stream}/v5/private",
        trade_url=f"wss://{stream}/v5/trade",
        archive_url=archive,
        identity=_IDENTITIES.get(rest, name),
    )


MAINNET = _site("mainnet", "api.bybit.com", "stream.bybit.com", archive=_ARCHIVE)
TESTNET = _site("testnet", "api-testnet.bybit.com", "stream-testnet.bybit.com")
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
    "bytick": _site("bytick", "api.bytick.com", "stream.bybit.com", archive=_ARCHIVE),
    "nl": _site("nl", "api.bybit.nl", "stream.bybit.com", archive=_ARCHIVE),
    "ae": _site("ae", "api.bybit.ae", "stream.bybit.com", archive=_ARCHIVE),
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


def is_reserved(identity: str) -> bool:
    """Return whether a name is that of an exchange to download from: a site of Bybit's, or a simulated one."""
    sites = (*REGIONS.values(), *_TESTNET_REGIONS.values(), TESTNET, DEMO)
    return identity in {site.identity for site in sites} or identity.startswith("simulated-") or ":" in identity


_TESTNET_REGIONS = {"jp": _site("jp-testnet", "api-testnet.manepa.jp", "stream-testnet.manepa.jp")}

_BY_NAME: dict[str, Environment] = {"mainnet": MAINNET, "testnet": TESTNET, "demo": DEMO, **REGIONS}
_BY_HOST: dict[str, Environment] = {
    urlsplit(site.rest_url).netloc: site for site in (*REGIONS.values(), TESTNET, DEMO, *_TESTNET_REGIONS.values())
}
# Hosts that Bybit may have besides those: what serves their streams is not known, and guessing would be unsafe.
_DOMAINS = tuple(sorted({"." + host.split(".", 1)[1] for host in _BY_HOST}))
_EXAMPLE = "http://127.0.0.1:8100"


def find(place: Environment | str, parameter: str = "environment") -> Environment:
    """Return the environment that a name or an address means.

    A name is ``"mainnet"``, ``"testnet"``, ``"demo"`` or a region (``"eu"``). The address of a REST host of Bybit's
    means its environment. Any other address, as ``http://127.0.0.1:8100``, serves everything: REST and the archive
    there, the sockets at ``/v5/public``, ``/v5/private`` and ``/v5/trade`` (``wss`` for ``https``).

    Raises:
        InvalidParameter: it is neither; the error names `parameter`.
    """
    if isinstance(place, Environment):
        return place
    if not isinstance(place, str) or not place.strip():
        raise InvalidParameter(parameter, f"expected an Environment, a name or an address as {_EXAMPLE}, got {place!r}")
    text = place.strip()
    if text in _BY_NAME:
        return _BY_NAME[text]
    url = _parsed(text)
    if url is None or url.scheme not in ("http", "https"):
        _refuse_name(text, parameter)
    if url.username is not None or url.password is not None:
        raise InvalidParameter(parameter, "an address must not contain a user or password")
    if url.path.strip("/") or url.query or url.fragment:
        root = f"{url.scheme}://{url.netloc}"
        raise InvalidParameter(
            parameter, f"expected an address without a path, as {root}; where the parts differ, pass an Environment"
        )
    host = url.netloc.lower()
    return _bybit_site(host, url.scheme, parameter) or _all_on_one(host, url.scheme)


def _parsed(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        return url if url.hostname and url.port != 0 else None
    except ValueError:
        return None


def _refuse_name(text: str, parameter: str) -> NoReturn:
    if text == "simulated":
        raise InvalidParameter(
            parameter, "a simulated exchange has no fixed address: pass SimulatedExchange(...).environment, or the "
            "address that `bybit-async simulate` prints",
        )  # fmt: skip
    near = nearest(text, _BY_NAME)
    rest = text.rpartition("://")[2].rpartition("@")[2]
    plausible = rest and not near and _parsed(f"http://{rest}") is not None
    cure = f"did you mean {near!r}?" if near else f"write {'http://' + rest if plausible else _EXAMPLE}"
    shown = text.rpartition("@")[2]
    raise InvalidParameter(
        parameter, f"expected an address that begins with http:// or https://, or one of {', '.join(_BY_NAME)}; "
        f"got {shown!r}: {cure}",
    )  # fmt: skip


def _bybit_site(host: str, scheme: str, parameter: str) -> Environment | None:
    site = _BY_HOST.get(host.removesuffix(":443"))
    if site is not None:
        if scheme != "https":
            raise InvalidParameter(parameter, f"Bybit is reached through https: write {site.rest_url}")
        return site
    near = nearest(host, _BY_HOST)
    if host.endswith(_DOMAINS) or (near is not None and host.startswith("api.bybit.")):
        known = ", ".join(_BY_HOST)
        raise InvalidParameter(parameter, f"{host} is not a known host of Bybit's; known: {known}")
    return None


def _all_on_one(host: str, scheme: str) -> Environment:
    socket = f"{'wss' if scheme == 'https' else 'ws'}://{host}/v5"
    return Environment(
        name=host,
        rest_url=f"{scheme}://{host}",
        public_url=f"{socket}/public",
        private_url=f"{socket}/private",
        trade_url=f"{socket}/trade",
        archive_url=f"{scheme}://{host}",
    )


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
        raise InvalidParameter("region", expected(region, sorted(REGIONS)))
    if demo:
        raise InvalidParameter("region", f"region {region!r} has no demo environment")
    if testnet:
        if region not in _TESTNET_REGIONS:
            raise InvalidParameter("region", f"region {region!r} has no testnet of its own")
        return _TESTNET_REGIONS[region]
    return REGIONS[region]


def from_variables(variables: Mapping[str, str]) -> Environment:
    """Return the environment that the variables of a process name; mainnet when they are unset.

    Raises:
        InvalidParameter: a variable has an invalid value, or two contradict each other.
    """
    named = variables.get("BYBIT_ENVIRONMENT", "").strip()
    testnet, demo = (_truth(variables, name) for name in ("BYBIT_TESTNET", "BYBIT_DEMO"))
    region = variables.get("BYBIT_REGION", "").strip() or None
    if not named:
        return choose(testnet=testnet, demo=demo, region=region)
    if testnet or demo or region:
        raise InvalidParameter(
            "BYBIT_ENVIRONMENT", "set either this, or BYBIT_TESTNET, BYBIT_DEMO and BYBIT_REGION; not both"
        )
    return find(named, "BYBIT_ENVIRONMENT")


def _truth(variables: Mapping[str, str], name: str) -> bool:
    text = variables.get(name, "").strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("", "0", "false", "no", "off"):
        return False
    raise InvalidParameter(name, f"expected true or false, got {text!r}")
