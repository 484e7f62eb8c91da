"""What a blackbox exporter can be made to ask: HTTP, TCP, TLS, DNS.

Source: blackbox_exporter, CONFIGURATION.md, and its probers http, tcp and dns for what each metric counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from .laid import Laid, Told, Unable, days_left
from .words import literally, re2_problem

SECRETS = "/etc/prometheus/cockpit"
"""Where the blackbox exporter finds what a trap refers to as a secret: that itself is never printed."""

_FIRST_V4 = {"preferred_ip_protocol": "ip4", "ip_protocol_fallback": True}
_EARLIEST = "days left are those of the certificate that ends first of all that the server shows, not only of its own"
_STARTTLS: Mapping[str, tuple[dict[str, object], ...]] = {
    "smtp": (
        {"expect": "^220 "}, {"send": "EHLO cockpit.invalid\r"}, {"expect": "^250 "},
        {"send": "STARTTLS\r"}, {"expect": "^220 "}, {"starttls": True},
    ),
    "imap": ({"expect": "^[*] OK"}, {"send": "a1 STARTTLS\r"}, {"expect": "^a1 OK"}, {"starttls": True}),
    "pop3": ({"expect": "^[+]OK"}, {"send": "STLS\r"}, {"expect": "^[+]OK"}, {"starttls": True}),
    "ftp": ({"expect": "^220 "}, {"send": "AUTH TLS\r"}, {"expect": "^234"}, {"starttls": True}),
}  # fmt: skip


def _told(laid: Laid, values: dict[str, str], module: dict[str, object], target: str, *remarks: str, **lacking: str) -> Told:
    up = laid.asked("up")
    return Told(
        values=values,
        wrong=f"{laid.asked('probe_success')} == 0",
        unseen=f"{up} == 0 or absent({up})",
        lacking=lacking,
        module={**module, "timeout": laid.lasting("within")},
        target=target,
        remarks=remarks,
    )


def _taken(laid: Laid) -> str:
    """Seconds, without those for the name's resolution, as the probes here count."""
    return f"({laid.asked('probe_duration_seconds')} - {laid.asked('probe_dns_lookup_time_seconds')})"


def http(laid: Laid) -> Told:
    """Status, body and headers as wanted."""
    if laid.table("secret_headers"):
        raise Unable("a blackbox exporter takes no header from a file, and a secret is not written into its config")
    if problem := re2_problem(laid.text("matches")):
        raise Unable(problem)
    wanted = [literally(laid.text("contains"))] if laid.text("contains") else []
    wanted += [laid.text("matches")] if laid.text("matches") else []
    ask: dict[str, object] = {
        **_FIRST_V4,
        "method": laid.text("method"),
        "valid_status_codes": _codes(laid),
        "follow_redirects": laid.whole("redirects") > 0,
    }
    optional = {
        "headers": laid.table("headers"),
        "body": laid.text("body"),
        "proxy_url": laid.text("proxy"),
        "fail_if_body_not_matches_regexp": wanted,
        "fail_if_body_matches_regexp": [literally(laid.text("lacks"))] if laid.text("lacks") else [],
        "tls_config": _tls_config(laid),
    }
    ask |= {key: value for key, value in optional.items() if value}
    credentials, needs = _credentials(laid)
    remarks = list(needs)
    if laid.whole("redirects") > 0:
        remarks.append("redirects are followed there up to ten, also to other origins")
    values = {
        "status": laid.asked("probe_http_status_code"),
        "seconds": _taken(laid),
        "bytes": f"clamp_max({laid.asked('probe_http_uncompressed_body_length')}, 1048576)",
        "redirects": laid.asked("probe_http_redirects"),
        "tls_days_left": days_left(laid.asked("probe_ssl_earliest_cert_expiry")),
    }
    return _told(laid, values, {"prober": "http", "http": ask | credentials}, laid.text("url"), *remarks)


def _codes(laid: Laid) -> list[int]:
    found: set[int] = set()
    for each in laid.many("status"):
        first, dash, last = str(each).partition("-")
        found |= set(range(max(100, int(first)), min(599, int(last if dash else first)) + 1))
    return sorted(found)


def _credentials(laid: Laid) -> tuple[dict[str, object], tuple[str, ...]]:
    if laid.settings.get("bearer") is not None:
        file = _secret(laid, "bearer")
        return {"authorization": {"type": "Bearer", "credentials_file": file}}, (
            f"put the token that bearer refers to into {file}",
        )
    if laid.text("user"):
        file = _secret(laid, "password")
        basic = {"username": laid.text("user"), "password_file": file}
        return {"basic_auth": basic}, (f"put the password that it refers to into {file}",)
    return {}, ()


def _secret(laid: Laid, what: str) -> str:
    return f"{SECRETS}/{laid.trap.name}.{what}"


def _tls_config(laid: Laid) -> dict[str, object]:
    found: dict[str, object] = {"ca_file": laid.text("ca")} if laid.text("ca") else {}
    return found | ({"insecure_skip_verify": True} if laid.settings.get("verify") is False else {})


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tcp(laid: Laid) -> Told:
    """It takes connections, and says the right thing. What is sent ends with a newline there, and what comes is read by lines."""
    send, expect = laid.text("send"), laid.text("expect").strip("\r\n")
    if "\n" in expect:
        raise Unable("a blackbox exporter reads an answer line by line, and what is expected goes over several")
    if laid.text("expect") and not expect:
        raise Unable("a blackbox exporter cannot expect an empty line")
    remarks = []
    steps: list[dict[str, object]] = []
    if send:
        steps.append({"send": send.removesuffix("\n")})
        remarks += [] if send.endswith("\n") else ["a blackbox exporter sends a newline after what is to be sent"]
    if expect:
        steps.append({"expect": literally(expect)})
        remarks.append("what is expected must there come in a line that ends, or be the last before it hangs up")
    ask = {**_FIRST_V4, **({"query_response": steps} if steps else {})}
    reading = "answer_seconds" if expect else "seconds"
    why = {"seconds": "a blackbox exporter tells how long all of it took, the answer included: answer_seconds"} if expect else {}
    target = _place(laid.text("host"), laid.whole("port"))
    return _told(laid, {reading: _taken(laid)}, {"prober": "tcp", "tcp": ask}, target, *remarks, **why)


def tls(laid: Laid) -> Told:
    """A server's certificate: in force, trusted, for this name, and for how long."""
    if laid.text("file"):
        raise Unable("neither exporter reads certificate files; x509-certificate-exporter does")
    protocol = laid.text("starttls")
    if protocol and protocol not in _STARTTLS:
        raise Unable(f"a blackbox exporter cannot speak {protocol} before TLS")
    secured = {"server_name": laid.text("server_name") or laid.text("host"), **_tls_config(laid)}
    ask: dict[str, object] = {**_FIRST_V4, "tls_config": secured}
    ask |= {"query_response": list(_STARTTLS[protocol])} if protocol else {"tls": True}
    remarks = [_EARLIEST]
    if laid.settings.get("verify") is False:
        remarks.append("with verify = false, a certificate for another name is not noticed there")
    values = {"days_left": days_left(laid.asked("probe_ssl_earliest_cert_expiry")), "seconds": _taken(laid)}
    one = "a blackbox exporter tells only whether all of it holds: with verify, the trap trips by itself where it does not"
    target = _place(laid.text("host"), laid.whole("port"))
    return _told(laid, values, {"prober": "tcp", "tcp": ask}, target, *remarks, chain_valid=one, name_matches=one)


def dns(laid: Laid) -> Told:
    """A server's answer for a name."""
    server, kind, expected = laid.text("server"), laid.text("type"), laid.many("expect")
    if not server:
        raise Unable("a blackbox exporter asks a server, not this machine's own resolver: name one in the trap")
    if len(expected) > 1:
        raise Unable("a blackbox exporter can want one of several records, not each of them: lay a trap for each")
    if expected and kind in ("TXT", "SRV", "SOA", "CAA"):
        raise Unable(f"it shows a {kind} record in other words than a blackbox exporter")
    what = f"(?i){literally(str(expected[0]).rstrip('.'))}[.]?$" if expected else ""
    ask = {
        **_FIRST_V4,
        "query_name": laid.text("name"),
        "query_type": kind,
        "valid_rcodes": ["NOERROR"],
        "validate_answer_rrs": {"fail_if_none_matches_regexp": [f"\tIN\t{kind}\t(.*[ \t])?{what}"]},
    }
    plain = server.count(":") > 1 and not server.startswith("[")
    address = f"[{server}]:53" if plain else server
    values = {"answers": laid.asked("probe_dns_answer_rrs"), "seconds": laid.asked("probe_duration_seconds")}
    remarks = ("answers are there all records of the answer, also those of other types (a CNAME on the way)",)
    return _told(laid, values, {"prober": "dns", "dns": ask}, address, *(remarks if _counts(laid) else ()))


def _counts(laid: Laid) -> bool:
    return any(each is not None and each.metric == "answers" for each in (laid.trap.warn, laid.trap.trip))
