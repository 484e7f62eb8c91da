"""Pages by way of PagerDuty's Events API: valid by the vendor's document, once under one key, and telling no key."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from cockpit.core.alerts import Link, Severity
from cockpit.core.paging import Page, PageKind
from cockpit.core.units import Seconds
from cockpit.provider import Forbidden, ProviderError, RateLimited, Secret, Unreachable, capabilities
from cockpit.providers.pagerduty import PagerDuty, PagerDutyConfig
from cockpit.providers.pd_account import REGIONS
from cockpit.providers.pd_events import LONGEST_KEY, LONGEST_SUMMARY, dedup
from cockpit.testing import FakeClock, FakeHost, Misbehaving, ProviderContract
from support.pagerduty import ROUTING_KEY, Server, pagerduty
from support.servers import serving
from support.vendor_api import Document, document

DISK = Page(
    key="web-3/root-disk/7",
    kind=PageKind.TRIGGER,
    summary="root-disk on web-3: 93 % used",
    severity=Severity.CRITICAL,
    where="web-3",
    details="full in 2 h 10 m\n5 days of Postgres in 2026",
    labels={"trap": "root-disk", "path": "/"},
    links=(Link("runbook", "https://wiki.example/disk"),),
)


@pytest.fixture(scope="module")
def api() -> Document:
    return document("pagerduty-events-v2.json")


@pytest.fixture
def server() -> Iterator[Server]:
    with pagerduty(FakeClock().now) as running:
        yield running


def made(url: str, **settings: Any) -> PagerDuty:
    settings = {"routing_key": Secret(ROUTING_KEY), "within": Seconds(1.0), **settings}
    return PagerDuty("contract", PagerDutyConfig(events_url=url, **settings), FakeHost(FakeClock()))


def send(pd: PagerDuty, *pages: Page) -> None:
    async def sent() -> None:
        try:
            for page in pages:
                await pd.page(page)
        finally:
            await pd.close()

    asyncio.run(sent())


def said(kind: PageKind, **more: Any) -> Page:
    return Page(key=DISK.key, kind=kind, summary=DISK.summary, **more)


class TestItKeepsTheContract(ProviderContract):
    secrets = (ROUTING_KEY,)

    @pytest.fixture(autouse=True)
    def _account(self) -> Iterator[None]:
        with pagerduty(FakeClock().now) as server:
            self.server = server
            yield

    def provider(self) -> object:
        return made(self.server.url)


def test_with_a_routing_key_alone_it_pages_and_is_asked_nothing() -> None:
    assert capabilities(made("http://127.0.0.1:9")) == {"Pages"}
    both = PagerDutyConfig(token=Secret("x" * 20), routing_key=Secret(ROUTING_KEY))
    assert capabilities(PagerDuty("pd", both, FakeHost())) >= {"Pages", "Alerts", "Rosters"}


def test_trouble_is_told_whole_and_once(server: Server) -> None:
    send(made(server.url), DISK, DISK)
    assert [each.title for each in server.account.incidents.values()] == ["root-disk on web-3: 93 % used"]
    assert server.account.events[0] == {
        "routing_key": ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": "web-3/root-disk/7",
        "client": "Cockpit",
        "payload": {
            "summary": "root-disk on web-3: 93 % used",
            "source": "web-3",
            "severity": "critical",
            "custom_details": {"trap": "root-disk", "path": "/", "details": "full in 2 h 10 m\n5 days of Postgres in 2026"},
        },
        "links": [{"href": "https://wiki.example/disk", "text": "runbook"}],
    }


def test_it_is_taken_and_over_under_the_same_key(server: Server) -> None:
    send(made(server.url), DISK, said(PageKind.ACKNOWLEDGE))
    (incident,) = server.account.incidents.values()
    assert incident.status == "acknowledged"
    send(made(server.url), said(PageKind.RESOLVE))
    assert incident.status == "resolved"


def test_every_event_is_valid_by_the_vendors_document(api: Document, server: Server) -> None:
    pages = [DISK, *(said(kind) for kind in PageKind)]
    pages += [said(PageKind.TRIGGER, severity=severity, drill=True) for severity in Severity]
    send(made(server.url), *pages)
    for each in server.heard:
        assert api.problems(each.method, each.target.removeprefix("/v2"), each.fields, each.body) == []
        assert api.answers(each.method, each.path.removeprefix("/v2"), each.status, each.answer) == []
    assert len(server.heard) == len(pages)


def test_a_drill_says_so_and_a_severity_nobody_knows_is_not_taken_for_harmless(server: Server) -> None:
    send(made(server.url), said(PageKind.TRIGGER, drill=True))
    payload = server.account.events[0]["payload"]
    assert payload["summary"] == f"DRILL: {DISK.summary}"
    assert (payload["severity"], payload["source"]) == ("error", "web-3")


def test_what_is_too_long_is_cut_and_keys_stay_different(server: Server) -> None:
    keys = [f"{'k' * 400}{n}" for n in range(2)]
    send(made(server.url), *(Page(key=key, kind=PageKind.TRIGGER, summary="s" * 3000) for key in keys))
    assert len(server.account.events[0]["payload"]["summary"]) <= LONGEST_SUMMARY
    assert len({event["dedup_key"] for event in server.account.events}) == 2
    assert {len(dedup(key)) for key in keys} == {LONGEST_KEY}
    assert dedup("short") == "short"


def test_one_person_is_woken_by_their_own_key_and_nobody_else_instead(server: Server) -> None:
    pd = made(server.url, routing_key=None, routing_keys={"ana": Secret(ROUTING_KEY)})
    send(pd, said(PageKind.TRIGGER, person="ana"))
    assert len(server.account.incidents) == 1
    for page, says in ((said(PageKind.TRIGGER, person="bo"), "cannot wake bo alone"), (DISK, "it has no routing_key")):
        with pytest.raises(Forbidden, match=says):
            send(made(server.url, routing_key=None, routing_keys={"ana": Secret(ROUTING_KEY)}), page)
    assert len(server.account.events) == 1


def test_each_region_has_an_address_of_its_own() -> None:
    config = PagerDutyConfig(routing_key=Secret(ROUTING_KEY), region="eu")
    assert PagerDuty("pd", config, FakeHost())._events._http.address == REGIONS["eu"][1] == "https://events.eu.pagerduty.com"


def test_a_wrong_key_is_said_without_the_key(server: Server) -> None:
    with pytest.raises(ProviderError, match="routing_key is invalid") as refused:
        send(made(server.url, routing_key=Secret("another-key-of-somebody")), DISK)
    assert "another-key" not in str(refused.value)


@pytest.mark.parametrize("fault", ["400 that echoes what it heard", "429", "500", "resets", "says nothing"])
def test_what_goes_wrong_is_told_by_the_kits_errors(fault: str) -> None:
    wanted = {"4": ProviderError, "5": Unreachable, "r": Unreachable, "s": Unreachable}[fault[0]]
    with Misbehaving({}, fault) as odd, pytest.raises(wanted) as met:
        send(made(odd.url), DISK)
    assert ROUTING_KEY not in str(met.value)
    if isinstance(met.value, RateLimited):
        assert met.value.retry_after == 17


def test_a_key_that_is_echoed_is_not_repeated() -> None:
    def talk(connection: socket.socket) -> None:
        heard = connection.recv(65536)
        body = heard.partition(b"\r\n\r\n")[2] or connection.recv(65536)
        told = b"I heard " + body[:150]
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told))

    with serving(talk) as port, pytest.raises(ProviderError, match=r"I heard .*\*\*\*") as met:
        send(made(f"http://127.0.0.1:{port}"), DISK)
    assert ROUTING_KEY not in str(met.value)
