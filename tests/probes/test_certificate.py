"""Reading certificates: made by trustme and cryptography, and every kind of rubbish."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from cockpit.probes.certificate import Certificate, read_certificate

KEY = ec.generate_private_key(ec.SECP256R1())
moments = some.datetimes(min_value=datetime(1951, 1, 1), max_value=datetime(9999, 12, 30)).map(lambda at: at.replace(microsecond=0))
labels = some.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
names = some.lists(labels, min_size=2, max_size=4).map(".".join)


def made(
    starts: datetime = datetime(2026, 1, 1),
    ends: datetime = datetime(2027, 1, 1),
    *,
    subject: str = "shop.example",
    hosts: tuple[str, ...] = (),
    addresses: tuple[str, ...] = (),
) -> bytes:
    """The DER of a self-signed certificate."""
    named = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Shop"), x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder(named, named, KEY.public_key(), 1, starts, ends)
    given_names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    given_names += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if given_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(given_names), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


WHOLE = made(hosts=("shop.example", "*.shop.example"), addresses=("192.0.2.1", "2001:db8::1"))


@given(moments, some.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=40000)))
@settings(max_examples=60, deadline=None)
def test_both_kinds_of_time_are_read_to_the_second(starts: datetime, lasts: timedelta) -> None:
    """Before 2050 a certificate holds a UTCTime, from then on a GeneralizedTime."""
    lasts = timedelta(seconds=int(lasts.total_seconds()))
    ends = starts + lasts if starts.year < 9880 else datetime(9999, 12, 31, 23, 59, 59)
    found = read_certificate(made(starts, ends))
    assert found.not_before == starts.replace(tzinfo=UTC)
    assert found.not_after == ends.replace(tzinfo=UTC)


@given(some.lists(names, max_size=20), some.lists(some.ip_addresses().map(str), max_size=5), some.text(min_size=1, max_size=16))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_names_addresses_and_subject_are_read(hosts: list[str], addresses: list[str], subject: str) -> None:
    found = read_certificate(made(subject=subject, hosts=tuple(hosts), addresses=tuple(addresses)))
    assert (found.names, found.addresses) == (tuple(hosts), tuple(addresses))
    assert found.subject == found.issuer == subject
    for each in (*hosts, *addresses):
        assert found.covers(each)


def test_what_trustme_and_an_authority_make_is_read() -> None:
    ca = trustme.CA()
    issued = ca.issue_cert("shop.example", "*.shop.example", "127.0.0.1")
    found = read_certificate(ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode()))
    assert found.names == ("shop.example", "*.shop.example")
    assert found.addresses == ("127.0.0.1",)
    own = read_certificate(ssl.PEM_cert_to_DER_cert(ca.cert_pem.bytes().decode()))
    assert own.subject == own.issuer == found.issuer != ""


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("shop.example", True),
        ("SHOP.Example.", True),
        ("www.shop.example", True),
        ("a.b.shop.example", False),
        (".shop.example", False),
        ("example", False),
        ("other.example", False),
        ("192.0.2.1", True),
        ("192.0.2.2", False),
        ("2001:0db8:0:0::1", True),
        ("xn--mller-kva.shop.example", True),
        ("müller.shop.example", True),
    ],
)
def test_which_hosts_a_certificate_covers(host: str, covered: bool) -> None:
    assert read_certificate(WHOLE).covers(host) is covered


def test_a_star_covers_no_top_level_domain_and_no_part_of_a_label() -> None:
    def covers(name: str, host: str) -> bool:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return Certificate(not_before=at, not_after=at, subject=host, issuer="", names=(name,)).covers(host)

    assert not covers("*.example", "shop.example")
    assert not covers("*", "example")
    assert not covers("w*.shop.example", "www.shop.example")
    assert not covers("www.*.example", "www.shop.example")


@given(some.binary(max_size=400))
def test_rubbish_is_refused_and_never_anything_else(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_certificate(data)


@given(some.integers(0, len(WHOLE) - 1), some.integers(0, 255))
@settings(max_examples=400)
def test_one_changed_byte_is_read_or_refused(place: int, byte: int) -> None:
    data = bytearray(WHOLE)
    data[place] = byte
    try:
        found = read_certificate(bytes(data))
    except ValueError:
        return
    assert found.not_after.tzinfo is UTC


@given(some.integers(0, len(WHOLE) - 1))
def test_a_certificate_that_breaks_off_is_refused(length: int) -> None:
    with pytest.raises(ValueError):
        read_certificate(WHOLE[:length])


def test_lengths_that_cannot_be_are_refused() -> None:
    for data in (b"\x30\x84\xff\xff\xff\xff", b"\x30\x80\x00\x00", b"\x30\x89" + b"\xff" * 9, b"\x30", b"\x1f\x81\x01\x00"):
        with pytest.raises(ValueError):
            read_certificate(data)
