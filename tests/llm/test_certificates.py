"""Why a certificate was refused, by real servers on loopback: each cause has words and a way out of its own."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from caal_desktop.llm import NetworkOptions, OpenAICompatibleProvider, ProxyMode
from caal_desktop.llm.errors import (
    CertificateExpired,
    CertificateFileExpired,
    CertificateFileUnusable,
    CertificateForAnotherHost,
    CertificateIssuerUnknown,
    CertificateNotYetValid,
    CertificateRejected,
    CertificateRevoked,
    CertificateTooWeak,
    NetworkSettingsInvalid,
    ProviderError,
    ProxyCertificateRejected,
    Remedy,
)
from caal_desktop.llm.errors.context import RequestContext
from caal_desktop.llm.transport.address import location_of
from caal_desktop.llm.transport.error_mapping import error_from_exception
from caal_desktop.llm.transport.issuer import host_names, issuer_name
from caal_desktop.storage.settings.certificates import bundle_error
from tests.llm.helpers import AT_ONCE, HELLO, MODEL, error_of, run
from tests.llm.test_network import model_server, proxy_to
from tests.support.scripted_server import Reply, scripted_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
ALWAYS = (NOW - DAY, NOW + DAY)
LONG_AGO = (NOW - 20 * DAY, NOW - 10 * DAY)
PEM = serialization.Encoding.PEM
LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@pytest.fixture(autouse=True)
def no_certificates_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, and what is above it."""

    certificate: x509.Certificate
    key: Key
    above: tuple[x509.Certificate, ...] = ()

    def issue(
        self,
        name: str = "server",
        *,
        valid: tuple[datetime, datetime] = ALWAYS,
        hosts: tuple[x509.GeneralName, ...] = (LOOPBACK,),
        is_authority: bool = False,
        key: Key | None = None,
    ) -> Issued:
        """Return a certificate below this one."""
        above = (self.certificate, *self.above)[: None if is_authority else 1]
        return _issue(self, name, valid, () if is_authority else hosts, is_authority, key, above)

    def file(self, folder: Path) -> Path:
        path = folder / f"{_common_name(self.certificate)}.pem"
        path.write_bytes(self.certificate.public_bytes(PEM))
        return path

    def server(self, folder: Path, *, sends: tuple[x509.Certificate, ...] = ()) -> ssl.SSLContext:
        chain, key = folder / "chain.pem", folder / "key.pem"
        chain.write_bytes(b"".join(each.public_bytes(PEM) for each in (self.certificate, *sends)))
        key.write_bytes(self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(chain, key)
        return context


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _issue(
    issuer: Issued | None,
    name: str,
    valid: tuple[datetime, datetime],
    hosts: tuple[x509.GeneralName, ...],
    is_authority: bool,
    key: Key | None,
    above: tuple[x509.Certificate, ...] = (),
) -> Issued:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer is not None else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    if is_authority:
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        signs = x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
        builder = builder.add_extension(signs, critical=True)
    return Issued(builder.sign(signer, hashes.SHA256()), key, above)


def authority(name: str = "Example Root CA", valid: tuple[datetime, datetime] = ALWAYS) -> Issued:
    return _issue(None, name, valid, (), is_authority=True, key=None)


def asked(
    context: ssl.SSLContext | None, network: NetworkOptions, host: str = "127.0.0.1", scheme: str = "https"
) -> ProviderError | None:
    """Ask a server once; return the error, None where it answered."""

    async def test() -> ProviderError | None:
        async with model_server(context) as port:
            url = f"{scheme}://{host}:{port}/v1"
            async with OpenAICompatibleProvider(MODEL, url, network=network, retry_policy=AT_ONCE) as provider:
                try:
                    await provider.chat(HELLO)
                except ProviderError as error:
                    return error
                return None

    return run(test())


def by(file: Path, *, trust_system: bool = True) -> NetworkOptions:
    return NetworkOptions(ca_bundle=str(file), trust_system=trust_system)


def test_a_right_certificate_is_accepted(tmp_path: Path) -> None:
    root = authority()
    server = root.issue()
    assert asked(server.server(tmp_path), by(root.file(tmp_path))) is None


def test_a_certificate_for_another_host_says_for_which(tmp_path: Path) -> None:
    root = authority()
    server = root.issue(hosts=(x509.DNSName("portal.example"), x509.IPAddress(ipaddress.ip_address("10.0.0.1"))))
    error = asked(server.server(tmp_path), by(root.file(tmp_path)))
    assert type(error) is CertificateForAnotherHost
    words = error.describe()
    assert words.what.startswith("The server that answered is not 127.0.0.1:")
    assert "for another name (portal.example, 10.0.0.1)" in words.why
    assert words.advice.startswith("Check the server's address.")
    assert error.remedy is Remedy.PROVIDER_SETTINGS


def test_a_name_is_compared_like_an_ip_address(tmp_path: Path) -> None:
    root = authority()
    named = by(root.file(tmp_path))
    assert type(asked(root.issue().server(tmp_path), named, host="localhost")) is CertificateForAnotherHost
    right = root.issue(hosts=(x509.DNSName("localhost"),))
    assert asked(right.server(tmp_path), named, host="localhost") is None


@pytest.mark.parametrize("trust_system", [True, False])
def test_an_expired_certificate(tmp_path: Path, trust_system: bool) -> None:
    root = authority()
    server = root.issue(valid=LONG_AGO)
    error = asked(server.server(tmp_path), by(root.file(tmp_path), trust_system=trust_system))
    assert type(error) is CertificateExpired
    words = error.describe()
    assert placeless(words.what) == "The certificate of {provider} has expired."
    assert "clock" in words.why
    assert words.advice.startswith("Check this computer's date and time.")
    assert error.remedy is Remedy.RETRY


def test_a_certificate_of_the_future(tmp_path: Path) -> None:
    root = authority()
    server = root.issue(valid=(NOW + 10 * DAY, NOW + 20 * DAY))
    error = asked(server.server(tmp_path), by(root.file(tmp_path)))
    assert type(error) is CertificateNotYetValid
    assert placeless(error.describe().what) == "The certificate of {provider} is not valid yet."
    assert error.describe().advice == "Set this computer's date and time, then try again."


def test_an_unknown_issuer_is_named(tmp_path: Path) -> None:
    error = asked(authority("Inspecting Proxy CA").issue().server(tmp_path), NetworkOptions())
    assert type(error) is CertificateIssuerUnknown
    words = error.describe()
    assert placeless(words.what) == "It cannot be confirmed that this is {provider}."
    assert "issued by “Inspecting Proxy CA”, which this computer does not trust" in words.why
    assert "certificate authority's file" in words.advice
    assert error.remedy is Remedy.NETWORK_SETTINGS


def test_a_server_that_vouches_for_itself(tmp_path: Path) -> None:
    alone = _issue(None, "nas", ALWAYS, (LOOPBACK,), is_authority=False, key=None)
    error = asked(alone.server(tmp_path), NetworkOptions())
    assert type(error) is CertificateIssuerUnknown
    assert error.describe().why.startswith("The server has issued its certificate itself")
    assert asked(alone.server(tmp_path), by(alone.file(tmp_path))) is None, "its own file vouches for it"


def test_a_server_that_does_not_send_what_is_between(tmp_path: Path) -> None:
    root = authority()
    between = root.issue("Example Intermediate CA", is_authority=True)
    server = between.issue()
    named = by(root.file(tmp_path))
    error = asked(server.server(tmp_path), named)
    assert type(error) is CertificateIssuerUnknown
    assert "issued by “Example Intermediate CA”" in error.describe().why
    assert asked(server.server(tmp_path, sends=(between.certificate,)), named) is None


@pytest.mark.parametrize("trust_system", [True, False])
def test_the_settings_own_file_is_named_where_it_does_not_vouch(tmp_path: Path, trust_system: bool) -> None:
    other = authority("Office CA").file(tmp_path)
    error = asked(authority("Home CA").issue().server(tmp_path), by(other, trust_system=trust_system))
    assert type(error) is CertificateIssuerUnknown
    words = error.describe()
    assert words.why == (
        "Its certificate was issued by “Home CA”. "
        "The certificate file “Office CA.pem” of the network settings does not vouch for it."
    )
    assert words.advice.startswith("Check whether the file is the one for this network")
    assert error.remedy is Remedy.NETWORK_SETTINGS


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environments_certificates_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    other = authority("Office CA").file(tmp_path)
    monkeypatch.setenv(variable, str(other if variable == "SSL_CERT_FILE" else tmp_path))
    root = authority("Home CA")
    context = root.issue().server(tmp_path)
    error = asked(context, NetworkOptions())
    assert type(error) is CertificateIssuerUnknown
    assert f"the environment variable {variable} names do not vouch for it" in error.describe().why
    assert variable in error.describe().advice
    assert asked(context, by(root.file(tmp_path))) is None
    assert type(asked(context, by(other))) is CertificateIssuerUnknown
    assert "Office CA.pem" in str(asked(context, by(other))), "the settings' own file comes first"


def test_the_settings_own_file_has_expired(tmp_path: Path) -> None:
    root = authority("Office CA", valid=LONG_AGO)
    error = asked(root.issue().server(tmp_path), by(root.file(tmp_path)))
    assert type(error) is CertificateFileExpired
    assert "“Office CA.pem”" in error.describe().why
    assert error.remedy is Remedy.NETWORK_SETTINGS
    told = bundle_error(str(root.file(tmp_path)))
    assert told is not None
    assert "have expired" in told.in_words()
    # One that is still good is enough.
    both = tmp_path / "both.pem"
    both.write_bytes(root.file(tmp_path).read_bytes() + authority("New CA").file(tmp_path).read_bytes())
    assert bundle_error(str(both)) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "and there is no such file"),
        (b"", "holds no certificates"),
        (b"not a certificate\n", "holds no certificates"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificates"),
        (b"x" * 10_000_001, "too large"),
    ],
)
def test_a_file_of_the_settings_that_cannot_be_used(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "office.pem"
    if content is not None:
        file.write_bytes(content)
    for trust_system in (True, False):
        error = asked(None, by(file, trust_system=trust_system))
        assert type(error) is CertificateFileUnusable
        assert isinstance(error, NetworkSettingsInvalid)
        assert f"name “{file}”" in error.describe().why
        assert words in error.describe().why
        assert error.remedy is Remedy.NETWORK_SETTINGS
    assert bundle_error(str(file)) is not None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system")
def test_a_pipe_in_the_place_of_the_file_hangs_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pem")
    assert type(asked(None, by(tmp_path / "pipe.pem"))) is CertificateFileUnusable


def test_a_file_of_the_environment_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    error = asked(None, NetworkOptions())
    assert type(error) is NetworkSettingsInvalid
    assert error.describe().why.startswith(f"The environment variable SSL_CERT_FILE names “{tmp_path / 'gone.pem'}”")


def test_the_issuer_of_an_ip_address_is_asked_through_a_proxy_too(tmp_path: Path) -> None:
    async def test() -> None:
        context = authority("Home CA").issue().server(tmp_path)
        async with model_server(context) as port, proxy_to(port) as proxy:
            network = NetworkOptions(proxy_mode=ProxyMode.MANUAL, proxy_url=proxy.url)
            async with OpenAICompatibleProvider(
                MODEL, "https://[fd00::1]/v1", network=network, retry_policy=AT_ONCE
            ) as provider:
                error = await error_of(lambda: provider.chat(HELLO))
            assert "“Home CA”" in error.describe().why
            assert proxy.heads[-1].startswith("CONNECT [fd00::1]:443 HTTP/1.1\r\nHost: [fd00::1]:443\r\n")

    run(test())


SERVER_NAME = "llm.example.internal"
SERVER_URL = f"https://{SERVER_NAME}/v1"
AT_SERVER = (x509.DNSName(SERVER_NAME),)


async def error_at(url: str, network: NetworkOptions) -> ProviderError | None:
    async with OpenAICompatibleProvider(MODEL, url, network=network, retry_policy=AT_ONCE) as provider:
        try:
            await provider.chat(HELLO)
        except ProviderError as error:
            return error
        return None


def asked_through(
    proxy_tls: ssl.SSLContext | None, network: NetworkOptions, server_tls: ssl.SSLContext | None
) -> tuple[ProviderError | None, str]:
    """Ask a server once through a proxy; return the error, None where it answered, and the proxy's place."""

    async def test() -> tuple[ProviderError | None, str]:
        async with model_server(server_tls) as port, proxy_to(port, tls=proxy_tls) as proxy:
            by_hand = replace(network, proxy_mode=ProxyMode.MANUAL, proxy_url=proxy.url)
            url = SERVER_URL if server_tls is not None else SERVER_URL.replace("https", "http")
            return await error_at(url, by_hand), f"127.0.0.1:{proxy.port}"

    return run(test())


@pytest.mark.parametrize("server_speaks_https", [True, False])
def test_an_encrypted_proxy_is_vouched_for_by_the_settings_own_file(tmp_path: Path, server_speaks_https: bool) -> None:
    root = authority()
    server = root.issue(hosts=AT_SERVER).server(tmp_path) if server_speaks_https else None
    network = by(root.file(tmp_path))
    assert asked_through(root.issue("proxy").server(tmp_path), network, server)[0] is None


@pytest.mark.parametrize(
    ("issue", "why", "advice"),
    [
        (
            lambda root: authority("Office Proxy CA").issue("proxy"),
            "was issued by “Office Proxy CA”, which this computer does not trust.",
            "Ask the network's owner for the file of the proxy's certificate authority",
        ),
        (lambda root: root.issue("proxy", valid=LONG_AGO), "is not valid today, or this computer's", "Check this comp"),
        (
            lambda root: root.issue("proxy", valid=(NOW + 10 * DAY, NOW + 20 * DAY)),
            "is not valid today, or this computer's clock is wrong.",
            "Check this computer's date and time.",
        ),
        (
            lambda root: root.issue("proxy", hosts=(x509.DNSName("gate.example"),)),
            "is for another name (gate.example).",
            "Check the proxy's address in the network settings.",
        ),
        (
            lambda root: root.issue("proxy", key=rsa.generate_private_key(65537, 1024)),  # noqa: S505 - refused
            "was not accepted.",
            "Ask the network's owner",
        ),
    ],
)
@pytest.mark.parametrize("server_speaks_https", [True, False])
def test_a_proxys_own_certificate_is_not_taken_for_the_servers(
    issue: Callable[[Issued], Issued], why: str, advice: str, server_speaks_https: bool, tmp_path: Path
) -> None:
    root = authority()
    server = root.issue(hosts=AT_SERVER).server(tmp_path) if server_speaks_https else None
    error, place = asked_through(issue(root).server(tmp_path), by(root.file(tmp_path)), server)
    assert type(error) is ProxyCertificateRejected
    words = error.describe()
    assert words.what == "The connection to the network's proxy is not trustworthy."
    assert words.why.startswith(f"The certificate of the proxy {place} {why}")
    assert words.advice.startswith(advice)
    assert error.remedy is Remedy.NETWORK_SETTINGS


def test_a_servers_certificate_is_not_taken_for_its_proxys(tmp_path: Path) -> None:
    root = authority()
    server = root.issue(hosts=AT_SERVER, valid=LONG_AGO).server(tmp_path)
    network = by(root.file(tmp_path))
    for proxy in (root.issue("proxy").server(tmp_path), None):
        assert type(asked_through(proxy, network, server)[0]) is CertificateExpired


def test_a_proxy_that_speaks_no_https_is_named() -> None:
    async def test() -> None:
        async with scripted_server(Reply(), Reply()) as proxy:
            place = location_of(proxy.base_url)
            network = NetworkOptions(proxy_mode=ProxyMode.MANUAL, proxy_url=f"https://{place}")
            error = await error_at(SERVER_URL, network)
        assert type(error) is ProxyCertificateRejected
        assert error.describe().why.startswith(f"No encrypted connection to the proxy {place} could be made")
        assert error.describe().advice == "Check whether the proxy's address begins with http:// or https://."

    run(test())


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_environments_proxy_is_told_from_the_server_too(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = authority()

    async def test(tls: ssl.SSLContext) -> ProviderError | None:
        server = root.issue(hosts=AT_SERVER).server(tmp_path) if scheme == "https" else None
        async with model_server(server) as port, proxy_to(port, tls=tls) as proxy:
            monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.url)
            return await error_at(f"{scheme}://{SERVER_NAME}/v1", by(root.file(tmp_path)))

    assert run(test(root.issue("proxy").server(tmp_path))) is None
    error = run(test(authority("Office Proxy CA").issue("proxy").server(tmp_path)))
    assert type(error) is ProxyCertificateRejected
    assert "“Office Proxy CA”" in error.describe().why


def test_a_key_that_others_can_forge(tmp_path: Path) -> None:
    root = authority()
    weak = root.issue(key=rsa.generate_private_key(65537, 1024))  # noqa: S505 - it is to be refused
    assert type(asked(weak.server(tmp_path), by(root.file(tmp_path)))) is CertificateTooWeak


def test_a_server_without_encryption_is_not_called_a_forger() -> None:
    async def test() -> None:
        async with scripted_server(Reply(), Reply()) as server:
            url = server.base_url.replace("http://", "https://")
            async with OpenAICompatibleProvider(MODEL, url, retry_policy=AT_ONCE) as provider:
                error = await error_of(lambda: provider.chat(HELLO))
        assert type(error) is CertificateRejected
        assert error.describe().why.startswith("No encrypted connection could be made")
        assert "http://" in error.describe().advice

    run(test())


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (23, "certificate revoked", CertificateRevoked),
        (68, "CA signature digest algorithm too weak", CertificateTooWeak),
        (-67602, "name", CertificateForAnotherHost),  # macOS
        (-67818, "x", CertificateExpired),
        (-67843, "x", CertificateIssuerUnknown),
        (0x800B0109, "Eine Zertifikatkette endet", CertificateIssuerUnknown),  # Windows, in its own language
        (0x800B0101 - 2**32, "x", CertificateExpired),
        (0x800B010F, "x", CertificateForAnotherHost),
        (5, "“server” certificate is not trusted", CertificateIssuerUnknown),
        (5, "“server” certificate is expired", CertificateExpired),
        (5, "“server” certificate name does not match input", CertificateForAnotherHost),
        (5, "“server” certificate is not valid yet", CertificateNotYetValid),
        (1, "unspecified certificate verification error", CertificateRejected),
        (None, "Hostname mismatch, certificate is not valid for 'x'.", CertificateForAnotherHost),
    ],
)
def test_other_systems_numbers_and_words(code: int | None, message: str, expected: type[ProviderError]) -> None:
    cause = ssl.SSLCertVerificationError(message)
    if code is not None:
        cause.verify_code, cause.verify_message = code, message
    error = error_from_exception(RequestContext("own", "Own", "host:1"), cause)
    assert type(error) is expected


def test_every_beginning_of_a_certificate_is_read_without_harm() -> None:
    hosts = tuple(x509.DNSName(f"host{number}.example") for number in range(9))
    der = authority().issue(hosts=hosts).certificate.public_bytes(serialization.Encoding.DER)
    assert issuer_name(der) == "Example Root CA"
    assert host_names(der) == tuple(f"host{number}.example" for number in range(5))
    for end in range(len(der)):
        for read in (issuer_name, host_names):
            with pytest.raises((ValueError, IndexError)):
                read(der[:end])


def placeless(text: str) -> str:
    """Return a sentence without the server's place."""
    return re.sub(r"127\.0\.0\.1:\d+", "{provider}", text)
