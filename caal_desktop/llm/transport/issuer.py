"""Finds out why a certificate was refused: whose it is, who has issued it, for whom, and who should vouch for it.

OpenSSL does not tell which certificate it has refused. The issuer's name ("Example Corp Proxy CA") shows the user whose
certificate authority is missing, so it is read in one more handshake, which trusts nothing and over which nothing is
sent.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import os
import socket
import ssl
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from caal_desktop.llm.errors import (
    CertificateExpired,
    CertificateFileExpired,
    CertificateForAnotherHost,
    CertificateIssuerUnknown,
    CertificateRejected,
    ProxyCertificateRejected,
)
from caal_desktop.llm.transport.address import is_loopback, read_address
from caal_desktop.llm.transport.certificates import (
    CERTIFICATE_FILE,
    CERTIFICATE_FOLDER,
    BundleError,
    BundleFault,
    check_bundle,
)
from caal_desktop.llm.transport.error_mapping import certificate_error
from caal_desktop.llm.transport.network import ProxyMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.llm.errors.context import RequestContext
    from caal_desktop.llm.transport.address import Address
    from caal_desktop.llm.transport.network import NetworkOptions

TIMEOUT_S: Final = 5.0
_HTTPS_PORT: Final = 443
_MAX_HEAD: Final = 16 * 1024
_SEQUENCE: Final = 0x30
_EXPLICIT_VERSION: Final = 0xA0
_TEXT_TAGS: Final = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_EXTENSIONS: Final = 0xA3
_DNS_NAME: Final = 0x82
_IP_ADDRESS: Final = 0x87
_ALTERNATIVE_NAMES: Final = bytes((0x55, 0x1D, 0x11))
_COMMON_NAME: Final = bytes((0x55, 0x04, 0x03))
_ORGANIZATION: Final = bytes((0x55, 0x04, 0x0A))


def explained(
    error: CertificateRejected, context: RequestContext, base_url: str, network: NetworkOptions
) -> ProviderError:
    """Return an error with what can be found out about the certificate that was refused.

    Blocks for up to some seconds: call it in a worker thread.

    Args:
        error: says why it was refused.
        context: of the request.
        base_url: the server's address.
        network: the route to it.
    """
    refusal = _refusal_of_proxy(context, base_url, network)
    if refusal is not None:
        return refusal
    cls: type[ProviderError] = type(error)
    params: dict[str, Any] = {}
    if cls is CertificateExpired and network.ca_bundle and _has_expired(network.ca_bundle):
        cls, params = CertificateFileExpired, {"file": PurePath(network.ca_bundle).name}
    elif cls is CertificateForAnotherHost:
        with contextlib.suppress(ValueError, IndexError):
            params = {"names": host_names(_certificate_of(base_url, network))}
    elif error.reason != CertificateRejected.why_no_tls and cls in (CertificateRejected, CertificateIssuerUnknown):
        params = {**_vouchers(network)}
        with contextlib.suppress(ValueError, IndexError):
            params["issuer"] = issuer_name(_certificate_of(base_url, network))
    return context.error(cls, error.detail, reason=error.reason, **params)


def _refusal_of_proxy(context: RequestContext, base_url: str, network: NetworkOptions) -> ProviderError | None:
    """Return the error where it is the proxy's certificate that was refused; None where the proxy's is accepted."""
    # Imported here: it imports the SDK, which whoever calls this has long done.
    from caal_desktop.llm.transport.client import tls_context

    try:
        proxy = urlsplit(_proxy_for(read_address(base_url), network) or "")
        host, port = proxy.hostname or "", proxy.port or _HTTPS_PORT
        if proxy.scheme != "https":
            return None
        with socket.create_connection((host, port), TIMEOUT_S) as plain:
            refused = _refusal(tls_context(network), plain, host)
    except (OSError, ValueError, BundleError):
        return None
    if refused is None:
        return None
    reason = ProxyCertificateRejected.why_no_tls
    params: dict[str, Any] = {"proxy": f"[{host}]:{port}" if ":" in host else f"{host}:{port}"}
    if isinstance(refused, ssl.SSLCertVerificationError):
        reason = ProxyCertificateRejected.why_of(certificate_error(refused)[0])
        with contextlib.suppress(OSError, ValueError, IndexError):
            with socket.create_connection((host, port), TIMEOUT_S) as plain:
                certificate = _certificate_over(plain, host)
            params |= {"issuer": issuer_name(certificate), "names": host_names(certificate)}
    return context.error(ProxyCertificateRejected, str(refused), reason=reason, **params)


def _refusal(tls: ssl.SSLContext, plain: socket.socket, host: str) -> OSError | None:
    """Return why no encrypted connection comes about; None where one does."""
    try:
        tls.wrap_socket(plain, server_hostname=host).close()
    except OSError as error:
        return error
    return None


def _vouchers(network: NetworkOptions) -> dict[str, str]:
    """Return what should have vouched for a certificate: the file of the settings, or what the environment names."""
    if network.ca_bundle:
        return {"file": PurePath(network.ca_bundle).name}
    variables = (CERTIFICATE_FILE, CERTIFICATE_FOLDER)
    return {"variable": next((name for name in variables if network.trust_system and os.environ.get(name)), "")}


def _has_expired(bundle: str) -> bool:
    try:
        check_bundle(bundle)
    except BundleError as error:
        return error.fault is BundleFault.EXPIRED
    return False


def _certificate_of(base_url: str, network: NetworkOptions) -> bytes:
    """Return a server's certificate in binary form; nothing where it cannot be had."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        address = read_address(base_url)
        with _connection(address, network) as plain:
            return _certificate_over(plain, address.host.name)
    return b""


def _certificate_over(plain: socket.socket, host: str) -> bytes:
    """Return the certificate of whoever is at the other end of a connection.

    Raises:
        OSError: no encryption came about.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent over this connection
    with context.wrap_socket(plain, server_hostname=host) as secured:
        return secured.getpeercert(binary_form=True) or b""


def issuer_name(der: bytes) -> str:
    """Return the name of a certificate's issuer: its common name, or else its organisation (RFC 5280, section 4.1).

    Args:
        der: the certificate in binary form.

    Returns:
        The name, at most 100 printable characters; "" where there is none.

    Raises:
        ValueError, IndexError: it is no certificate.
    """
    names: dict[bytes, str] = {}
    # Serial number, signature algorithm, issuer.
    for _tag, relative_name in _items(_fields(der)[2][1]):
        for _pair_tag, pair in _items(relative_name):
            (_oid_tag, oid), (text_tag, text) = list(_items(pair))[:2]
            if text_tag in _TEXT_TAGS:
                names.setdefault(oid, text.decode(_TEXT_TAGS[text_tag], "replace"))
    return _shown(names.get(_COMMON_NAME) or names.get(_ORGANIZATION) or "")


def host_names(der: bytes) -> tuple[str, ...]:
    """Return the hosts that a certificate is for (RFC 5280, section 4.2.1.6).

    Args:
        der: the certificate in binary form.

    Returns:
        At most five names and IP addresses, in the form in which they are shown.

    Raises:
        ValueError, IndexError: it is no certificate.
    """
    names: list[str] = []
    for tag, content in _fields(der):
        if tag != _EXTENSIONS:
            continue
        (_, extensions), *_ = _items(content)
        for _tag, extension in _items(extensions):
            (_, oid), *_, (_, value) = _items(extension)
            if oid == _ALTERNATIVE_NAMES:
                (_, alternatives), *_ = _items(value)
                names += [_alternative(kind, name) for kind, name in _items(alternatives)]
    return tuple(dict.fromkeys(name for name in names if name))[:5]


def _alternative(tag: int, content: bytes) -> str:
    if tag == _DNS_NAME:
        return _shown(content.decode("ascii", "replace"))
    return str(ipaddress.ip_address(content)) if tag == _IP_ADDRESS else ""


def _fields(der: bytes) -> list[tuple[int, bytes]]:
    """Return the fields of a certificate's signed part, its serial number first.

    Raises:
        ValueError, IndexError: it is no certificate.
    """
    (_, certificate), *_ = _items(der)
    (_, to_be_signed), *_ = _items(certificate)
    fields = list(_items(to_be_signed))
    return fields[1:] if fields[0][0] == _EXPLICIT_VERSION else fields


def _shown(text: str) -> str:
    """Return a text from outside as it may be shown."""
    return "".join(letter for letter in text if letter.isprintable())[:100]


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of the elements of DER data."""
    place = 0
    while place < len(data):
        tag, length = data[place], data[place + 1]
        place += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[place : place + size])
            place += size
        if place + length > len(data):
            raise ValueError("the data end within an element")
        yield tag, data[place : place + length]
        place += length


def _connection(address: Address, network: NetworkOptions) -> socket.socket:
    host, port = address.host.name, address.effective_port
    proxy = _proxy_for(address, network)
    if proxy is None:
        return socket.create_connection((host, port), TIMEOUT_S)
    parts = urlsplit(proxy)
    if parts.scheme != "http":
        raise ValueError("only a proxy with plain http can be used here")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if network.proxy is not None:
        user, password = network.proxy_user, network.proxy_password
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n"
    if user:
        head += f"Proxy-Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}\r\n"
    plain = socket.create_connection((parts.hostname or "", parts.port or 80), TIMEOUT_S)
    try:
        _open_tunnel(plain, f"{head}\r\n")
    except BaseException:
        plain.close()
        raise
    return plain


def _open_tunnel(plain: socket.socket, head: str) -> None:
    plain.sendall(head.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = plain.recv(1)  # byte by byte: what follows the head belongs to the handshake
        if not piece or len(answer) > _MAX_HEAD:
            raise ValueError("the proxy's answer has no end")
        answer += piece
    if b" 200" not in answer.split(b"\r\n", 1)[0]:
        raise ValueError("the proxy refused")


def _proxy_for(address: Address, network: NetworkOptions) -> str | None:
    host = address.host.name
    if is_loopback(host) or network.proxy_mode is ProxyMode.NONE:
        return None
    if network.proxy is not None:
        return network.proxy
    proxies = getproxies()
    return None if proxy_bypass(host) else proxies.get(address.scheme) or proxies.get("all")
