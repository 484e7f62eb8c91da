"""Rules for several alerts at once."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.bunches import bunches, for_alerts, for_group, quoted
from cockpit.core.filters import parse, written
from cockpit.core.groups import key_of

NOW = datetime(2026, 11, 25, 3, 12, 44, tzinfo=UTC)
values = st.text(st.sampled_from("ab.*+?()|[]{}^$\\ \"'é"), max_size=4)
label_sets = st.lists(
    st.fixed_dictionaries({"alertname": st.sampled_from(["Down", "Full"]), "instance": values, "team": st.sampled_from("xy")}),
    min_size=1,
    max_size=12,
    unique_by=lambda labels: tuple(sorted(labels.items())),
)


def alert(number: int, labels: dict[str, str], source: str = "am") -> Alert:
    ref = Ref(source, str(number))
    return Alert(ref=ref, name=labels["alertname"], severity=Severity.ERROR, state=AlertState.FIRING, labels=labels)


@given(label_sets, st.data())
def test_the_rules_hit_exactly_the_alerts_they_are_for(labelled: list[dict[str, str]], data: st.DataObject) -> None:
    alerts = [alert(number, labels) for number, labels in enumerate(labelled)]
    wanted = data.draw(st.lists(st.sampled_from(alerts), min_size=1, unique_by=lambda each: each.ref))
    rules = [(source, parse(match)) for source, match in for_alerts(wanted)]
    hit = {each.ref for each in alerts for source, rule in rules if source == each.ref.source and rule.matches(each, NOW)}
    assert hit == {each.ref for each in wanted}


@given(label_sets)
def test_each_bunch_differs_in_one_label_at_most_and_none_is_lost(labelled: list[dict[str, str]]) -> None:
    found = bunches(dict(enumerate(labelled)))
    assert sorted(number for bunch in found for number in bunch) == list(range(len(labelled)))
    for bunch in found:
        varying = {name for name in labelled[0] if len({labelled[number][name] for number in bunch}) > 1}
        assert len(varying) <= 1


@given(values, values)
def test_a_quoted_value_matches_itself_alone(value: str, other: str) -> None:
    rule = parse(written("a", "=~", quoted(value)))
    held = alert(1, {"alertname": "A", "a": value})
    assert rule.matches(held, NOW)
    if other != value:
        assert not rule.matches(alert(2, {"alertname": "A", "a": other}), NOW)


def test_hundreds_of_one_kind_are_one_rule_or_as_many_as_a_pattern_may_be_long() -> None:
    alerts = [alert(n, {"alertname": "Down", "instance": f"web-{n}.example:9100"}) for n in range(300)]
    rules = for_alerts(alerts[:3])
    assert rules == (("am", r'alertname="Down" instance=~"web-0\\.example:9100|web-1\\.example:9100|web-2\\.example:9100"'),)
    rules = for_alerts(alerts)
    assert 1 < len(rules) < 12
    assert all(any(parse(match).matches(each, NOW) for _, match in rules) for each in alerts)


def test_alerts_of_two_sources_are_two_rules() -> None:
    labels = {"alertname": "Down", "instance": "web-1"}
    assert for_alerts([alert(1, labels), alert(1, labels, "other")]) == (
        ("am", 'alertname="Down" instance="web-1"'),
        ("other", 'alertname="Down" instance="web-1"'),
    )


def test_traps_of_this_machine_are_named_by_their_trap() -> None:
    alerts = [
        Alert(ref=Ref("local", name), name=name, severity=Severity.ERROR, state=AlertState.FIRING, trap=name)
        for name in ("root-disk", "home-disk")
    ]
    assert for_alerts(alerts) == (("local", 'trap=~"home-disk|root-disk"'),)


@given(label_sets, st.sampled_from([("alertname",), ("team",), ("alertname", "rack"), ("@severity",)]))
def test_a_group_is_hit_whole_and_by_all_that_its_alerts_have_in_common(
    labelled: list[dict[str, str]], by: tuple[str, ...]
) -> None:
    every = [alert(number, labels) for number, labels in enumerate(labelled)]
    key = key_of(every[0], by)
    some = [each for each in every if key_of(each, by) == key]
    rules = [parse(match) for _, match in for_group(key, some)]
    assert all(any(rule.matches(each, NOW) for rule in rules) for each in some)
    shared = {name: value for name, value in some[0].labels.items() if all(each.labels[name] == value for each in some)}
    for name in shared:
        stranger = alert(99, {**some[0].labels, name: "another"})
        assert not any(rule.matches(stranger, NOW) for rule in rules), name


def test_a_group_at_two_sources_is_silenced_at_each_by_what_is_common_there() -> None:
    alerts = [alert(n, {"alertname": "Down", "instance": f"web-{n}", "cluster": "east"}, "am" if n < 2 else "b") for n in range(3)]
    assert for_group(key_of(alerts[0], ("alertname",)), alerts) == (
        ("am", 'alertname="Down" cluster="east"'),
        ("b", 'alertname="Down" cluster="east" instance="web-2"'),
    )


def test_a_group_of_those_without_a_label_does_not_hit_those_with_one() -> None:
    alerts = [alert(n, {"alertname": "Down", "instance": f"web-{n}"}) for n in range(2)]
    assert for_group(key_of(alerts[0], ("rack",)), alerts) == (("am", 'rack="" alertname="Down"'),)
