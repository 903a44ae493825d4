"""Who gets in: addresses, tokens, and requests that come from elsewhere."""

from __future__ import annotations

import asyncio
import os
import stat

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bybit_async.bot.configuration.sections import MonitorSettings
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.bot.monitor.access import Address, Gate, address_of, read_token, token_in
from bybit_async.bot.monitor.pages import FILES, STATIC
from tests.bot.monitor.monitoring import SECRET, monitored

TOKEN = "t" * 43


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "[::1]:0", "localhost:1", "127.9.9.9:5"])
def test_loopback_needs_nothing_more(address):
    assert address_of(MonitorSettings(address=address)).shown == address


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"address": "8080"}, "not a host and a port"),
        ({"address": ":8080"}, "not a host and a port"),
        ({"address": "127.0.0.1:99999"}, "not a host and a port"),
        ({"address": "http://127.0.0.1:80"}, "not a host and a port"),
        ({"address": "0.0.0.0:8080"}, "SSH tunnel"),
        ({"address": "bot.example:8080"}, "SSH tunnel"),
        ({"address": "10.0.0.5:8080", "public": True}, "without TLS anyone on the way reads the token"),
        ({"address": "[::]:8080", "public": True, "certificate": "a.pem"}, "monitor.private_key: missing"),
        ({"address": "127.0.0.1:8080", "private_key": "a.pem"}, "monitor.certificate: missing"),
    ],
)
def test_an_address_that_is_wrong_or_open_is_refused_with_its_cure(given, words):
    with pytest.raises(ConfigurationInvalid) as raised:
        address_of(MonitorSettings(**given))
    assert words in str(raised.value)


def test_an_open_address_with_flag_and_certificate_is_allowed():
    settings = MonitorSettings(address="0.0.0.0:8080", public=True, certificate="a.pem", private_key="b.pem")
    assert not address_of(settings).is_loopback


def gate(host: str = "127.0.0.1", **options) -> Gate:
    return Gate(TOKEN, Address(host, 8080), **options)


@pytest.mark.parametrize(
    ("made", "headers", "status"),
    [
        (gate(), {"Host": "127.0.0.1:8080"}, None),
        (gate(), {"Host": "LOCALHOST:8080"}, None),
        (gate("::1"), {"Host": "[::1]:8080"}, None),
        (gate(), {"Host": "evil.example:8080"}, 421),
        (gate(), {"Host": "127.0.0.1:8081"}, 421),
        (gate(), {"Host": "127.0.0.1"}, 421),
        (gate(), {"Host": "127.0.0.1.evil.example:8080"}, 421),
        (gate(), {"Host": "10.0.0.5:8080"}, 421),
        (gate(), {"Host": "127.0.0.1:x"}, 421),
        (gate(), {}, 421),
        (gate(names=("bot.lan",)), {"Host": "bot.lan:8080"}, None),
        (gate("0.0.0.0", tls=True), {"Host": "10.0.0.5:8080"}, None),
        (gate("0.0.0.0", tls=True), {"Host": "evil.example:8080"}, 421),
        (gate(), {"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8080"}, None),
        (gate(), {"Host": "127.0.0.1:8080", "Origin": "https://127.0.0.1:8080"}, 403),
        (gate(), {"Host": "127.0.0.1:8080", "Origin": "http://localhost:3000"}, 403),
        (gate(), {"Host": "127.0.0.1:8080", "Origin": "null"}, 403),
        (gate(), {"Host": "127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"}, 403),
        (gate(), {"Host": "127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}, None),
    ],
)  # fmt: skip
def test_requests_under_another_name_or_from_another_site_do_not_pass(made, headers, status):
    refused = made.place(headers)
    assert (None if refused is None else refused.status) == status


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}t",
        f"Bearer {TOKEN[1:]}",
        "Bearer ü\udcff",
    ],
)
def test_only_the_token_itself_opens(given):
    assert gate().bearer({"Authorization": given}).status == 401
    assert gate().bearer({"Authorization": f"bearer {TOKEN}"}) is None
    assert gate().protocol({"Sec-WebSocket-Protocol": given}).status == 401
    assert gate().protocol({"Sec-WebSocket-Protocol": f"bybit-async-monitor, token.{TOKEN}"}) is None


def test_the_token_is_kept_in_a_file_that_only_its_owner_reads(tmp_path):
    folder = tmp_path / "state"
    token, made = token_in(folder)
    path = folder / "monitor.token"
    assert (made, len(token) >= 43) == (True, True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token_in(folder) == (token, False)
    path.chmod(0o644)
    with pytest.raises(ConfigurationInvalid, match="others can read"):
        token_in(folder)
    path.chmod(0o600)
    for text in ("", "short", "x" * 40 + " y", "ü" * 40):
        path.write_text(text)
        with pytest.raises(ConfigurationInvalid, match="not a token"):
            read_token(path)
    with pytest.raises(ConfigurationInvalid, match="has the bot been run"):
        read_token(tmp_path / "none")


async def test_nothing_is_said_without_the_token_but_whether_it_is_healthy(tmp_path):
    async with monitored(tmp_path, start=False) as bot:
        for wrong in ({"Authorization": ""}, {"Authorization": "Bearer " + "x" * 43}):
            for method, path in [("GET", "/status"), ("GET", "/metrics"), ("GET", "/stream"), ("GET", "/nothing"),
                                 ("POST", "/pause"), ("POST", "/resume"), ("POST", "/emergency-stop")]:  # fmt: skip
                answer = await bot.http.request(method, path, headers=wrong)
                assert (answer.status_code, answer.json()) == (401, {"error": "the token is missing or wrong"}), path
            assert (await bot.get("/healthz", headers=wrong)).status_code == 503
            for path, (name, _) in FILES.items():
                answer = await bot.get(path, headers=wrong)
                assert answer.content == (STATIC / name).read_bytes()
                assert bot.token not in answer.text
        assert (await bot.get("/nothing")).status_code == 404
        assert (await bot.get("/pause")).status_code == 405


async def test_every_answer_forbids_what_the_page_does_not_need(tmp_path):
    async with monitored(tmp_path, start=False) as bot:
        for path in ("/", "/status", "/healthz", "/nothing"):
            headers = (await bot.get(path)).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "*" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["Cache-Control"] == "no-store"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "Set-Cookie" not in headers
            assert "Access-Control-Allow-Origin" not in headers


async def test_other_names_and_other_sites_are_refused_even_with_the_token(tmp_path):
    async with monitored(tmp_path, start=False) as bot:
        rebound = await bot.get("/status", headers={"Host": "evil.example"})
        assert rebound.status_code == 421
        foreign = await bot.http.post("/pause", headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 403
        ours = await bot.http.post("/pause", headers={"Origin": bot.monitor.url})
        assert ours.status_code == 409


async def test_the_stream_needs_the_token_and_our_own_page(tmp_path):
    async with monitored(tmp_path, start=False) as bot:
        url = bot.monitor.url.replace("http", "ws") + "/stream"
        for protocols, origin, status in [
            (["bybit-async-monitor"], None, 401),
            (["bybit-async-monitor", "token." + "x" * 43], None, 401),
            (["bybit-async-monitor", f"token.{bot.token}"], "http://evil.example", 403),
        ]:
            with pytest.raises(InvalidStatus) as raised:
                await connect(url, subprotocols=protocols, origin=origin)
            assert raised.value.response.status_code == status
        async with connect(url, subprotocols=["bybit-async-monitor", f"token.{bot.token}"]) as socket:
            assert socket.subprotocol == "bybit-async-monitor"
            assert '"engine":"stopped"' in await asyncio.wait_for(socket.recv(), 5)


async def test_no_secret_is_in_anything_that_is_served(tmp_path):
    async with monitored(tmp_path, start=False) as bot:
        settings = bot.bot.config.settings
        key, secret = settings.exchange.api_key, settings.exchange.api_secret
        # As when a strategy raises with what it should not know.
        bot.bot.strategies.failures["book"] = f"raised ValueError: {key[:]} {secret[:]} {SECRET}"
        assert bot.bot.strategies.strategies
        served = [(await bot.get(path)).text for path in ("/status", "/metrics", "/healthz")]
        assert "stopped" in served[0]
        for text in served:
            assert key[:] not in text
            assert secret[:] not in text
            assert bot.token not in text
        assert "***" in served[0]


async def test_an_address_in_use_is_told_before_anything_is_traded(tmp_path):
    async with monitored(tmp_path, start=False) as bot:
        taken = bot.monitor.url.removeprefix("http://")
        with pytest.raises(ConfigurationInvalid, match="choose another port"):
            async with monitored(tmp_path / "other", monitor={"address": taken}):
                pass


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
async def test_a_token_file_that_others_read_stops_the_start(tmp_path):
    (tmp_path / "monitor.token").write_text(TOKEN)
    (tmp_path / "monitor.token").chmod(0o640)
    with pytest.raises(ConfigurationInvalid, match="others can read"):
        async with monitored(tmp_path, start=False):
            pass
