"""Jobs of other engines as runbooks: what is offered for which alert, with which values, and what exactly would be sent."""

from __future__ import annotations

import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.elsewhere import runbook_of, runbooks_of
from cockpit.core.jobs import Job, Option, OptionKind
from cockpit.core.offering import Rule
from cockpit.core.plans import Plan, asks, plan
from cockpit.core.runbooks import Param, offered
from cockpit.core.units import Seconds

NODE = Option(name="node", required=True, pattern="[a-z]+-[0-9]+", help="which one")
HOW = Option(name="how", default="gently", choices=("gently", "at once"))
PIN = Option(name="pin", secret=True, required=True)
COUNT = Option(name="count", kind=OptionKind.NUMBER)
SURE = Option(name="sure", kind=OptionKind.YES_NO)

ANY_JOB = Rule()


def job(*options: Option, name: str = "web/Restart {all}", **more: str) -> Job:
    return Job(ref=Ref("rd", "7400"), name=name, title="Restart {all}", request="POST https://rd/run", options=options, **more)


def alert(**labels: str) -> Alert:
    return Alert(
        ref=Ref("am", "1"),
        name="HighErrorRate",
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        summary="5xx",
        labels={"team": "web", **labels},
    )


def planned(*options: Option, rule: Rule = ANY_JOB, on: Alert | None = None, **given: str) -> Plan:
    return plan(runbook_of(job(*options), rule), on, given)


def given(option: Option, value: str) -> Plan:
    """The plan of a job that takes this option, with the value given by hand."""
    return plan(runbook_of(job(option), ANY_JOB), None, {option.name: value})


class TestOffering:
    def test_a_job_that_no_rule_is_about_is_in_the_picker_and_changes_the_world(self) -> None:
        (book,) = runbooks_of([job()], [])
        assert (book.name, book.match, book.changes) == ("rd/web/Restart {all}", "", "runs web/Restart {{all}} at rd")
        assert plan(book, None, {}).changes == "runs web/Restart {all} at rd"
        assert offered([book], alert()) == ()

    def test_the_first_rule_that_matches_holds_and_the_rules_order_the_jobs(self) -> None:
        rules = [Rule(jobs="db/*", match="team=db"), Rule(jobs="web/*", match="team=web"), Rule(match="team=never")]
        found = runbooks_of([job(name="other"), job(name="web/Restart"), job(name="db/Vacuum")], rules)
        assert [(book.name, book.match) for book in found] == [
            ("rd/db/Vacuum", "team=db"),
            ("rd/web/Restart", "team=web"),
            ("rd/other", "team=never"),
        ]
        assert [book.name for book in offered(found, alert())] == ["rd/web/Restart"]

    def test_what_is_hidden_is_not_there_and_what_only_reads_asks_nothing(self) -> None:
        assert runbooks_of([job()], [Rule(hide=True)]) == ()
        (book,) = runbooks_of([job()], [Rule(jobs=job().name, only_reads=True)])
        assert not asks(plan(book, None, {}))

    def test_who_may_run_it_and_when_it_has_helped_is_as_the_rule_says(self) -> None:
        (book,) = runbooks_of([job()], [Rule(allow=("oncall",), deny=("person:cy",), helps_within=Seconds(60.0))])
        assert (book.allow, book.deny, book.helps_within) == (("oncall",), ("person:cy",), 60.0)

    def test_it_cannot_both_read_and_change(self) -> None:
        with pytest.raises(ValueError, match="opposite"):
            Rule(only_reads=True, changes="deletes")

    def test_a_rule_that_names_an_option_that_is_gone_refuses_it(self) -> None:
        found = planned(HOW, rule=Rule(params={"host": Param()}))
        assert "names host, which is no option of it at rd: it has how" in found.refused


class TestValues:
    def test_they_come_from_the_alert_are_given_or_are_the_engines_own(self) -> None:
        rule = Rule(params={"node": Param(source="label:instance")})
        found = planned(NODE, HOW, COUNT, rule=rule, on=alert(instance="web-3"))
        assert not found.refused
        assert found.deeds == (("", "job", "rd", "7400", "POST https://rd/run", "", "2", "node", "web-3", "how", "gently"),)
        assert planned(NODE, HOW, rule=rule, on=alert(instance="web-3"), node="web-4", how="at once").exact[0][-4:] == (
            "node",
            "web-4",
            "how",
            "at once",
        )

    def test_what_must_be_given_is_missing_and_what_need_not_is_not_sent(self) -> None:
        assert planned(NODE, COUNT).missing == ("node",)
        assert planned(COUNT, SURE).deeds == (("", "job", "rd", "7400", "POST https://rd/run", "", "0"),)

    @pytest.mark.parametrize(
        ("option", "value", "why"),
        [
            (HOW, "hard", "it must be gently or at once"),
            (COUNT, "three", "it must be a number"),
            (COUNT, "1e9", "it must be a number"),
            (SURE, "yes", "it must be true or false"),
            (NODE, "web_3; reboot", "does not match"),
            (NODE, "-rf", "begins with -"),
            (Option(name="free"), "two\nlines", "line break"),
        ],
    )
    def test_what_the_engine_would_not_take_is_refused_here(self, option: Option, value: str, why: str) -> None:  # safety 7
        assert why in given(option, value).refused

    @pytest.mark.parametrize(("option", "value"), [(COUNT, "-3"), (COUNT, "2.5"), (SURE, "true"), (HOW, ""), (HOW, "at once")])
    def test_what_it_takes_is_taken(self, option: Option, value: str) -> None:
        assert not given(option, value).refused

    def test_other_values_than_the_choices_are_taken_where_they_are_open(self) -> None:
        loose = Option(name="how", choices=("gently",), open=True)
        assert not planned(loose, how="hard").refused

    def test_a_value_stays_a_value(self) -> None:  # safety 6, 9
        hostile = "$(reboot) `x` {node} {{how}} '\" \\"
        found = planned(Option(name="text"), HOW, text=hostile)
        assert found.exact[0][6:9] == ("2", "text", hostile)

    def test_a_pattern_that_cannot_be_used_here_is_left_to_the_engine(self) -> None:
        assert not planned(Option(name="a", pattern="(?!x).*(a*)*b")).refused

    def test_the_configs_pattern_wins(self) -> None:
        rule = Rule(params={"node": Param(pattern="db-[0-9]")})
        assert "does not match" in planned(NODE, rule=rule, node="web-3").refused


class TestSecrets:
    def test_one_that_must_be_there_and_is_kept_nowhere_is_asked_for_and_the_preview_says_so(self) -> None:
        found = planned(PIN)
        assert not found.refused
        assert [each.words for each in found.steps[0].shown()][-1] == ("pin=(secret, which is asked for)",)
        assert found.exact[0][-3:] == ("0", "0", "pin")

    def test_one_is_shown_by_its_reference_alone_and_is_no_parameter(self) -> None:
        rule = Rule(secrets={"pin": "keyring:rd-pin"})
        found = planned(PIN, rule=rule)
        assert not found.refused
        assert found.values == {}
        assert [each.words for each in found.steps[0].shown()][-1] == ("pin=(secret, keyring:rd-pin)",)
        assert found.steps[0].do.said()[-1] == "  pin=***"
        assert "has no parameter pin" in planned(PIN, rule=rule, pin="1234").refused


def test_the_preview_says_the_engine_the_job_the_request_and_every_option() -> None:
    told = job(HOW, COUNT, adds="KEY: the id of this run")
    shown = [each.words for each in plan(runbook_of(told, Rule()), None, {"count": "3"}).steps[0].shown()]
    assert shown == [
        ("web/Restart {all} at rd",),
        ("POST https://rd/run",),
        ("how=", "gently"),
        ("count=", "3"),
        ("and KEY: the id of this run",),
    ]


def test_a_job_that_its_engine_would_not_run_says_why() -> None:
    assert planned(rule=Rule()).refused == ""
    refused = plan(runbook_of(job(refused="it is disabled there"), Rule()), None, {}).refused
    assert refused == "step 1 cannot run: it is disabled there"


def test_a_job_that_moved_or_takes_another_value_is_not_what_was_shown() -> None:  # safety 10
    before = planned(HOW).exact
    assert planned(HOW, how="at once").exact != before
    moved = Job(ref=Ref("rd", "7401"), name="web/Restart {all}", request="POST https://rd/run", options=(HOW,))
    assert plan(runbook_of(moved, Rule()), None, {}).exact != before
