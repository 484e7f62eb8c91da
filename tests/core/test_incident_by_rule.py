"""What rules write: an incident for a fire, once, whatever becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Link, Ref, Severity
from cockpit.core.incident_by_rule import MOST, Fire, fire_of, rule_for, titled, wanted
from cockpit.core.incidentrule import IncidentRule
from cockpit.core.incidents import Change, Incident, Status, Step, fold
from cockpit.core.paged import Paged, PageState
from cockpit.core.policies import Aim, Target
from cockpit.core.roster import OnCall, Person, Shift

T0 = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(name: str = "disk", minutes: float = 0, **fields: object) -> Alert:
    ref = Ref("am", name)
    made = Alert(
        ref=ref, name=name, severity=Severity.ERROR, state=AlertState.FIRING, started_at=T0 + minutes * MINUTE, where="db-1"
    )
    return msgspec.structs.replace(made, **fields)


def fire(name: str = "disk", minutes: float = 0, rule: IncidentRule | None = None, **fields: object) -> Fire:
    it = alert(name, minutes, **fields)
    return fire_of(rule or IncidentRule(name="shop", match="x"), it, it.started_at, (), {})


class Book:
    """What is written down, as a journal would have it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @property
    def known(self) -> dict[str, Incident]:
        return fold(self.steps)

    def tells(self, *fires: Fire, minutes: float = 5) -> list[Change]:
        """The rules' turn."""
        written = list(wanted(self.known, fires))
        for each in written:
            self.happens(each.change, each.incident, minutes, **each.data)
        return [each.change for each in written]

    def happens(self, change: Change, incident: str = "i1", minutes: float = 6, **data: object) -> None:
        number = len(self.steps) + 1
        at = T0 + minutes * MINUTE
        self.steps.append(Step(number=number, at=at, who="x", incident=incident, change=change, data=data))


def test_a_fire_opens_one_and_others_of_the_rule_join_it() -> None:
    book = Book()
    assert book.tells(fire()) == [Change.OPENED]
    here = book.known["i1"]
    assert (here.title, here.severity, here.rule, here.status) == ("disk db-1", Severity.ERROR, "shop", Status.OPEN)
    assert book.tells(fire(), fire("load")) == [Change.ADDED]
    assert book.tells(fire(), fire("load"), fire("web", severity=Severity.CRITICAL)) == [Change.ADDED, Change.SEVERITY]
    assert {each.alert for each in book.known["i1"].members} == {"disk", "load", "web"}
    assert book.known["i1"].severity is Severity.CRITICAL
    assert book.tells(fire(), fire("load"), fire("web")) == []


def test_several_at_once_are_one_named_after_the_worst() -> None:
    book = Book()
    book.tells(fire(), fire("web", severity=Severity.CRITICAL), fire("load"))
    assert [each.title for each in book.known.values()] == ["web db-1 and 2 others"]


def test_the_same_fire_opens_none_again_whatever_people_do_and_a_new_one_does() -> None:
    book = Book()
    book.tells(fire())
    book.happens(Change.CLOSED, minutes=10)
    assert book.tells(fire(), minutes=11) == [], "it goes on burning, and somebody has closed it"
    assert book.tells(fire("load", 8), minutes=11) == [Change.OPENED], "that one was in none"
    assert book.tells(fire(minutes=12), minutes=12) == [Change.ADDED], "it burns anew: that is of the open one"
    book.happens(Change.CLOSED, "i2", minutes=13)
    assert book.tells(fire(minutes=12), minutes=14) == []
    assert book.tells(fire(minutes=15), minutes=15) == [Change.OPENED]


def test_a_fire_that_was_seen_to_begin_after_the_end_is_a_new_one_whatever_any_clock_says() -> None:
    book = Book()
    book.tells(fire())
    book.happens(Change.CLOSED, minutes=30)
    closed = book.known["i1"].closed_entry
    late = fire(minutes=20)  # its source's clock is late, or ours was set back after the end
    assert book.tells(late) == [], "of what was there before anybody looked, only the times tell"
    assert book.tells(msgspec.structs.replace(late, seen_after=closed - 1)) == [], "it burnt when it was closed"
    assert book.tells(msgspec.structs.replace(fire(), seen_after=closed)) == [], "the very fire, of which its source lost sight"
    assert book.tells(msgspec.structs.replace(late, seen_after=closed)) == [Change.OPENED]


def test_what_began_nobody_knows_when_opens_none_again() -> None:
    book = Book()
    undated = fire_of(IncidentRule(name="shop", match="x"), alert(started_at=None), None, (), {})
    assert book.tells(undated) == [Change.OPENED]
    book.happens(Change.CLOSED)
    assert book.tells(undated) == []


def test_an_incident_that_a_person_opened_with_it_is_enough() -> None:
    book = Book()
    book.happens(Change.OPENED, title="mine", alerts=msgspec.to_builtins((fire().member,)))
    assert book.tells(fire()) == []


def test_after_a_merge_the_others_go_where_it_went() -> None:
    book = Book()
    book.tells(fire())
    book.happens(Change.OPENED, "i2", title="mine")
    book.happens(Change.MERGED, "i2", other="i1")
    assert book.tells(fire(), fire("load")) == [Change.ADDED]
    assert {each.alert for each in book.known["i2"].members} == {"disk", "load"}


def test_labels_that_differ_make_incidents_of_their_own() -> None:
    rule = IncidentRule(name="shop", match="x", by=("service",), title="{service}: {name}")
    book = Book()
    book.tells(*(fire(name, rule=rule, labels={"service": of}) for name, of in (("a", "shop"), ("b", "bank"), ("c", "shop"))))
    assert [(each.title, len(each.members)) for each in book.known.values()] == [("shop: a and 1 other", 2), ("bank: b", 1)]


def test_a_storm_is_one_incident_that_says_what_it_leaves_out() -> None:
    book = Book()
    many = [fire(f"a{n}") for n in range(MOST + 3)]
    assert book.tells(*many) == [Change.OPENED, Change.NOTED]
    assert len(book.known["i1"].members) == MOST
    assert book.tells(*many) == [], "and says it once"


def test_roles_are_whose_turn_it_is_and_a_gap_is_noted() -> None:
    ana, roles = Person(id="ana", name="Ana"), {"lead": Target(Aim.LEVEL, "1"), "scribe": Target(Aim.ROSTER, "second")}
    shift = Shift(roster="first", level=1, person="ana", name="ana", timezone="UTC", start=None, end=None, source="local")
    on_call = [OnCall(roster="first", level=1, source="local", now=shift, next=None)]
    rule = IncidentRule(name="shop", match="x", roles=roles)
    book = Book()
    assert book.tells(fire_of(rule, alert(), T0, on_call, {"ana": ana})) == [Change.OPENED, Change.ROLE, Change.NOTED]
    assert book.known["i1"].roles == {"lead": "Ana"}
    assert book.steps[-1].data["text"] == "scribe: nobody, for no roster is roster:second now"
    stranger = msgspec.structs.replace(on_call[0], now=msgspec.structs.replace(shift, person="U1", name="Cy"))
    assert fire_of(rule, alert(), T0, [stranger], {"ana": ana}).roles["lead"] == "Cy", "whom only a source knows"


def test_the_first_rule_that_matches_counts_and_none_is_for_a_drill() -> None:
    rules = [IncidentRule(name=name, match=match) for name, match in (("a", "team=shop"), ("b", "@severity>=error"))]
    assert rule_for(alert(labels={"team": "shop"}), rules, T0, ()) is rules[0]
    assert rule_for(alert(), rules, T0, ()) is rules[1]
    assert rule_for(alert(severity=Severity.INFO), rules, T0, ()) is None
    drill = alert(ref=Ref("local", "disk:drill"), trap="disk", labels={"drill": "true", "team": "shop"})
    assert rule_for(drill, rules, T0, ()) is None


def test_a_rule_for_pages_counts_what_people_were_told_of() -> None:
    rule = IncidentRule(name="paged", match="x", paged=True)
    told = Paged(T0, "Bo", "mail", PageState.SENT)
    assert not rule.counts(alert())
    assert rule.counts(alert(pages=(told,)))
    assert rule.counts(alert(assignees=("Bo",))), "its source called him"
    assert rule.counts(alert(pages=(msgspec.structs.replace(told, state=PageState.FAILED, maybe=True),))), "it may have arrived"
    for page in (msgspec.structs.replace(told, state=PageState.PLANNED), msgspec.structs.replace(told, ending="resolve")):
        assert not rule.counts(alert(pages=(page,)))
    assert not rule.counts(alert(pages=(told,), state=AlertState.ACKNOWLEDGED))


def test_the_page_at_its_source_is_linked() -> None:
    links = (Link("conference", "https://meet.example/1"), Link("incident", "https://pd.example/incidents/PT4KHLK"))
    assert fire(links=links).member.url == "https://pd.example/incidents/PT4KHLK"


@given(st.text(), st.text())
def test_nothing_that_an_alert_says_is_taken_for_a_template(value: str, name: str) -> None:
    it = alert(name=name, labels={"service": value})
    expected = " ".join(f"{value} on db-1".split())
    assert titled("{service} on {where}", it) == expected
    assert titled("{nothing}", it) == name


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.sampled_from(["tell", "close", "split"])), max_size=25))
def test_whatever_happens_no_two_open_incidents_have_one_alert(moves: list[tuple[str, int, str]]) -> None:
    book = Book()
    for clock, (name, minutes, what) in enumerate(moves):
        opened = [each for each in book.known.values() if not each.status.over]
        if what == "tell":
            book.tells(fire(name, minutes), minutes=clock)
        elif what == "close" and opened:
            book.happens(Change.CLOSED, opened[0].id, clock)
        elif opened and opened[0].members:
            out = msgspec.to_builtins(opened[0].members[:1])
            book.happens(Change.SPLIT, opened[0].id, clock, new=f"i{len(book.known) + 1}", title="apart", alerts=out)
        held = [each.ref for here in book.known.values() if not here.status.over for each in here.members]
        assert len(held) == len(set(held))
