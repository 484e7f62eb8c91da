"""Small servers that misbehave in exactly one way, and certificates that are wrong in exactly one way."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["answering", "at", "authority", "own_certificate", "pem", "request_of", "serving", "tls_context"]

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(talk: Talk, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[int]:
    """A server on a free port of the loopback that holds ``talk`` with each who connects, in a thread each. Gives the port."""
    listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    open_ones: set[socket.socket] = set()

    def hold(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other side may hang up at any moment: that is its right
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
                open_ones.add(connection)
            talk(connection)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            open_ones.add(connection)
            threading.Thread(target=hold, args=(connection,), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for each in open_ones:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def request_of(connection: socket.socket) -> str:
    """The head of an HTTP request, without its body."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = connection.recv(65536)
        if not piece:
            break
        heard += piece
    return heard.decode("latin-1")


def answering(head: str = "200 OK", body: bytes = b"fine", **headers: str) -> Talk:
    """A server that gives this one answer to everything."""
    lines = [f"HTTP/1.1 {head}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]

    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall("\r\n".join(lines).encode("latin-1") + body)

    return talk


def at(port: int, path: str = "/") -> str:
    """That port's url."""
    return f"http://127.0.0.1:{port}{path}"


def authority(directory: Path) -> tuple[trustme.CA, str]:
    """(an authority, the path of its certificate)."""
    ca = trustme.CA()
    path = directory / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, str(path)


def tls_context(issued: trustme.LeafCert) -> ssl.SSLContext:
    """A server's context with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def own_certificate(
    directory: Path,
    name: str = "localhost",
    *,
    starts: datetime.datetime | None = None,
    ends: datetime.datetime | None = None,
    alternative: bool = True,
) -> tuple[ssl.SSLContext, x509.Certificate]:
    """A self-signed certificate: (a server's context with it, the certificate)."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(starts or now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(ends or now + datetime.timedelta(days=30))
    if alternative:
        names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = builder.sign(key, hashes.SHA256())
    both = directory / f"{name}.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both.write_bytes(secret + pem(made))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, made


def pem(certificate: x509.Certificate) -> bytes:
    """The certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM)
