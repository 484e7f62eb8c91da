"""Acknowledgements at real Alertmanagers, beside those who share them: karma, and kthxbye, which renews what begins with ACK!."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.alerts import AlertState
from cockpit.core.units import Seconds
from cockpit.provider import NotReached, Unreachable
from support.alertmanagers import Server, alertmanager, binary_of, versions
from support.am_sources import Source, using
from support.between import Between

pytestmark = pytest.mark.real
HIGH = {"alertname": "HighErrorRate", "severity": "critical", "instance": "web-1"}
NAME = "HighErrorRate/web-1"
KARMA = "ACK! This alert was acknowledged using karma on Mon, 23 Nov 2026 03:12:44 UTC"


@pytest.fixture(params=versions())
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with alertmanager(tmp_path / "am", binary_of(request.param)) as running:
        yield running


def kthxbye(server: Server, expiring_in: float = 5, extend_by: float = 15, prefix: str = "ACK!") -> list[str]:
    """One round of kthxbye, by its README: active silences whose comment begins with ``prefix``, that hush an alert now and end
    within ``expiring_in`` minutes, are written back as they are, to end ``extend_by`` minutes from now. Gives their comments."""
    told = server.call("GET", "/api/v2/alerts?silenced=true&inhibited=false&active=false&unprocessed=false")
    used = {each for alert in told for each in alert["status"]["silencedBy"]}
    now = datetime.now(UTC)
    due = [
        each
        for each in server.silences()
        if each["comment"].startswith(prefix)
        and each["id"] in used
        and datetime.fromisoformat(each["endsAt"]) < now + timedelta(minutes=expiring_in)
    ]
    for each in due:
        server.call("POST", "/api/v2/silences", {**each, "endsAt": (now + timedelta(minutes=extend_by)).isoformat()})
    return [each["comment"] for each in due]


class TestBesideKthxbye:
    def test_ours_is_renewed_by_it_stays_ours_and_ends_with_its_alert(self, server: Server) -> None:
        server.fire(HIGH, started=datetime.now(UTC) - timedelta(minutes=9))

        async def work(source: Source) -> None:
            await source.ack(NAME)
            assert kthxbye(server) == [], "it has a quarter of an hour left"
            server.shorten()
            assert [each.startswith("ACK! Ana has it [cockpit ack ") for each in kthxbye(server)] == [True]
            assert server.minutes_left() == [15]
            assert await source.stands(NAME) == (AlertState.ACKNOWLEDGED, "Ana")
            assert await source.keep() == [], "renewed already"
            server.resolve(HIGH)
            server.shorten()
            assert kthxbye(server) == [], "it hushes nothing any more"
            assert await source.keep_until_something() == ["ended"]
            assert server.silences() == []

        using(work, server.url)

    def test_one_whose_labels_are_too_long_for_any_address_ends_with_its_alert(self, server: Server) -> None:
        # safety 15
        huge = {"alertname": "Huge", "instance": "web-2", "blob": "x" * 200_000}
        server.fire(huge)

        async def work(source: Source) -> None:
            await source.ack("Huge/web-2")
            assert await source.stands("Huge/web-2") == (AlertState.ACKNOWLEDGED, "Ana")
            server.resolve(huge)
            assert await source.keep_until_something() == ["ended"]
            assert server.silences() == []

        using(work, server.url)

    def test_karma_s_is_shown_and_left_to_it(self, server: Server) -> None:
        server.fire(HIGH)
        server.silence(KARMA, who="bo@example.com", minutes=4, alertname="HighErrorRate")

        async def work(source: Source) -> None:
            alert = await source.one(NAME)
            assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, "bo@example.com")
            assert alert.acknowledged_why.startswith("This alert was acknowledged using karma")
            assert await source.keep() == []
            assert server.minutes_left() == [4]
            assert kthxbye(server) == [KARMA]
            assert server.minutes_left() == [15]
            server.resolve(HIGH)
            for _ in range(4):
                assert await source.keep() == [], "not ours to end"

        using(work, server.url)


class TestWithAPrefixOfTheirOwn:
    def test_ours_begins_with_it_is_renewed_by_kthxbye_and_ends_with_its_alert(self, server: Server) -> None:
        server.fire(HIGH, started=datetime.now(UTC) - timedelta(minutes=9))

        async def work(source: Source) -> None:
            await source.ack(NAME)
            assert await source.stands(NAME) == (AlertState.ACKNOWLEDGED, "Ana")
            server.shorten()
            assert kthxbye(server) == [], "it looks for another"
            assert [each.split(" [")[0] for each in kthxbye(server, prefix="On it:")] == ["On it: Ana has it"]
            server.shorten()
            assert await source.keep() == ["renewed"]
            (told,) = (await source.provider.silences()).records
            assert (told.ack, told.who, told.comment) == (True, "Ana", "")
            await source.provider.unack(await source.ids(NAME), "Ana")
            assert await source.state(NAME) is AlertState.FIRING

        using(work, server.url, ack_prefix="On it:")

    def test_what_others_begin_so_is_one_and_what_begins_otherwise_is_a_silence(self, server: Server) -> None:
        server.fire(HIGH, {**HIGH, "instance": "web-2"})
        server.silence("On it: looking", who="bo", instance="web-1")
        server.silence(KARMA, who="bo", instance="web-2")

        async def work(source: Source) -> None:
            alert = await source.one(NAME)
            assert (alert.state, alert.acknowledged_by, alert.acknowledged_why) == (AlertState.ACKNOWLEDGED, "bo", "looking")
            assert await source.state("HighErrorRate/web-2") is AlertState.SUPPRESSED

        using(work, server.url, ack_prefix="On it:")


class TestAcrossCockpits:
    def test_one_that_is_opened_anew_knows_renews_and_ends_what_another_began(self, server: Server) -> None:
        server.fire(HIGH)

        async def begin(source: Source) -> None:
            await source.ack(NAME)

        async def go_on(source: Source) -> None:
            assert await source.stands(NAME) == (AlertState.ACKNOWLEDGED, "Ana")
            server.shorten()
            assert await source.keep() == ["renewed"]
            assert server.minutes_left() == [15]
            server.resolve(HIGH)
            assert await source.keep_until_something() == ["ended"]
            assert server.silences() == []

        using(begin, server.url)
        using(go_on, server.url)

    def test_an_old_one_comes_back_before_the_eyes_and_can_be_taken_again(self, server: Server) -> None:
        server.fire(HIGH, started=datetime.now(UTC) - timedelta(hours=2))

        async def work(source: Source) -> None:
            await source.ack(NAME)
            while await source.state(NAME) is AlertState.ACKNOWLEDGED:
                pass  # three seconds
            assert await source.stands(NAME) == (AlertState.FIRING, "Ana")
            server.shorten()
            assert await source.keep() == [], "not renewed: it may run out"
            await source.ack(NAME, "Bo")
            assert await source.stands(NAME) == (AlertState.ACKNOWLEDGED, "Bo")

        using(work, server.url, ack_age=Seconds(3))


class TestWhenTheAnswerIsLost:
    """safety 17"""

    def test_it_is_uncertain_and_reading_back_shows_that_it_was_done(self, server: Server) -> None:
        server.fire(HIGH)

        async def work(source: Source) -> None:
            ids = await source.ids(NAME)
            between.fault = "loses the answer"
            with pytest.raises(Unreachable) as raised:
                await source.provider.ack(ids, "Ana", "")
            assert not isinstance(raised.value, NotReached)
            assert len([each for each in between.heard if each[0] == "POST"]) == 1, "never sent twice"
            assert await source.stands(NAME) == (AlertState.ACKNOWLEDGED, "Ana")
            await source.provider.ack(ids, "Ana", "")
            assert len(server.silences()) == 1, "acknowledging again makes no second one"

        with Between(server.url) as between:
            between.hits = lambda method, _: method != "GET"
            using(work, between.url)

    def test_where_a_member_breaks_off_no_other_is_told(self, server: Server) -> None:
        server.fire(HIGH)

        async def work(source: Source) -> None:
            ids = await source.ids(NAME)
            between.fault = "swallows"
            with pytest.raises(Unreachable):
                await source.provider.ack(ids, "Ana", "")
            assert server.silences() == []

        with Between(server.url) as between:
            between.hits = lambda method, _: method != "GET"
            using(work, between.url, server.url)
