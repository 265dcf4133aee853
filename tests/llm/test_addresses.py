"""Hosts in every spelling: what is checked, shown, kept with a key and connected to is the same host."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from caal_desktop.llm.errors import AddressRefused
from caal_desktop.llm.transport.address import (
    check_base_url,
    check_fixed_base_url,
    host_of,
    is_loopback,
    is_private,
    location_of,
    origin_of,
)
from caal_desktop.llm.transport.network import NetworkOptions, ProxyMode
from caal_desktop.llm.transport.sdk import httpx2

PRIVATE = {
    "localhost": "localhost",
    "LocalHost": "localhost",
    "localhost.": "localhost",
    "llm.localhost": "llm.localhost",
    "llm.localhost.": "llm.localhost",
    "127.0.0.1": "127.0.0.1",
    "127.255.255.254": "127.255.255.254",
    "0.0.0.0": "0.0.0.0",  # noqa: S104 - nothing binds to it
    "10.0.0.0": "10.0.0.0",
    "10.1.2.3": "10.1.2.3",
    "10.255.255.255": "10.255.255.255",
    "172.16.0.1": "172.16.0.1",
    "172.31.255.255": "172.31.255.255",
    "192.168.0.1": "192.168.0.1",
    "192.168.255.255": "192.168.255.255",
    "100.64.0.0": "100.64.0.0",
    "100.127.255.255": "100.127.255.255",
    "169.254.1.1": "169.254.1.1",
    "[::1]": "::1",
    "[0:0:0:0:0:0:0:1]": "::1",
    "[::]": "::",
    "[fc00::1]": "fc00::1",
    "[FD12:3456::1]": "fd12:3456::1",
    "[fd12:3456:0:0::1]": "fd12:3456::1",
    "[fe80::1]": "fe80::1",
    "[FE80::1%eth0]": "fe80::1%eth0",
    "[fe80::1%25eth0]": "fe80::1%eth0",
    "[fe80::1%Wlan0]": "fe80::1%Wlan0",
    "nas": "nas",
    "NAS": "nas",
    "nas.": "nas",
    "ＮＡＳ": "nas",
    "my_server": "my_server",
    "gpu-box": "gpu-box",
    "desktop-4f2": "desktop-4f2",
    "a1": "a1",
    "a": "a",
    "a-": "a-",
    "nas1": "nas1",
    "pi.local": "pi.local",
    "pi.lan": "pi.lan",
    "0xnas": "0xnas",
    "nas.local": "nas.local",
    "Nas.Local.": "nas.local",
    "nas。local": "nas.local",
    "1.local": "1.local",
    "8.8.8.8.local": "8.8.8.8.local",
    "büro.local": "xn--bro-hoa.local",
    "llm.lan": "llm.lan",
    "llm.home.arpa": "llm.home.arpa",
    "llm.internal": "llm.internal",
    "na\u00adas.lan": "naas.lan",
}
PUBLIC = {
    "8.8.8.8": "8.8.8.8",
    "1.1.1.1": "1.1.1.1",
    "9.255.255.255": "9.255.255.255",
    "11.0.0.0": "11.0.0.0",
    "172.15.255.255": "172.15.255.255",
    "172.32.0.0": "172.32.0.0",
    "192.167.255.255": "192.167.255.255",
    "192.169.0.0": "192.169.0.0",
    "100.63.255.255": "100.63.255.255",
    "100.128.0.0": "100.128.0.0",
    "169.253.255.255": "169.253.255.255",
    "0.0.0.1": "0.0.0.1",
    # Nobody's: what Python says of these is another thing in each of its versions.
    "192.0.0.1": "192.0.0.1",
    "192.0.0.9": "192.0.0.9",
    "192.0.2.1": "192.0.2.1",
    "192.88.99.1": "192.88.99.1",
    "198.18.0.1": "198.18.0.1",
    "198.51.100.1": "198.51.100.1",
    "203.0.113.1": "203.0.113.1",
    "224.0.0.1": "224.0.0.1",
    "240.0.0.1": "240.0.0.1",
    "255.255.255.255": "255.255.255.255",
    "[2001:4860:4860::8888]": "2001:4860:4860::8888",
    "[2001:4860:4860:0:0:0:0:8888]": "2001:4860:4860::8888",
    "[2A00::1]": "2a00::1",
    "[::8.8.8.8]": "::808:808",
    "[::127.0.0.1]": "::7f00:1",
    "[64:ff9b::8.8.8.8]": "64:ff9b::808:808",
    "[64:ff9b::10.0.0.1]": "64:ff9b::a00:1",
    "[64:ff9b:1::10.0.0.1]": "64:ff9b:1::a00:1",
    "[2002:808:808::1]": "2002:808:808::1",
    "[2002:a00:1::1]": "2002:a00:1::1",
    "[2001::1]": "2001::1",
    "[2001:db8::1]": "2001:db8::1",
    "[3fff::1]": "3fff::1",
    "[ff02::1]": "ff02::1",
    "[fec0::1]": "fec0::1",
    "[fe00::1]": "fe00::1",
    "[fbff::1]": "fbff::1",
    "[::2]": "::2",
    "[100::1]": "100::1",
    "evil.com": "evil.com",
    "EVIL.com": "evil.com",
    "evil.com.": "evil.com",
    "evil。com": "evil.com",
    "evil．com": "evil.com",
    "evil｡com": "evil.com",
    "evil。com。": "evil.com",
    "ⓔvil.com": "evil.com",
    "ｅｖｉｌ.ｃｏｍ": "evil.com",
    "ev\u00adil.com": "evil.com",
    "ev\u200bil.com": "evil.com",
    "𝐞𝐯𝐢𝐥.com": "evil.com",
    "EVİL.com": "xn--evil-swc.com",
    "evıl.com": "xn--evl-kua.com",
    "straße.example": "xn--strae-oqa.example",
    "münchen.example": "xn--mnchen-3ya.example",
    "MÜNCHEN.example": "xn--mnchen-3ya.example",
    "xn--mnchen-3ya.example": "xn--mnchen-3ya.example",
    "例え.テスト": "xn--r8jz45g.xn--zckzah",
    "localhost.evil.com": "localhost.evil.com",
    "127.0.0.1.evil.com": "127.0.0.1.evil.com",
    "127-0-0-1.evil.com": "127-0-0-1.evil.com",
    "local.example": "local.example",
    "nas.locale": "nas.locale",
    "nas.home": "nas.home",
    "nas.arpa": "nas.arpa",
    "nas.localhost.com": "nas.localhost.com",
    "0x.com": "0x.com",
    "1.2.3.4.com": "1.2.3.4.com",
    "a.1a": "a.1a",
    # Countries, which may have addresses at their own names; no two letters are safe from becoming one.
    "ai": "ai",
    "AI.": "ai",
    "ａｉ": "ai",
    "uz": "uz",
    "pi": "pi",
    "рф": "xn--p1ai",
    "xn--p1ai": "xn--p1ai",
}
ODD = {
    "134744072": "8.8.8.8",
    "0x08080808": "8.8.8.8",
    "0X08080808": "8.8.8.8",
    "0x8080808": "8.8.8.8",
    "01002004010": "8.8.8.8",
    "0000001002004010": "8.8.8.8",
    "010.8.8.8": "8.8.8.8",
    "8.8.8.010": "8.8.8.8",
    "8.8.8.08": None,
    "0x8.8.8.8": "8.8.8.8",
    "0x8.0x8.0x8.0x8": "8.8.8.8",
    "0x8.010.8.8": "8.8.8.8",
    "8.526344": "8.8.8.8",
    "8.0x80808": "8.8.8.8",
    "8.02004010": "8.8.8.8",
    "8.8.2056": "8.8.8.8",
    "8.8.0x808": "8.8.8.8",
    "008.8.8.8": None,
    "8.8.8.8.": "8.8.8.8",
    "134744072.": "8.8.8.8",
    "０x０８０８０８０８": "8.8.8.8",
    "１３４７４４０７２": "8.8.8.8",
    "８.８.８.８": "8.8.8.8",
    "8。8。8。8": "8.8.8.8",
    "8．8．8．8": "8.8.8.8",
    "8｡8｡8｡8": "8.8.8.8",
    "⑧.⑧.⑧.⑧": "8.8.8.8",
    "8\u00ad.8.8.8": "8.8.8.8",
    "[::ffff:8.8.8.8]": "8.8.8.8",
    "[::FFFF:808:808]": "8.8.8.8",
    "[0:0:0:0:0:ffff:8.8.8.8]": "8.8.8.8",
    "[::ffff:127.0.0.1]": "127.0.0.1",
    "[::ffff:10.0.0.1]": "10.0.0.1",
    "2130706433": "127.0.0.1",
    "0x7f000001": "127.0.0.1",
    "0x7f.1": "127.0.0.1",
    "017700000001": "127.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "0": "0.0.0.0",  # noqa: S104 - nothing binds to it
    "0.0": "0.0.0.0",  # noqa: S104 - nothing binds to it
    "1": "0.0.0.1",
    "4294967295": "255.255.255.255",
    "10.1": "10.0.0.1",
    "192.168.257": "192.168.1.1",
    "192.168.001.001": "192.168.1.1",
}
NOTHING = [
    "",
    ".",
    "..",
    ".nas",
    "nas..",
    "nas..local",
    "evil..com",
    "4294967296",
    "0x100000000",
    "040000000000",
    "99999999999999999999999999",
    "256.1.1.1",
    "1.256.1.1",
    "1.1.1.256",
    "8.8.65536",
    "8.16777216",
    "1.2.3.4.5",
    "0.0.0.0.0",
    "08",
    "09.1.1.1",
    "8.8..8",
    "8.8.8.8..",
    "nas.8",
    "evil.com.8",
    "evil.0x8",
    "evil.com.０x8",
    "%65vil.com",
    "evil%2ecom",
    "%31%33%34744072",
    "nas%00",
    "evil.com%eth0",
    "8.8.8.8%eth0",
    "[::1",
    "::1]",
    "[]",
    "[nas]",
    "[8.8.8.8]",
    "[::1]evil.com",
    "evil.com[::1]",
    "[[::1]]",
    "[::g]",
    "[1:2:3:4:5:6:7:8:9]",
    "[::8.8.8.256]",
    "[fd00::1%eth0]",
    "[2a00::1%eth0]",
    "[::1%lo]",
    "[fe80::1%]",
    "[fe80::1%a/b]",
    "[fe80::1%a b]",
    "[::ffff:8.8.8.8%eth0]",
    "[v1.a]",
    "evil.com\\nas",
    "nas\\@evil.com",
    "user@nas",
    "nas@evil.com",
    "user:password@nas",
    "@nas",
    "nas nas",
    "nas\tnas",
    "n\nas",
    "na\rs",
    "na\x00s",
    "na\x7fs",
    "nas\u3000x",
    "nas\u00a0x",
    "evil.com\u2044nas",
    "evil.com／nas",
    "evil.com？nas",
    "evil.com＃nas",
    "evil.com＠nas",
    "evil.com：80",
    "℀.com",
    "❤.ws",
    "na'as",
    "na!as",
    "na*as",
    "na,as",
    "na;as",
    "na=as",
    "na(as)",
    "na$as",
    "na&as",
    "na+as",
    "na~as",
    'na"as',
    "na`as",
    "na{as}",
    "na|as",
    "na^as",
    "na<as>",
    "\ud800.com",
    "a" * 64,
    "a" * 64 + ".com",
    "ä" * 60 + ".com",
    "a." * 127 + "abc",
    "ä." * 5000,
    "1." * 5000,
    "9" * 5000,
    "0x" + "0" * 5000 + "1",
]
SPELLED_OUT = {host: address for host, address in ODD.items() if address is not None}
NOTHING += [host for host, address in ODD.items() if address is None]
NAMES = PRIVATE | PUBLIC


def accepts(url: str, *, has_key: bool) -> bool:
    try:
        check_base_url("own", "Own", url, has_key=has_key)
    except AddressRefused:
        return False
    return True


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(NAMES) + len(SPELLED_OUT) + len(NOTHING) >= 250


@pytest.mark.parametrize("host", PRIVATE)
def test_a_key_may_go_to_a_private_host_in_clear(host: str) -> None:
    assert is_private(host)
    assert accepts(f"http://{host}:8080/v1", has_key=True)


@pytest.mark.parametrize("host", PUBLIC)
def test_a_key_may_go_to_any_other_host_encrypted_alone(host: str) -> None:
    assert not is_private(host)
    assert not is_loopback(host)
    assert not accepts(f"http://{host}/v1", has_key=True)
    assert accepts(f"http://{host}/v1", has_key=False)
    assert accepts(f"https://{host}/v1", has_key=True)
    with pytest.raises(AddressRefused) as caught:
        check_base_url("own", "Own", f"http://{host}/v1", has_key=True)
    assert caught.value.describe().why == "A key is sent over plain http only to this computer or a private network."
    assert caught.value.describe().advice.startswith("Begin the address with https:// if the server offers that.")


@pytest.mark.parametrize(("host", "name"), NAMES.items())
def test_one_form_is_checked_shown_kept_and_requested(host: str, name: str) -> None:
    written = f"[{name}]" if ":" in name else name
    url = check_base_url("own", "Own", f" HTTPS://{host}:8443/v1/ ", has_key=True)
    assert url == f"https://{written}:8443/v1"
    assert host_of(f"https://{host}") == name
    assert location_of(f"https://{host}:8443/v1") == f"{written}:8443"
    assert origin_of(f"https://{host}/v1") == f"https://{written}:443"
    # The form is final, and the client adds no notion of its own.
    assert check_base_url("own", "Own", url, has_key=True) == url
    assert httpx2.URL(url).raw_host.decode() == name


@pytest.mark.parametrize(("host", "address"), SPELLED_OUT.items())
def test_an_ip_address_in_disguise_is_refused_and_spelled_out(host: str, address: str) -> None:
    assert is_private(host) == is_private(address)
    assert is_loopback(host) == is_loopback(address)
    for has_key in (True, False):
        with pytest.raises(AddressRefused) as caught:
            check_base_url("own", "Own", f"https://{host}/v1", has_key=has_key)
        assert caught.value.describe().why == f"The address hides where it leads: write {address} instead."
        assert caught.value.describe().advice == "Correct the address in the provider's settings."
    assert origin_of(f"http://{host}:80/v1") == host_of(f"http://{host}/v1") == ""


@pytest.mark.parametrize("host", NOTHING, ids=lambda host: ascii(host)[:40])
def test_what_names_no_host_is_no_address(host: str) -> None:
    assert not is_private(host)
    assert not is_loopback(host)
    for scheme in ("http", "https"):
        assert not accepts(f"{scheme}://{host}/v1", has_key=False)
        assert origin_of(f"{scheme}://{host}/v1") == ""


def numeric_hosts() -> list[str]:
    """Every host that could be a number to the system."""
    texts = [*NAMES, *SPELLED_OUT, *NOTHING]
    return [text for text in texts if text.isascii() and text.isprintable() and text[:1].isdigit()]


@pytest.mark.parametrize("host", numeric_hosts(), ids=lambda host: host[:40])
def test_the_system_reads_no_number_otherwise(host: str) -> None:
    try:
        address = str(ipaddress.IPv4Address(socket.inet_aton(host)))
    except OSError:
        return  # a name to the system, too, or nothing
    assert host in NOTHING or SPELLED_OUT.get(host, host) == address


def test_the_system_knows_these_spellings() -> None:
    known = [host for host in SPELLED_OUT if host.isascii() and host[:1].isdigit() and not host.endswith(".")]
    assert len(known) >= 20
    for host in known:
        assert str(ipaddress.IPv4Address(socket.inet_aton(host))) == SPELLED_OUT[host]


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("http://nas:080/v1", "http://nas:80/v1"),
        ("http://nas:/v1", "http://nas/v1"),
        ("http://nas:65535", "http://nas:65535"),
        ("http://nas:65536", None),
        ("http://nas:99999", None),
        ("http://nas:-1", None),
        ("http://nas:+80", None),
        ("http://nas:8 0", None),
        ("http://nas:８０", None),
        ("http://nas:80:80", None),
        ("http://nas:80:evil.com", None),
        ("http://nas:80@evil.com", None),
        ("http://nas:0x50", None),
        ("http:nas", None),
        ("http:/nas", None),
        ("http:///nas", None),
        ("http:\\\\nas", None),
        ("http://nas\\v1", None),
        ("http://nas/\\evil.com", None),
        ("http://nas\\.evil.com", None),
        ("http://nas?.evil.com", None),
        ("http://nas#.evil.com", None),
        ("ht\ntp://nas", None),
        ("http://na\ns", None),
        ("http://nas/v\t1", None),
        ("\x00http://nas", None),
        ("httpſ://nas", None),
        ("javascript://nas", None),
        ("\u00a0http://nas/v1\n", "http://nas/v1"),
    ],
)
def test_the_rest_of_an_address(url: str, base_url: str | None) -> None:
    if base_url is None:
        with pytest.raises(AddressRefused):
            check_base_url("own", "Own", url, has_key=False)
        assert origin_of(url) in ("", "http://nas:80")  # a query is no part of an origin
    else:
        assert check_base_url("own", "Own", url, has_key=True) == base_url


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST."])
def test_this_machine_may_stand_for_a_hosted_service(host: str) -> None:
    assert check_fixed_base_url("openrouter", "OpenRouter", f"http://{host}:1/v1", "https://openrouter.ai/api/v1")


@pytest.mark.parametrize("host", ["10.0.0.1", "[::]", "llm.localhost", "2130706433", "127.1"])
def test_nothing_else_may(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_fixed_base_url("openrouter", "OpenRouter", f"http://{host}:1/v1", "https://openrouter.ai/api/v1")


def test_a_proxy_is_asked_at_the_place_that_its_password_is_for() -> None:
    network = NetworkOptions(proxy_mode=ProxyMode.MANUAL, proxy_url="http://Proxy。example:3128")
    assert network.proxy == origin_of(network.proxy_url) == "http://proxy.example:3128"
