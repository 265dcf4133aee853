"""Proxies and private certificate authorities, with a real proxy and a real TLS server on loopback."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from caal_desktop.llm import NetworkOptions, OpenAICompatibleProvider, ProxyMode, Timeouts
from caal_desktop.llm.errors import (
    CertificateRejected,
    ConfigurationError,
    NetworkSettingsInvalid,
    ProxyAuthenticationRequired,
)
from caal_desktop.llm.transport.headers import check_header, parse_header
from caal_desktop.llm.transport.issuer import issuer_name
from tests.llm.helpers import AT_ONCE, HELLO, MODEL, error_of, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SERVER_NAME = "llm.example.internal"
ISSUER = "Example Corp Inspection CA"
ANSWER = b'{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}'


# --- a certificate authority -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """Files of a private authority and of the server that it has certified."""

    ca_file: Path
    chain_file: Path
    key_file: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain_file, self.key_file)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: str, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(ISSUER))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = (
        _builder(ISSUER, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        # Python 3.13 checks strictly by RFC 5280: an authority says that it signs certificates.
        .add_extension(
            x509.KeyUsage(
                key_cert_sign=True,
                crl_sign=True,
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(ca_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(SERVER_NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        _builder(SERVER_NAME, key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    files = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    files.ca_file.write_bytes(ca.public_bytes(pem))
    files.chain_file.write_bytes(certificate.public_bytes(pem))
    files.key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return files


@asynccontextmanager
async def model_server(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answer every request with one short answer; yield the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(x[15:]) for x in head.decode().split("\r\n") if x.lower().startswith("content-length:")), 0)
        await reader.readexactly(length)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
            + str(len(ANSWER)).encode()
            + b"\r\n\r\n"
            + ANSWER
        )
        await writer.drain()
        writer.close()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (OSError, EOFError):
            writer.close()

    async with await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


# --- a proxy ---------------------------------------------------------------------------------------------------------


@dataclass
class Proxy:
    """A forward proxy that leads every name to one port of this machine, and notes what it was asked.

    Attributes:
        target: the port to which everything goes.
        credentials: ``user:password`` that it asks for; "" asks for none.
        scheme: what it speaks itself: ``http`` or ``https``.
        heads: the request heads that came.
    """

    target: int
    credentials: str = ""
    scheme: str = "http"
    heads: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        given = next((x[27:] for x in head.split("\r\n") if x.lower().startswith("proxy-authorization: basic ")), "")
        if self.credentials and base64.b64decode(given).decode() != self.credentials:
            writer.write(
                b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="office"\r\n'
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        if head.startswith("CONNECT "):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
        else:
            up_writer.write(head.encode("latin-1"))
        ways = [asyncio.create_task(_pump(reader, up_writer)), asyncio.create_task(_pump(up_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        up_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def proxy_to(target: int, credentials: str = "", tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    proxy = Proxy(target, credentials, "http" if tls is None else "https")
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=tls) as server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy
    for _ in range(3):
        await asyncio.sleep(0.01)  # the last connection's tasks end with it


def provider(base_url: str, network: NetworkOptions, key: str | None = None) -> OpenAICompatibleProvider:
    return OpenAICompatibleProvider(
        MODEL, base_url, key, retry_policy=AT_ONCE, timeouts=Timeouts(5, 5, 5), max_retries=0, network=network
    )


def manual(proxy: Proxy, **options: object) -> NetworkOptions:
    return NetworkOptions(proxy_mode=ProxyMode.MANUAL, proxy_url=proxy.url, **options)  # type: ignore[arg-type]


# --- proxies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "options"), [("", {}), ("ann:pa:ss w", {"proxy_user": "ann", "proxy_password": "pa:ss w"})]
)
def test_a_request_takes_the_proxy_given_by_hand(asked: str, options: dict[str, str]) -> None:
    async def test() -> None:
        async with model_server() as port, proxy_to(port, asked) as proxy:
            async with provider(f"http://{SERVER_NAME}/v1", manual(proxy, **options)) as llm:
                answer = await llm.chat(HELLO)
            assert answer.content == "Hi"
            assert proxy.heads[0].startswith(f"POST http://{SERVER_NAME}/v1/chat/completions ")

    run(test())


@pytest.mark.parametrize("options", [{}, {"proxy_user": "ann", "proxy_password": "wrong"}])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_asks_for_a_sign_in_is_named(scheme: str, options: dict[str, str]) -> None:
    async def test() -> None:
        async with model_server() as port, proxy_to(port, "ann:secret") as proxy:
            async with provider(f"{scheme}://{SERVER_NAME}/v1", manual(proxy, **options)) as llm:
                error = await error_of(lambda: llm.chat(HELLO))
            assert isinstance(error, ProxyAuthenticationRequired)
            assert "secret" not in str(error)
            assert "wrong" not in str(error)

    run(test())


def test_the_proxy_never_sees_the_key_on_its_way_through_a_tunnel(authority: Authority) -> None:
    key = "sk-or-v1-" + "5a" * 32

    async def test() -> None:
        async with model_server(authority.server_context()) as port, proxy_to(port, "ann:secret") as proxy:
            network = manual(proxy, proxy_user="ann", proxy_password="secret", ca_bundle=str(authority.ca_file))
            async with provider(f"https://{SERVER_NAME}/v1", network, key) as llm:
                answer = await llm.chat(HELLO)
            assert answer.content == "Hi"
            assert [head.split(" ")[:2] for head in proxy.heads] == [["CONNECT", f"{SERVER_NAME}:443"]]
            assert key not in "".join(proxy.heads)

    run(test())


def test_requests_to_this_machine_take_no_proxy() -> None:
    async def test() -> None:
        async with model_server() as port, proxy_to(port) as proxy:
            async with provider(f"http://127.0.0.1:{port}/v1", manual(proxy)) as llm:
                answer = await llm.chat(HELLO)
            assert answer.content == "Hi"
            assert proxy.heads == []

    run(test())


def test_the_systems_proxy_is_taken_by_default_and_left_when_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with model_server() as port, proxy_to(port) as proxy, proxy_to(port) as other:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            async with provider(f"http://{SERVER_NAME}/v1", NetworkOptions()) as llm:
                await llm.chat(HELLO)
            assert len(proxy.heads) == 1
            async with provider(f"http://{SERVER_NAME}/v1", manual(other)) as llm:
                await llm.chat(HELLO)
            assert (len(proxy.heads), len(other.heads)) == (1, 1)

    run(test())


# --- certificates ----------------------------------------------------------------------------------------------------


def test_a_private_authority_is_refused_by_name_and_accepted_once_its_file_is_given(authority: Authority) -> None:
    async def test() -> None:
        async with model_server(authority.server_context()) as port:
            url = f"https://127.0.0.1:{port}/v1"
            async with provider(url, NetworkOptions()) as llm:
                error = await error_of(lambda: llm.chat(HELLO))
            assert isinstance(error, CertificateRejected)
            assert f"“{ISSUER}”" in error.describe().why
            for trust_system in (True, False):
                network = NetworkOptions(ca_bundle=str(authority.ca_file), trust_system=trust_system)
                async with provider(url, network) as llm:
                    assert (await llm.chat(HELLO)).content == "Hi"
            # The authority was trusted by those alone.
            async with provider(url, NetworkOptions()) as llm:
                assert isinstance(await error_of(lambda: llm.chat(HELLO)), CertificateRejected)

    run(test())


def test_the_issuer_is_named_through_a_proxy_too(authority: Authority) -> None:
    async def test() -> None:
        async with model_server(authority.server_context()) as port, proxy_to(port, "ann:secret") as proxy:
            network = manual(proxy, proxy_user="ann", proxy_password="secret")
            async with provider(f"https://{SERVER_NAME}/v1", network) as llm:
                error = await error_of(lambda: llm.chat(HELLO))
            assert isinstance(error, CertificateRejected)
            assert ISSUER in error.describe().why

    run(test())


@pytest.mark.parametrize("content", [None, b"", b"not a certificate\n"])
def test_a_file_without_certificates_is_a_mistake_in_the_settings(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)

    async def test() -> None:
        async with provider("https://127.0.0.1:9/v1", NetworkOptions(ca_bundle=str(bundle))) as llm:
            assert isinstance(await error_of(lambda: llm.chat(HELLO)), NetworkSettingsInvalid)

    run(test())


def test_damaged_certificates_give_no_issuer(authority: Authority) -> None:
    der = ssl.PEM_cert_to_DER_cert(authority.chain_file.read_text())
    assert issuer_name(der) == ISSUER
    for end in range(0, 80, 7):
        with pytest.raises((ValueError, IndexError)):
            issuer_name(der[:end])


def test_a_proxy_password_is_not_part_of_the_representation() -> None:
    assert "hunter2" not in repr(NetworkOptions(proxy_user="ann", proxy_password="hunter2"))


# --- headers ---------------------------------------------------------------------------------------------------------


def test_further_headers_reach_the_server() -> None:
    heads: list[str] = []

    async def test() -> None:
        async with model_server() as port, proxy_to(port) as proxy:
            async with OpenAICompatibleProvider(
                MODEL, f"http://{SERVER_NAME}/v1", network=manual(proxy), headers={"X-Team": "voice"}
            ) as llm:
                await llm.chat(HELLO)
            heads.extend(proxy.heads)

    run(test())
    assert "x-team: voice" in heads[0].lower()


@pytest.mark.parametrize(
    "line",
    ["Authorization: Bearer x", "Host: elsewhere", "Content-Length: 0", "X-Api-Key: x", "bad name: x", "X-A: é", ": x"],
)
def test_headers_that_cannot_be_given_are_refused(line: str) -> None:
    name, value = parse_header(line)
    reason = check_header(name, value)
    assert reason
    with pytest.raises(ConfigurationError) as caught:
        OpenAICompatibleProvider(MODEL, "http://127.0.0.1:9/v1", headers={name: value})
    assert caught.value.describe().why == f"The header “{name}” cannot be sent. {reason}"
    assert caught.value.describe(lambda text: "Weil." if text == reason else text).why.endswith("cannot be sent. Weil.")


def test_a_header_is_a_name_and_a_value() -> None:
    assert parse_header("X-Team:  a: b ") == ("X-Team", "a: b")
    assert check_header("X-Team", "a: b") == ""
    with pytest.raises(ValueError, match="Name: value"):
        parse_header("no colon")
