"""An incident is what the journal's entries make of it: in any order, through merge and split, whoever wrote them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.actions import Ack, MakeSilence, Run, RunState, Start
from cockpit.core.alerts import Ref, Severity
from cockpit.core.incident_refusals import refusal
from cockpit.core.incident_timeline import Noted, timeline
from cockpit.core.incidents import Change, Incident, Member, Status, Step, fold, next_id, number_of

T0 = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


def a(name: str, *, source: str = "am", since: datetime | None = T0, service: str = "shop") -> Member:
    return Member(source=source, alert=name, name=name, since=since, severity="error", labels={"service": service})


def step(number: int, change: Change, incident: str = "i1", at: datetime = T0, who: str = "ana", **data: object) -> Step:
    return Step(number=number, at=at, who=who, incident=incident, change=change, data=data)


def opened(number: int, incident: str, *members: Member, title: str = "shop is down") -> Step:
    alerts = msgspec.to_builtins(members)
    return step(number, Change.OPENED, incident, title=title, severity="error", alerts=alerts)


def test_what_is_said_of_an_incident_is_what_it_is() -> None:
    found = fold([
        opened(1, "i1", a("disk")),
        step(2, Change.ROLE, role="lead", person="Bo"),
        step(3, Change.ROLE, role="scribe", person="Cy"),
        step(4, Change.STATUS, status="identified"),
        step(5, Change.SEVERITY, severity="critical"),
        step(6, Change.IMPACT, impact_start="2026-11-26T02:40:00+00:00", text="no orders"),
        step(7, Change.ROLE, role="scribe", person=""),
        step(8, Change.CLOSED, at=T0 + timedelta(hours=1)),
    ])["i1"]  # fmt: skip
    assert (found.lead, found.roles, found.severity, found.status) == ("Bo", {"lead": "Bo"}, Severity.CRITICAL, Status.CLOSED)
    assert found.impact_start == T0 - timedelta(minutes=20), "when users were hurt is not when it was opened"
    assert found.began == found.impact_start
    assert found.closed_at == T0 + timedelta(hours=1)


STEPS = [
    opened(1, "i1", a("disk"), a("load")),
    opened(2, "i2", a("web")),
    step(3, Change.TITLE, title="the shop"),
    step(4, Change.MERGED, other="i2"),
    step(5, Change.SPLIT, new="i3", title="only web", alerts=msgspec.to_builtins((a("web"),))),
    step(6, Change.CLOSED),
    step(7, Change.REOPENED),
]


@given(st.permutations(STEPS))
def test_the_order_in_which_entries_are_read_changes_nothing(steps: list[Step]) -> None:
    assert fold(steps) == fold(STEPS), "all have the same time: the journal's own order counts"


def test_who_leads_may_be_said_with_the_opening() -> None:
    assert fold([opened(1, "i1"), step(2, Change.OPENED, "i2", title="x", lead="Bo")])["i2"].lead == "Bo"


def test_an_alert_is_in_one_open_incident() -> None:
    known = fold([opened(1, "i1", a("disk")), opened(2, "i2", a("web")), step(3, Change.CLOSED, "i2"), opened(4, "i3")])
    alerts = {"alerts": msgspec.to_builtins((a("load"), a("disk")))}
    assert refusal(known, "", Change.OPENED, alerts) == "disk is in i1 shop is down already"
    assert "merge the two" in refusal(known, "i3", Change.ADDED, alerts)
    assert refusal(known, "i1", Change.ADDED, alerts) == ""
    assert refusal(known, "", Change.OPENED, {"alerts": msgspec.to_builtins((a("web"),))}) == "", "that one is over"
    assert refusal(known, "", Change.OPENED, {}) == ""


def two_of_one_alert(*after: Step) -> dict[str, Incident]:
    """i1 is closed, and its alert burns on in i2; i3 has nothing to do with either."""
    steps = [
        opened(1, "i1", a("disk")),
        step(2, Change.CLOSED),
        opened(3, "i2", a("disk"), title="again"),
        opened(4, "i3", a("web")),
    ]
    return fold([*steps, *after])


def test_one_whose_alert_is_in_another_by_now_is_not_opened_again_beside_it() -> None:
    known = two_of_one_alert()
    assert refusal(known, "i1", Change.REOPENED) == "disk is in i2 again already: merge i1 into that one"
    assert refusal(known, "i2", Change.MERGED, {"other": "i1"}) == "", "as it says"
    assert refusal(two_of_one_alert(step(5, Change.CLOSED, "i2")), "i1", Change.REOPENED) == ""


def test_no_alert_comes_into_two_by_a_merge() -> None:
    known = two_of_one_alert()
    assert refusal(known, "i3", Change.MERGED, {"other": "i1"}) == "disk is in i2 again already: merge that one into i3 first"
    assert refusal(known, "i3", Change.MERGED, {"other": "i2"}) == ""
    assert refusal(two_of_one_alert(step(5, Change.MERGED, "i3", other="i2")), "i3", Change.MERGED, {"other": "i1"}) == ""


def test_only_alerts_that_it_has_leave_an_incident() -> None:
    known = fold([opened(1, "i1", a("disk"), a("load")), opened(2, "i2", a("web"))])

    def of(*members: Member) -> str:
        return refusal(known, "i1", Change.SPLIT, {"title": "apart", "alerts": msgspec.to_builtins(members)})

    assert of(a("load")) == of(a("disk"), a("load")) == ""
    assert of() == "no alert would leave i1: say which"
    assert of(a("load"), a("web")) == "web is no alert of i1 (any more)"


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            [Change.OPENED, Change.ADDED, Change.CLOSED, Change.REOPENED, Change.MERGED, Change.UNMERGED, Change.SPLIT]
        ),
        st.sampled_from(["i1", "i2", "i3"]),
        st.sampled_from(["i1", "i2", "i3"]),
        st.lists(st.sampled_from("abc"), unique=True, max_size=2),
    ),
    max_size=25,
)


@given(DEEDS)
def test_whatever_is_done_that_nothing_is_against_each_alert_is_in_one_open_incident(
    deeds: list[tuple[Change, str, str, list[str]]],
) -> None:
    steps: list[Step] = []
    for change, incident, other, names in deeds:
        known = fold(steps)
        data = {"title": "x", "other": other, "alerts": msgspec.to_builtins([a(name) for name in names]), "new": next_id(known)}
        if not refusal(known, incident, change, data):
            subject = next_id(known) if change is Change.OPENED else incident
            steps.append(step(len(steps) + 1, change, subject, **data))
        held = [each.ref for here in fold(steps).values() if not here.status.over for each in here.members]
        assert len(held) == len(set(held)), steps


def test_a_role_that_somebody_else_has_got_meanwhile_is_not_taken_unseen() -> None:
    known = fold([opened(1, "i1"), step(2, Change.ROLE, role="lead", person="Bo")])

    def gives(person: str, before: str) -> str:
        return refusal(known, "i1", Change.ROLE, {"role": "lead", "person": person, "before": before})

    assert gives("Ana", "Bo") == ""
    assert gives("Ana", "") == "lead of i1 is Bo by now, and was nobody when you were asked: look again"
    assert gives("", "Cy") == "lead of i1 is Bo by now, and was Cy when you were asked: look again"
    assert gives("Bo", "") == "", "both mean the same"
    assert refusal(known, "i1", Change.ROLE, {"role": "lead", "person": "Ana"}) == "", "a rule's"


def hurt(number: int, incident: str, start: str = "", end: str = "", text: str = "") -> Step:
    times: dict[str, Any] = {f"impact_{key}": f"2026-11-26T{at}:00+00:00" for key, at in (("start", start), ("end", end)) if at}
    return step(number, Change.IMPACT, incident, text=text, **times)


def told_hurt(here: Incident) -> tuple[str, str, str]:
    start, end = (f"{at:%H:%M}" if at is not None else "" for at in (here.impact_start, here.impact_end))
    return start, end, here.impact


@pytest.mark.parametrize(
    ("into", "other", "then"),
    [
        (None, ("02:00", "02:30", "no mail"), ("02:00", "02:30", "no mail")),
        (("02:00", "02:30", "no mail"), None, ("02:00", "02:30", "no mail")),
        (("02:10", "02:30", "no mail"), ("02:00", "02:50", "no orders"), ("02:00", "02:50", "no mail; no orders")),
        (("02:00", "02:50", "slow"), ("02:10", "02:30", "slow"), ("02:00", "02:50", "slow")),
        (("02:00", "", ""), ("02:10", "02:30", ""), ("02:00", "", "")),
        (("02:10", "02:30", ""), ("02:00", "", ""), ("02:00", "", "")),
        (("", "", "no mail"), ("02:00", "02:30", ""), ("02:00", "02:30", "no mail")),
        (("", "02:30", ""), ("02:00", "02:10", ""), ("02:00", "02:30", "")),
        (None, None, ("", "", "")),
    ],
)
def test_a_merge_loses_nothing_of_when_and_how_users_were_hurt(
    into: tuple[str, str, str] | None, other: tuple[str, str, str] | None, then: tuple[str, str, str]
) -> None:
    said = [hurt(3 + n, f"i{1 + n}", *each) for n, each in enumerate((into, other)) if each is not None]
    found = fold([opened(1, "i1"), opened(2, "i2"), *said, step(5, Change.MERGED, other="i2")])
    assert told_hurt(found["i1"]) == then


def test_whoever_leads_what_goes_into_another_leads_that_where_nobody_does() -> None:
    steps = [
        opened(1, "i1"), opened(2, "i2"),
        step(3, Change.ROLE, "i2", role="lead", person="Bo"), step(4, Change.ROLE, "i2", role="scribe", person="Cy"),
    ]  # fmt: skip
    merge = step(9, Change.MERGED, other="i2")
    assert fold([*steps, merge])["i1"].roles == {"lead": "Bo", "scribe": "Cy"}
    led = step(5, Change.ROLE, role="lead", person="Ana")
    assert fold([*steps, led, merge])["i1"].roles == {"lead": "Ana", "scribe": "Cy"}


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(NAMES, NAMES, st.data())
def test_what_is_split_off_and_merged_again_is_as_before(one: list[str], more: list[str], data: st.DataObject) -> None:
    members = [a(name, since=T0 + timedelta(minutes=len(more))) for name in one]
    out = data.draw(st.lists(st.sampled_from(members), unique_by=lambda each: each.alert)) if members else []
    start = opened(1, "i1", *members)
    before = fold([start])["i1"]
    split = step(2, Change.SPLIT, new="i2", title="apart", alerts=msgspec.to_builtins(tuple(out)))
    parted = fold([start, split])
    assert {each.ref for each in parted["i2"].members} == {each.ref for each in out}
    assert not {each.ref for each in parted["i1"].members} & {each.ref for each in out}
    after = fold([start, split, step(3, Change.MERGED, other="i2")])
    assert after["i1"].members == before.members
    assert (after["i2"].status, after["i2"].into, after["i1"].absorbed) == (Status.MERGED, "i1", ("i2",))


class TestAMergeThatIsTakenBack:
    MERGE, BACK = step(50, Change.MERGED, other="i2"), step(90, Change.UNMERGED, other="i2")

    @given(NAMES, NAMES, st.booleans(), st.booleans())
    def test_leaves_both_as_they_were(self, one: list[str], other: list[str], closed: bool, led: bool) -> None:
        before = [
            opened(1, "i1", *(a(name) for name in one)),
            opened(2, "i2", *(a(name, source="pd") for name in other)),
            step(3, Change.SEVERITY, "i2", severity="critical"),
            step(4, Change.ROLE, "i2", role="lead", person="Bo"),
            hurt(5, "i2", "02:00", "02:30", "no mail"),
            step(6, Change.ITEM_ADDED, "i2", item="a1", text="look", owner="bo", due="2026-12-04"),
            step(7, Change.ARMED, "i2", trap="disk", look="disk"),
            *([step(8, Change.ROLE, role="lead", person="Ana")] if led else []),
            *([step(9, Change.CLOSED, "i2")] if closed else []),
        ]
        assert fold([*before, self.MERGE, self.BACK]) == fold(before)

    def test_keeps_what_has_become_of_alerts_and_items_and_what_was_said_of_the_whole(self) -> None:
        before = [
            opened(1, "i1", a("disk")), opened(2, "i2", a("web"), a("load")),
            step(3, Change.ITEM_ADDED, "i2", item="a1", text="look", owner="bo", due="2026-12-04"),
        ]  # fmt: skip
        since = [
            step(51, Change.SEEN, source="am", alert="web", state="resolved"),
            step(52, Change.ITEM_DONE, item="a1", how="by hand"),
            step(53, Change.SPLIT, new="i3", title="load alone", alerts=msgspec.to_builtins((a("load"),))),
            step(54, Change.ADDED, alerts=msgspec.to_builtins((a("queue"),))),
            step(55, Change.ROLE, role="lead", person="Cy"),
            step(56, Change.SEVERITY, severity="critical"),
            hurt(57, "i1", "02:00", text="no orders"),
        ]
        found = fold([*before, self.MERGE, *since, self.BACK])
        assert [each.alert for each in found["i1"].members] == ["disk", "queue"]
        assert [(each.alert, each.state) for each in found["i2"].members] == [("web", "resolved")]
        assert [each.alert for each in found["i3"].members] == ["load"]
        assert [(each.id, each.incident, each.open) for each in found["i2"].items] == [("a1", "i2", False)]
        assert found["i1"].items == ()
        assert (found["i1"].roles, found["i1"].severity, told_hurt(found["i1"])) == (
            {"lead": "Cy"}, Severity.CRITICAL, ("02:00", "", "no orders"),
        )  # fmt: skip
        assert (found["i1"].absorbed, found["i2"].into, found["i2"].status) == ((), "", Status.OPEN)

    def test_goes_last_in_first_out_and_leaves_all_as_they_were(self) -> None:
        before = [
            opened(1, "i1", a("disk")), opened(2, "i2", a("web")), opened(3, "i3", a("load")), opened(4, "i4"),
            step(5, Change.SEVERITY, "i2", severity="critical"), step(6, Change.SEVERITY, "i1", severity="warning"),
            *(step(n, Change.ROLE, f"i{n - 5}", role="lead", person="Bo") for n in (7, 8)),
            *(hurt(n, f"i{n - 7}", f"0{n - 8}:00", text=f"{n}") for n in (9, 10)),
            *(step(n, Change.ARMED, f"i{n - 10}", trap="disk", look=f"disk {n}") for n in (11, 12)),
        ]  # fmt: skip
        both = [self.MERGE, step(51, Change.MERGED, "i3", other="i4"), step(52, Change.MERGED, other="i3")]
        known = fold([*before, *both])
        first = "i3 went into i1 after i2: `cockpit incident unmerge i3` takes that out first"
        assert refusal(known, "i1", Change.UNMERGED, {"other": "i2"}).startswith(first)
        assert refusal(known, "i1", Change.UNMERGED, {"other": "i3"}) == ""
        out = [step(60, Change.UNMERGED, other="i3")]
        known = fold([*before, *both, *out])
        assert (known["i1"].severity, known["i1"].lead, told_hurt(known["i1"])) == (Severity.CRITICAL, "Bo", ("01:00", "", "9"))
        assert refusal(known, "i1", Change.UNMERGED, {"other": "i2"}) == ""
        assert fold([*before, *both, *out, self.BACK]) == fold([*before, both[1]])

    def test_keeps_what_somebody_said_though_it_was_so_already(self) -> None:
        before = [opened(1, "i1"), opened(2, "i2"), step(3, Change.ROLE, "i2", role="lead", person="Bo")]
        raised = step(4, Change.SEVERITY, "i2", severity="critical")
        since = [step(51, Change.ROLE, role="lead", person="Bo"), step(52, Change.SEVERITY, severity="critical")]
        found = fold([*before, raised, self.MERGE, *since, self.BACK])["i1"]
        assert (found.lead, found.severity) == ("Bo", Severity.CRITICAL)
        assert (found.lead, found.severity) != (fold(before)["i1"].lead, fold(before)["i1"].severity)

    def test_is_refused_where_nobody_can_tell_whose_hurt_was_meant(self) -> None:
        before = [opened(1, "i1"), opened(2, "i2"), self.MERGE, hurt(51, "i1", end="04:00")]
        asked = ("i1", Change.UNMERGED, {"other": "i2"})
        assert refusal(fold(before), *asked) == "", "i2 hurt nobody: all of it is of i1"
        told = refusal(fold([*before, hurt(3, "i2", "02:00", text="no mail")]), *asked)
        assert "nobody can tell what of it is whose: `cockpit incident split i1 ALERT --title TITLE` gives alerts" in told

    def test_leaves_no_alert_that_fires_in_a_closed_one_alone(self) -> None:
        web = msgspec.structs.replace(a("web"), state="firing")
        before = [opened(1, "i1", a("disk")), opened(2, "i2", web), step(3, Change.CLOSED, "i2"), self.MERGE]
        asked = ("i1", Change.UNMERGED, {"other": "i2"})
        told = refusal(fold(before), *asked)
        assert told.startswith("web may still fire, and i2 was closed when it went into i1: it would be in no open incident then.")
        assert "`cockpit incident split i1 ALERT --title TITLE` gives it one of its own" in told
        split = step(51, Change.SPLIT, new="i3", title="web", alerts=msgspec.to_builtins((web,)))
        assert refusal(fold([*before, split]), *asked) == "", "it is in one of its own"
        over = step(51, Change.SEEN, source="am", alert="web", state="resolved")
        assert refusal(fold([*before, over]), *asked) == "", "it is over"

    def test_leaves_an_alert_that_both_had_in_both(self) -> None:
        found = two_of_one_alert(step(50, Change.MERGED, "i2", other="i1"), step(90, Change.UNMERGED, "i2", other="i1"))
        assert found == two_of_one_alert()

    def test_gives_back_to_each_when_its_alert_began_its_page_and_how_it_stood(self) -> None:
        replace = msgspec.structs.replace
        first = replace(a("disk", service="old"), state="resolved", turns=1, url="https://am/1")
        again = replace(a("disk", since=T0 + timedelta(hours=7)), state="firing", url="https://am/2")
        late = T0 + timedelta(hours=8)
        before = [
            opened(1, "i1", first, a("load")), step(2, Change.CLOSED),
            replace(opened(3, "i2", again, a("web", since=late)), at=late),
        ]  # fmt: skip
        for here, gone in (("i2", "i1"), ("i1", "i2")):
            merge, back = step(50, Change.MERGED, here, other=gone), step(90, Change.UNMERGED, here, other=gone)
            whole = {each.alert: each for each in fold([*before, merge])[here].members}["disk"]
            assert (whole.since, whole.state) == (T0, "firing"), "it burns, whatever became of it earlier"
            assert fold([*before, merge, back]) == fold(before)
            over = step(60, Change.SEEN, here, source="am", alert="disk", state="resolved")
            found = fold([*before, merge, over, back])
            stands = {name: next(each for each in found[name].members if each.alert == "disk") for name in ("i1", "i2")}
            assert stands == {"i1": first, "i2": replace(again, state="resolved", turns=1)}
            assert found["i2"].began == again.since

    def test_leaves_in_it_what_had_gone_into_it_before(self) -> None:
        before = [opened(1, "i1"), opened(2, "i2"), opened(3, "i3", a("web")), step(4, Change.MERGED, "i2", other="i3")]
        assert fold([*before, self.MERGE, self.BACK]) == fold(before)

    def test_can_be_merged_and_taken_back_again(self) -> None:
        before = [opened(1, "i1", a("disk")), opened(2, "i2", a("web"))]
        more = [step(91, Change.MERGED, other="i2"), step(92, Change.UNMERGED, other="i2")]
        assert fold([*before, self.MERGE, self.BACK, *more]) == fold(before)

    def test_is_refused_with_what_to_do_instead(self) -> None:
        known = fold([
            opened(1, "i0"), opened(2, "i1"), opened(3, "i2"), opened(4, "i3"),
            step(5, Change.MERGED, "i1", other="i2"), step(6, Change.MERGED, "i0", other="i1"),
        ])  # fmt: skip
        first = "i1 was merged into i0 since: `cockpit incident unmerge i1` takes that out first"
        assert refusal(known, "i1", Change.UNMERGED, {"other": "i2"}) == first
        assert refusal(known, "i0", Change.UNMERGED, {"other": "i2"}) == "i2 went into i1, not into i0"
        assert refusal(known, "i0", Change.UNMERGED, {"other": "i1"}) == ""
        assert refusal(known, "i0", Change.UNMERGED, {"other": "i3"}) == "i3 was not merged into another one: it is open"
        assert "there is no incident i9" in refusal(known, "i0", Change.UNMERGED, {"other": "i9"})
        closed = {**known, "i0": msgspec.structs.replace(known["i0"], status=Status.CLOSED)}
        assert "`cockpit incident reopen i0` opens it again" in refusal(closed, "i0", Change.UNMERGED, {"other": "i1"})

    def test_is_told_in_both(self) -> None:
        entries = [
            Noted(number=n, at=T0 + timedelta(minutes=n), kind=kind.value, who="ana", subject="i1", data={"other": "i2"})
            for n, kind in ((5, Change.MERGED), (6, Change.UNMERGED))
        ]
        found = fold([opened(1, "i1"), opened(2, "i2"), self.MERGE, self.BACK])
        told = {name: [each.text for each in timeline(here, entries, ())] for name, here in found.items()}
        assert told == {"i1": ["took i2 in", "i2 taken out again"], "i2": ["merged into i1", "taken out of i1 again"]}


def test_entries_that_nobody_understands_hide_no_others() -> None:
    bad = [
        step(2, Change.SEVERITY, severity="terrible"), step(3, Change.STATUS, status=7),
        step(4, Change.MERGED, other="i9"), step(4, Change.UNMERGED, other="i1"), step(4, Change.UNMERGED, other="i9"),
        step(5, Change.ADDED, alerts=[{"no": "alert"}]), step(6, Change.IMPACT, impact_start="yesterday"),
        step(7, Change.CLOSED, "i8"),
    ]  # fmt: skip
    assert fold([opened(1, "i1", a("disk")), *bad]) == fold([opened(1, "i1", a("disk"))])


def test_what_cannot_be_says_why() -> None:
    known = fold(
        [opened(1, "i1"), opened(2, "i2"), opened(3, "i3"), step(4, Change.CLOSED), step(5, Change.MERGED, "i2", other="i3")]
    )
    assert "reopen i1" in refusal(known, "i1", Change.STATUS)
    assert refusal(known, "i1", Change.NOTED) == "", "what was learnt later may still be written down"
    assert refusal(known, "i1", Change.REOPENED) == ""
    assert "not closed" in refusal(known, "i2", Change.REOPENED)
    assert "into itself" in refusal(known, "i2", Change.MERGED, {"other": "i2"})
    assert "into i2" in refusal(known, "i3", Change.NOTED)
    assert "`cockpit incident unmerge i3` takes it out again" in refusal(known, "i3", Change.REOPENED)
    assert "no incident i9" in refusal(known, "i2", Change.MERGED, {"other": "i9"})


def test_ids_are_short_and_typed_as_one_likes() -> None:
    assert next_id([]) == "i1"
    assert next_id(["i1", "i12", "i3"]) == "i13"
    assert [number_of(text) for text in ("i7", "7", "I7", "nonsense")] == ["i7", "i7", "i7", "nonsense"]


def noted(kind: str, minutes: float = 0, subject: str = "", source: str = "", who: str = "", **data: object) -> Noted:
    at = T0 + timedelta(minutes=minutes)
    return Noted(number=1, at=at, kind=kind, subject=subject, source=source, who=who, data=data)


def ran(action: object, minutes: float = 1) -> Run:
    at = T0 + timedelta(minutes=minutes)
    return Run(id=f"r{minutes}", at=at, who="ana", action=action, what="it", target="disk", state=RunState.CONFIRMED)  # type: ignore[arg-type]


def here(*members: Member) -> Incident:
    return Incident(id="i1", title="shop", opened_at=T0, opened_by="ana", members=members, closed_at=T0 + timedelta(hours=1))


def test_the_timeline_writes_itself_from_what_is_about_it() -> None:
    incident = here(a("disk", source="local"), a("Web"))
    about = [
        noted("alert.fired", 0, "disk", "local", text="97 %"), noted("alert.acked", 2, "disk", "local", "ana", note="on it"),
        noted("page.sent", 1, "disk", "local", "bo", channel="mail"), noted("trap.warning", -30, "load", "local", text="9"),
        noted("override.made", 5, "primary", who="cy", person="bo"), noted("mark", -10, who="ci", text="deployed 1.4"),
        noted("incident.noted", 90, "i1", who="ana", text="learnt later"),
    ]  # fmt: skip
    other = [
        noted("alert.fired", 0, "other", "local"), noted("mark", -90, text="long ago"), noted("trap.warning", 70, "load", "local"),
        noted("mark", 1, text="another service", service="bank"), noted("mark", 1, text="elsewhere", incident="i2"),
        noted("incident.noted", 1, "i2", text="not ours"), noted("beat", 1, "backup"),
    ]  # fmt: skip
    silence = MakeSilence("am", "service=shop", T0, "quiet")
    runs = [
        ran(Start("free", alert=Ref("local", "disk")), 1.5), ran(Ack((Ref("am", "Web"),)), 2.5), ran(silence, 3),
        ran(Ack((Ref("am", "Other"),)), 4), ran(MakeSilence("am", "service=bank", T0, ""), 5), ran(Ack((Ref("local", "disk"),)), 6),
    ]  # fmt: skip
    lines = timeline(incident, [*other, *about], runs)
    assert lines == tuple(sorted(lines))
    assert [(each.what, each.who) for each in lines] == [
        ("trap", ""), ("mark", "ci"), ("alert", ""), ("alert", ""), ("page", ""), ("run", "ana"), ("alert", "ana"), ("run", "ana"),
        ("run", "ana"), ("roster", "cy"), ("note", "ana"),
    ]  # fmt: skip
    assert "learnt later" in lines[-1].text


@given(st.permutations([noted("mark", 1, text=word) for word in ("one", "two", "three")]))
def test_lines_of_the_same_moment_stand_in_one_order(entries: list[Noted]) -> None:
    assert [each.text for each in timeline(here(), entries, ())] == ["one", "three", "two"]


def test_of_the_same_moment_what_was_written_first_stands_first() -> None:
    written = [
        Noted(number=1, at=T0, kind="incident.opened", who="ana", subject="i1", data={"title": "shop"}),
        Noted(number=2, at=T0, kind="incident.impact", who="ana", subject="i1", data={"impact_start": "2026-11-26T03:40:00+01:00"}),
    ]
    assert [each.text for each in timeline(here(), reversed(written), ())] == [
        "opened: shop",
        "users hurt from 2026-11-26 02:40 UTC",
    ]


def test_a_timeline_tells_when_users_were_hurt_on_its_own_clock() -> None:
    times: dict[str, Any] = {"impact_start": "2026-11-26T02:40:00+00:00", "impact_end": "2026-11-25T20:00:00-07:00"}
    people: dict[str, Any] = {"text": "none since 2026-11-26 02:40 UTC"}
    kathmandu, berlin = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Europe/Berlin")
    (line,) = timeline(here(), [noted("incident.impact", subject="i1", **times, **people)], ())
    assert line.told(kathmandu) == "users hurt from 2026-11-26 08:25 until 2026-11-26 08:45: none since 2026-11-26 02:40 UTC"
    assert line.told(berlin).startswith("users hurt from 2026-11-26 03:40 until 2026-11-26 04:00: ")
    assert line.told(UTC).startswith("users hurt from 2026-11-26 02:40 until 2026-11-26 03:00: ")
    (ends,) = timeline(here(), [noted("incident.impact", subject="i1", impact_end=times["impact_end"])], ())
    assert ends.told(berlin) == "users hurt until 2026-11-26 04:00"
    (far,) = timeline(here(), [noted("incident.impact", subject="i1", impact_start="0001-01-01T00:00:00+00:00")], ())
    assert far.told(berlin) == far.text, "no clock has that"
    (marked,) = timeline(here(), [noted("mark", who="ci", text="users hurt from 2026-11-26 02:40 UTC")], ())
    assert marked.told(berlin) == "users hurt from 2026-11-26 02:40 UTC", "people's own words"


def test_the_traps_that_were_armed_after_it_are_named_once_in_it_and_in_its_timeline() -> None:
    armed = {"trap": "disk-early", "look": "disk path=/", "trip": "used_percent >= 85", "would": "would have tripped 2 h before"}
    steps = [
        opened(1, "i1", a("disk")),
        step(2, Change.CLOSED, at=T0 + timedelta(hours=1)),
        step(3, Change.ARMED, at=T0 + timedelta(days=1), **{**armed, "would": ""}),
        step(4, Change.ARMED, at=T0 + timedelta(days=2), **armed),
        opened(5, "i2"),
        step(6, Change.MERGED, incident="i2", other="i1"),
    ]
    known = fold(steps)
    assert [(each.trap, each.does) for each in known["i2"].guards] == [("disk-early", "disk path=/, trips at used_percent >= 85")]
    assert refusal(fold(steps[:2]), "i1", Change.ARMED) == "", "one that is closed may have one"
    told = [
        noted("incident.armed", 0, "i1", "", "ana", **armed),
        noted("trap.laid", subject="disk-early", source="local", who="ana", incident="i1"),
        noted("trap.laid", subject="other", source="local", who="ana", incident="i9"),
    ]
    lines = [line.text for line in timeline(fold(steps[:1])["i1"], told, ())]
    assert "trap disk-early armed after it: disk path=/, trips at used_percent >= 85; would have tripped 2 h before" in lines
    assert [text for text in lines if "laid" in text] == ["trap other laid"], "what it tells itself is not told twice"
