"""``alertmanager`` against real Alertmanagers: every version that is here, a cluster of two, and amtool as the witness."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest

from cockpit.core.alerts import AlertState, SilenceState
from cockpit.core.filters import parse
from cockpit.engine.clock import SystemClock
from cockpit.provider import Conflict, HttpAuth, NotFound, NotReached, ProviderError, Secret, Unreachable
from cockpit.providers.alertmanager import Alertmanager, AlertmanagerConfig
from cockpit.testing import FakeHost, ProviderContract
from support.alertmanagers import Server, alertmanager, amtool, binary_of, cluster, versions
from support.am_sources import Source, using
from support.real import need

pytestmark = pytest.mark.real
T = TypeVar("T")
HIGH = {"alertname": "HighErrorRate", "severity": "critical", "instance": "web-1", "service": "shop"}
LOW = {"alertname": "HighErrorRate", "severity": "warning", "instance": "web-2", "service": "shop"}
DISK = {"alertname": "DiskFull", "severity": "warning", "instance": "db-1", "service": "db"}


@pytest.fixture(params=versions())
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with alertmanager(tmp_path / "am", binary_of(request.param)) as running:
        yield running


NEAR = timedelta(minutes=1)


def in_hours(hours: float = 1) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


class TestItKeepsTheContract(ProviderContract):
    now = datetime.now(UTC)
    running: ClassVar[Server]

    @pytest.fixture(autouse=True)
    def _served(self, server: Server) -> None:
        server.fire(HIGH, DISK, started=datetime.now(UTC) - timedelta(minutes=2))
        type(self).running = server
        type(self).now = datetime.now(UTC)

    def provider(self) -> object:
        return Alertmanager(self.name, AlertmanagerConfig(url=self.running.url), FakeHost(SystemClock()))


def test_the_receiver_that_its_routing_chose_can_be_filtered_by(server: Server) -> None:
    server.fire(HIGH, {**DISK, "muted": "yes"})

    async def work(source: Source) -> None:
        alerts = (await source.alerts()).values()
        chosen = {text: [each.name for each in alerts if parse(text).matches(each, datetime.now(UTC))] for text in RECEIVERS}
        assert chosen == RECEIVERS

    using(work, server.url)


RECEIVERS = {
    "@receiver=weekend": ["DiskFull"],
    "@receiver!=weekend": ["HighErrorRate"],
    "@receiver=~te.m": ["HighErrorRate"],
    "@receiver!~t.*|w.*": [],
}


class TestAcknowledging:
    def test_amtool_sees_who_has_it_and_the_person_s_note_comes_back(self, server: Server) -> None:
        server.fire(HIGH, DISK)

        async def work(source: Source) -> None:
            await source.provider.ack(await source.ids("HighErrorRate/web-1"), "Ana", "looking at it")
            alert = await source.one("HighErrorRate/web-1")
            assert (alert.state, alert.acknowledged_by, alert.acknowledged_why) == (AlertState.ACKNOWLEDGED, "Ana", "looking at it")
            assert await source.state("DiskFull/db-1") is AlertState.FIRING

        using(work, server.url)
        (silence,) = amtool(server, "silence", "query")
        assert silence["createdBy"] == "Ana"
        assert silence["comment"].startswith("ACK! Ana: looking at it [cockpit ack ")
        assert {(each["name"], each["value"]) for each in silence["matchers"]} == set(HIGH.items())
        assert [each["labels"] for each in amtool(server, "alert", "query", "--silenced")] == [HIGH]

    def test_a_storm_is_acknowledged_in_one_request_and_one_of_it_can_be_given_back(self, server: Server) -> None:
        storm = [{"alertname": "Down", "service": "shop", "instance": f"web-{n}.example:9100"} for n in range(50)]
        server.fire(*storm, HIGH)

        async def work(source: Source) -> None:
            names = [f"Down/{each['instance']}" for each in storm]
            ids = await source.ids(*names)
            await source.provider.ack(ids, "Ana", "")
            assert len(server.silences()) == 1
            alerts = await source.alerts()
            assert {alerts[name].state for name in names} == {AlertState.ACKNOWLEDGED}
            assert alerts["HighErrorRate/web-1"].state is AlertState.FIRING
            await source.provider.unack([ids[7]], "Ana")
            alerts = await source.alerts()
            free = {name for name in names if alerts[name].state is AlertState.FIRING}
            assert free == {names[7]}
            assert {alerts[name].acknowledged_by for name in names if name not in free} == {"Ana"}

        using(work, server.url)

    def test_an_alert_that_has_the_same_labels_and_more_still_rings(self, server: Server) -> None:
        more = {**HIGH, "path": "/cart"}
        server.fire(HIGH, more)

        async def work(source: Source) -> None:
            answer = await source.provider.alerts()
            (plain,) = [alert for alert in answer.records if "path" not in alert.labels]
            await source.provider.ack([plain.ref.id], "Ana", "")
            states = {alert.labels.get("path", ""): alert.state for alert in (await source.provider.alerts()).records}
            assert states == {"": AlertState.ACKNOWLEDGED, "/cart": AlertState.FIRING}

        using(work, server.url)

    def test_labels_that_no_terminal_may_see_are_matched_to_the_byte(self, server: Server) -> None:
        odd = {"alertname": 'Odd "quoted" \\back', "path": "tab\there\nline", "name": "пример ‮ x", "empty": "a|b.*c"}
        server.fire(odd, {**odd, "empty": "axbc"})

        async def work(source: Source) -> None:
            for alert in (await source.provider.alerts()).records:
                if alert.labels["empty"] == "a|b.*c":
                    await source.provider.ack([alert.ref.id], "Ana", "")
            states = {alert.labels["empty"]: alert.state for alert in (await source.provider.alerts()).records}
            assert states == {"a|b.*c": AlertState.ACKNOWLEDGED, "axbc": AlertState.FIRING}
            await source.provider.ack([alert.ref.id for alert in (await source.provider.alerts()).records], "Ana", "")
            assert {alert.state for alert in (await source.provider.alerts()).records} == {AlertState.ACKNOWLEDGED}

        using(work, server.url)

    def test_karma_s_is_shown_as_one_and_can_be_taken_back(self, server: Server) -> None:
        server.fire(HIGH, DISK)
        server.silence("ACK! This alert was acknowledged using karma on Mon, 23 Nov 2026", service="shop")

        async def work(source: Source) -> None:
            alert = await source.one("HighErrorRate/web-1")
            assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, "karma")
            await source.provider.unack([alert.ref.id], "Ana")
            assert await source.state("HighErrorRate/web-1") is AlertState.FIRING

        using(work, server.url)

    def test_the_second_of_two_people_is_told_who_was_first(self, server: Server) -> None:
        # safety 25
        server.fire(HIGH, DISK)

        async def work(source: Source) -> None:
            ids = await source.ids("HighErrorRate/web-1", "DiskFull/db-1")
            other = Source(server.url)
            await other.provider.ack(await other.ids("HighErrorRate/web-1"), "Bo", "")
            await other.provider.close()
            with pytest.raises(Conflict, match="Bo has HighErrorRate already"):
                await source.provider.ack(ids, "Ana", "")
            assert (await source.one("DiskFull/db-1")).acknowledged_by == "Ana"
            assert (await source.one("HighErrorRate/web-1")).acknowledged_by == "Bo"

        using(work, server.url)

    def test_what_does_not_fire_or_nobody_has_is_said(self, server: Server) -> None:
        server.fire(HIGH)

        async def work(source: Source) -> None:
            (there,) = await source.ids("HighErrorRate/web-1")
            with pytest.raises(NotFound, match="not firing"):
                await source.provider.ack([there, "0123456789abcdef"], "Ana", "")
            assert server.silences() == []
            with pytest.raises(NotFound, match="nobody has acknowledged HighErrorRate"):
                await source.provider.unack([there], "Ana")

        using(work, server.url)


class TestUpkeep:
    def test_ours_is_renewed_while_the_alert_fires_and_keeps_its_id(self, server: Server) -> None:
        server.fire(HIGH)

        async def work(source: Source) -> None:
            await source.provider.ack(await source.ids("HighErrorRate/web-1"), "Ana", "")
            (before,) = server.silences()
            body = {key: before[key] for key in ("id", "matchers", "startsAt", "createdBy", "comment")}
            server.call("POST", "/api/v2/silences", {**body, "endsAt": (datetime.now(UTC) + timedelta(minutes=4)).isoformat()})
            await source.provider.alerts()
            assert [each.split(" ")[0] for each in await source.provider.upkeep()] == ["renewed"]
            (after,) = server.silences()
            assert after["id"] == before["id"]
            assert datetime.fromisoformat(after["endsAt"]) - datetime.now(UTC) > timedelta(minutes=14)
            await source.provider.alerts()
            assert await source.provider.upkeep() == []

        using(work, server.url)

    def test_ours_ends_with_its_alert_and_a_colleague_s_does_not(self, server: Server) -> None:
        server.fire(HIGH, DISK)

        async def work(source: Source) -> None:
            await source.provider.ack(await source.ids("HighErrorRate/web-1"), "Ana", "")
            server.silence("ACK! karma", instance="db-1")
            server.resolve(HIGH, DISK)
            done: list[str] = []

            async def kept() -> bool:
                await source.provider.alerts()
                done.extend(await source.provider.upkeep())
                return bool(done)

            for _ in range(20):
                if await kept():
                    break
            assert done == ["ended the acknowledgement of Ana for " + done[0].split(" for ", 1)[1]]
            assert [each["comment"] for each in server.silences()] == ["ACK! karma"]

        using(work, server.url)

    def test_a_new_firing_ends_the_acknowledgement_of_the_old_one(self, server: Server) -> None:
        # safety 17
        began = datetime.now(UTC) - timedelta(minutes=9)
        server.fire(HIGH, started=began)

        async def work(source: Source) -> None:
            await source.provider.ack(await source.ids("HighErrorRate/web-1"), "Ana", "")
            server.resolve(HIGH)
            server.fire(HIGH, started=datetime.now(UTC))
            assert await source.state("HighErrorRate/web-1") is AlertState.FIRING
            assert [each.rpartition(": ")[2] for each in await source.provider.upkeep()] == ["it fires anew"]
            assert server.silences() == []

        using(work, server.url)

    def test_one_that_another_source_s_filter_hides_is_left_alone(self, server: Server) -> None:
        server.fire(HIGH)

        async def work(source: Source) -> None:
            await source.provider.ack(await source.ids("HighErrorRate/web-1"), "Ana", "")
            other = Source(server.url, filter=('service="db"',))
            for _ in range(4):
                await other.provider.alerts()
                assert await other.provider.upkeep() == []
            await other.provider.close()
            assert await source.state("HighErrorRate/web-1") is AlertState.ACKNOWLEDGED

        using(work, server.url)

    def test_a_silence_until_resolved_lasts_until_then(self, server: Server) -> None:
        server.fire(HIGH, DISK)

        async def work(source: Source) -> None:
            made = await source.provider.silence_until_resolved("service=shop", "Ana", "deploying")
            (silence,) = (await source.provider.silences()).records
            assert (silence.ref.id, silence.until_resolved, silence.ack) == (made, True, False)
            assert "silenced by Ana: deploying (" in (await source.one("HighErrorRate/web-1")).suppressed_by
            changed = await source.provider.edit_silence(made, "service=shop", in_hours(), "Bo", "until the hour")
            (silence,) = [each for each in (await source.provider.silences()).records if each.ref.id == changed]
            assert (silence.until_resolved, silence.comment) == (False, "until the hour")
            back = await source.provider.edit_silence(changed, "service=shop", None, "Ana", "deploying")
            (silence,) = [each for each in (await source.provider.silences()).records if each.ref.id == back]
            assert (silence.until_resolved, silence.comment) == (True, "deploying")
            server.resolve(HIGH)
            for _ in range(20):
                await source.provider.alerts()
                if await source.provider.upkeep():
                    break
            assert server.silences() == []

        using(work, server.url)


class TestSilences:
    @pytest.mark.parametrize(
        "match",
        [
            "alertname=HighErrorRate",
            'alertname=~"High.*|Disk.*" instance!=web-2',
            "service!~db severity=critical",
            "@severity>=critical alertname=~.*Error.*",
            'service=shop path=""',
            "@severity<critical service=shop",
        ],
    )
    def test_it_hits_exactly_what_its_preview_shows(self, server: Server, match: str) -> None:
        from cockpit.core.filters import parse

        server.fire(HIGH, LOW, DISK, {"alertname": "Other"})

        async def work(source: Source) -> set[str]:
            now = datetime.now(UTC)
            rule = parse(match)
            preview = {name for name, alert in (await source.alerts()).items() if rule.matches(alert, now)}
            await source.provider.silence(match, in_hours(), "Ana", "a test")
            return preview

        preview = using(work, server.url)
        assert preview
        told = amtool(server, "alert", "query", "--silenced", "--inhibited")
        hushed = [each for each in told if each["status"]["silencedBy"]]
        assert {f"{each['labels']['alertname']}/{each['labels'].get('instance', '')}" for each in hushed} == preview
        (silence,) = amtool(server, "silence", "query")
        assert silence["createdBy"] == "Ana"

    @pytest.mark.parametrize(
        ("match", "hours", "says"),
        [
            ("", 1, "would hush everything"),
            ('alertname=~".+"', 1, "would hush nearly everything"),
            ("alertname!=Foo", 1, "would hush nearly everything"),
            ("error", 1, "cannot look for the word error"),
            ("@state=firing alertname=A", 1, "knows nothing of @state"),
            ("@age>15m alertname=A", 1, "knows nothing of @age"),
            ("@mine alertname=A", 1, "knows nothing of @mine"),
            ("where=web-1", 1, "a column of the cockpit"),
            ("alertname=A", -1, "end in the past"),
            ("alertname=A", 24 * 31, "lasts 30 d at most"),
            ("alertname=~(", 1, "cannot be read, at column"),
            ("@source=other alertname=A", 1, "hushes alerts of am alone"),
            ("@receiver=team alertname=A", 1, "for all its receivers: leave the @receiver out"),
        ],
    )
    def test_what_cannot_be_or_would_do_harm_is_refused_with_the_reason(
        self, server: Server, match: str, hours: float, says: str
    ) -> None:
        async def work(source: Source) -> None:
            await source.alerts()
            end = in_hours(hours)
            assert re.search(says, source.provider.silence_problem(match, end))
            with pytest.raises(ProviderError, match=says):
                await source.provider.silence(match, end, "Ana", "a test")

        using(work, server.url)
        assert server.silences() == []

    def test_an_end_moves_under_the_same_id_and_other_matchers_make_another(self, server: Server) -> None:
        server.fire(HIGH, DISK)

        async def work(source: Source) -> None:
            made = await source.provider.silence('instance=~"web-.*"', in_hours(), "Ana", "a test")
            (silence,) = (await source.provider.silences()).records
            assert silence.match == 'instance=~"web-.*"'
            assert await source.provider.edit_silence(made, silence.match, in_hours(3), "Bo", "longer") == made
            (silence,) = (await source.provider.silences()).records
            assert (silence.comment, silence.who) == ("longer", "Bo")
            assert abs(silence.ends_at - in_hours(3)) < timedelta(minutes=1)
            other = await source.provider.edit_silence(made, "instance=db-1", in_hours(3), "Bo", "the other")
            states = {silence.ref.id: silence.state for silence in (await source.provider.silences()).records}
            assert states == {made: SilenceState.EXPIRED, other: SilenceState.ACTIVE}
            assert await source.state("HighErrorRate/web-1") is AlertState.FIRING
            assert await source.state("DiskFull/db-1") is AlertState.SUPPRESSED

        using(work, server.url)

    def test_until_when_it_is_hushed_is_the_last_end_and_goes_with_what_is_extended_and_ended(self, server: Server) -> None:
        server.fire(HIGH, DISK)

        async def work(source: Source) -> None:
            async def until() -> float | None:
                """Hours from now until it fires again."""
                ends = (await source.one("HighErrorRate/web-1")).suppressed_until
                return None if ends is None else round((ends - datetime.now(UTC)) / timedelta(hours=1), 1)

            assert await until() is None
            made = await source.provider.silence("service=shop", in_hours(), "Ana", "deploying")
            assert await until() == 1
            other = await source.provider.silence("instance=web-1", in_hours(2), "Bo", "new racks")
            assert await until() == 2
            assert await source.provider.edit_silence(made, "service=shop", in_hours(3), "Ana", "it takes longer") == made
            assert await until() == 3
            await source.provider.unsilence(made, "Ana")
            assert await until() == 2
            await source.ack("HighErrorRate/web-1")
            assert await until() == 2
            await source.provider.unsilence(other, "Bo")
            assert await until() is None, "somebody has it, which has no end"
            assert (await source.one("DiskFull/db-1")).suppressed_until is None

        using(work, server.url)

    def test_one_that_will_begin_is_pending_and_stays_so_when_it_is_changed(self, server: Server) -> None:
        made = server.silence("maintenance", starts=30, minutes=60, rack="r1")

        async def work(source: Source) -> None:
            (silence,) = (await source.provider.silences()).records
            assert silence.state is SilenceState.PENDING
            again = await source.provider.edit_silence(made, "rack=r2", in_hours(2), "Ana", "the other rack")
            states = {each.ref.id: each.state for each in (await source.provider.silences()).records}
            assert states[again] is SilenceState.PENDING

        using(work, server.url)

    def test_ending_what_is_not_there_is_said_and_what_has_ended_is_fine(self, server: Server) -> None:
        made = server.silence("short", alertname="A")

        async def work(source: Source) -> None:
            await source.provider.unsilence(made, "Ana")
            await source.provider.unsilence(made, "Ana")
            for unknown in ("b7fc8ea1-23f3-49fb-8851-8f8c13b9b584", "nonsense", "../status", ""):
                with pytest.raises(NotFound, match="there is no silence"):
                    await source.provider.unsilence(unknown, "Ana")

        using(work, server.url)


class TestWhatHushes:
    def test_inhibition_names_the_alert_and_time_the_interval(self, server: Server) -> None:
        server.fire(HIGH, LOW, {"alertname": "Weekend", "muted": "yes"})

        async def work(source: Source) -> None:
            for _ in range(200):
                alerts = await source.alerts()
                if alerts["Weekend/"].groups and alerts["HighErrorRate/web-2"].state is AlertState.SUPPRESSED:
                    break
                await asyncio.sleep(0.02)
            assert (await source.one("HighErrorRate/web-2")).suppressed_by == "inhibited by HighErrorRate · web-1"
            weekend = await source.one("Weekend/")
            assert (weekend.receivers, weekend.groups) == (("weekend",), ("weekend: alertname=Weekend",))

        using(work, server.url)

    def test_time_mutes_are_told_where_the_version_tells_them(self, server: Server) -> None:
        if server.call("GET", "/api/v2/status")["versionInfo"]["version"] < "0.28":
            pytest.skip("mutedBy came with 0.28: before, an alert that time mutes is told as active")
        server.fire({"alertname": "Weekend", "muted": "yes"})

        async def work(source: Source) -> None:
            for _ in range(200):
                weekend = await source.one("Weekend/")
                if weekend.state is AlertState.SUPPRESSED:
                    break
                await asyncio.sleep(0.02)
            assert weekend.suppressed_by == "muted by always"

        using(work, server.url)


def test_a_prefix_and_basic_auth_of_a_real_one(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text(
        "basic_auth_users:\n  ana: $2b$04$abcdefghijklmnopqrstuuot/xpUeIZlohhnSPoCn9Y7doTnWCwjm\n"
    )  # bcrypt of canary-basic
    need("prometheus-alertmanager")
    options = ("--cluster.listen-address=", f"--web.config.file={web}")
    with alertmanager(tmp_path / "locked", options=options, prefix="/am") as server:

        async def work(source: Source) -> int:
            return len(await source.alerts())

        assert using(work, server.url, auth=HttpAuth(user="ana", password=Secret("canary-basic"))) == 0
        with pytest.raises(ProviderError, match=r"does not accept the credentials \(401\)") as raised:
            using(work, server.url, auth=HttpAuth(user="ana", password=Secret("canary-wrong")))
        assert "canary" not in str(raised.value)
        with pytest.raises(ProviderError, match=r"it wants credentials \(401\).*: set auth.bearer"):
            using(work, server.url)


class TestACluster:
    @pytest.fixture
    def pair(self, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
        need("prometheus-alertmanager")
        with cluster(tmp_path) as servers:
            yield servers

    def test_one_is_killed_then_both_then_they_come_back(self, pair: tuple[Server, Server], tmp_path: Path) -> None:
        # safety 16
        one, two = pair
        one.fire(HIGH, DISK)
        two.fire(HIGH, DISK)

        async def work(source: Source) -> None:
            answer = await source.provider.alerts()
            assert (len(answer.records), answer.complete, answer.remarks) == (2, True, ())
            await source.provider.ack(await source.ids("HighErrorRate/web-1"), "Ana", "")
            answer = await source.provider.alerts()
            assert {alert.name: alert.state for alert in answer.records}["HighErrorRate"] is AlertState.ACKNOWLEDGED
            assert (answer.complete, answer.remarks) == (True, ())
            one.stop()
            answer = await source.provider.alerts()
            assert {alert.name: alert.state.value for alert in answer.records} == {
                "HighErrorRate": "acknowledged",
                "DiskFull": "firing",
            }
            assert answer.remarks[0].startswith("1 of 2 members: ")
            assert "cannot be reached: connection refused" in answer.remarks[0]
            assert not answer.complete
            await source.provider.unack(await source.ids("HighErrorRate/web-1"), "Ana")  # at the member that is left
            assert await source.state("HighErrorRate/web-1") is AlertState.FIRING
            two.stop()
            with pytest.raises(NotReached, match="none of 2 members answers"):
                await source.provider.alerts()
            with pytest.raises(Unreachable):
                await source.provider.silence("alertname=X", in_hours(), "Ana", "a test")
            port = int(two.url.rpartition(":")[2])
            with alertmanager(tmp_path / "two", port=port) as back:
                back.fire(HIGH)
                answer = await source.provider.alerts()
                assert {alert.name for alert in answer.records} == {"HighErrorRate", "DiskFull"}
                assert any("DiskFull · db-1 shown as last told, until sent to it again" in each for each in answer.remarks)

        using(work, one.url, two.url)

    def test_a_silence_is_known_to_both_before_the_next_question(self, pair: tuple[Server, Server]) -> None:
        one, two = pair
        for each in pair:
            each.fire(HIGH)

        async def work(source: Source) -> None:
            made = await source.provider.silence("alertname=HighErrorRate", in_hours(), "Ana", "a test")
            assert [[each["id"] for each in server.silences()] for server in pair] == [[made], [made]]
            assert await source.state("HighErrorRate/web-1") is AlertState.SUPPRESSED

        using(work, one.url, two.url)


def test_a_clock_that_is_off_is_said_and_an_acknowledgement_still_lasts(tmp_path: Path) -> None:
    # safety 20
    class Slow(SystemClock):
        def now(self) -> datetime:
            return super().now() - timedelta(hours=2)

    need("prometheus-alertmanager")
    with alertmanager(tmp_path) as server:
        server.fire(HIGH)

        async def work() -> None:
            provider = Alertmanager("am", AlertmanagerConfig(url=server.url), FakeHost(Slow()))
            answer = await provider.alerts()
            assert answer.remarks == ("its clock is 2 h ahead of ours: alerts may be older or younger by as much",)
            await provider.ack([answer.records[0].ref.id], "Ana", "")
            assert (await provider.alerts()).records[0].state is AlertState.ACKNOWLEDGED
            (silence,) = server.silences()
            assert datetime.fromisoformat(silence["endsAt"]) - datetime.now(UTC) > timedelta(minutes=14)
            acked = (await provider.alerts()).records[0].acknowledged_at
            assert acked is not None
            ours = Slow().now()
            assert abs(acked - ours) < NEAR, "when it was acknowledged is told by our clock"
            made = await provider.silence("alertname=Other", ours + timedelta(hours=1), "Ana", "an hour from now")
            (there,) = [each for each in server.silences() if each["id"] == made]
            assert abs(datetime.fromisoformat(there["endsAt"]) - in_hours(1)) < NEAR, "an hour by its clock, too"
            (shown,) = [each for each in (await provider.silences()).records if each.ref.id == made]
            assert abs(shown.ends_at - ours - timedelta(hours=1)) < NEAR
            server.fire({"alertname": "Other"})
            (until,) = [each.suppressed_until for each in (await provider.alerts()).records if each.name == "Other"]
            assert until == shown.ends_at
            await provider.close()

        asyncio.run(work())
