"""Hosts, ssh's argv, and what its complaints mean."""

from __future__ import annotations

import re
import shlex

import pytest

from cockpit.core.plans import Plan, plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.ssh import Reached, bare_host, first_hop, host_problem, jump_problem, meaning, ssh_argv
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.ssh import SshStep
from cockpit.core.steps.step import Step
from support.hostile_values import hostile_values

GOOD = ["web-3", "ana@web-3.example.org", "10.0.0.7", "::1", "ana@fe80::1", "web_3", "3com.example."]
BAD = [
    "-oProxyCommand=id", "ana@-oProxyCommand=id", "web 3", "web;id", "$(id)", "`id`", "web\n", "a@b@c", "@web", "web@", "", "ssh://web",
    "web:22", "[::1]", "web'", "web-", "ü.example", "\u202eweb", "a" * 300, "{x}", "~", "*", "web/3", "%h", "fe80::1%eth0",
]  # fmt: skip


class TestHosts:
    @pytest.mark.parametrize("host", GOOD)
    def test_a_host_is_one(self, host: str) -> None:
        assert host_problem(host) == ""
        assert ssh_argv(Reached(host), "true")[-3:] == ("--", host, "true")

    @pytest.mark.parametrize("host", BAD)
    def test_what_is_none_is_refused(self, host: str) -> None:  # safety 7, 8
        assert host_problem(host)
        with pytest.raises(ValueError, match="host"):
            ssh_argv(Reached(host), "true")

    def test_no_hostile_value_is_a_host_that_is_more_than_a_name(self) -> None:
        for value in hostile_values(20_000, "/canary"):
            if not host_problem(value):
                assert shlex.quote(value) == value
                assert not value.startswith("-")

    @pytest.mark.parametrize(
        ("instance", "host"),
        [("web-3:9100", "web-3"), ("ana@web-3:22", "ana@web-3"), ("[::1]:9100", "::1"), ("[::1]", "::1"), ("::1", "::1"),
         ("web-3", "web-3"), ("a:b:1", "a:b:1"), ("web-3:", "web-3:"), ("web-3:x", "web-3:x")],
    )  # fmt: skip
    def test_the_exporter_s_port_in_an_instance_is_left_out(self, instance: str, host: str) -> None:
        assert bare_host(instance) == host

    def test_hosts_on_the_way(self) -> None:
        for good in ("", "bastion", "ana@bastion:2222", "a,b:22,[::1]:2222"):
            assert jump_problem(good) == ""
        for bad in ("-o", "a,", "a b", "a,-b", "a:x", "$(id)", "a:123456"):
            assert jump_problem(bad)

    @pytest.mark.parametrize(
        ("jump", "first"),
        [("bastion", ("bastion", 0)), ("ana@bastion:2222,b", ("ana@bastion", 2222)), ("[::1]", ("::1", 0)),
         ("[::1]:22", ("::1", 22)), ("[2001:db8:0:0:0:0:0:1]", ("2001:db8:0:0:0:0:0:1", 0)),
         ("ana@[2001:db8::7:1]:22", ("ana@2001:db8::7:1", 22)), ("[fe80::a:b]", ("fe80::a:b", 0))],
    )  # fmt: skip
    def test_the_first_host_on_the_way_and_its_port(self, jump: str, first: tuple[str, int]) -> None:
        assert jump_problem(jump) == ""
        assert first_hop(jump) == first


def expanded(command: str, host: str, port: str) -> str:
    """As ssh does it, ssh_config(5), TOKENS."""
    return re.sub("%(.)", lambda found: {"%": "%", "h": host, "p": port}[found[1]], command)


class TestArgv:
    def test_it_asks_nothing_and_forwards_nothing(self) -> None:
        argv = ssh_argv(Reached("web-3"), "true", sockets="/run/cockpit-ssh")
        for option in ("BatchMode=yes", "StrictHostKeyChecking=yes", "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes",
                       "ControlMaster=auto", "ControlPath=/run/cockpit-ssh/%C", "RemoteCommand=none"):  # fmt: skip
            assert argv[argv.index(option) - 1] == "-o"
        assert "ForwardAgent=yes" in ssh_argv(Reached("web-3", forward_agent=True), "true")
        assert "ControlPath=none" in ssh_argv(Reached("web-3"), "true")

    def test_the_hosts_on_the_way_get_the_same_options_and_each_percent_sign_survives(self) -> None:
        argv = ssh_argv(Reached("web-3", jump="ana@outer:2222,[::1]:23", config="/my config"), "true", sockets="/s")
        (first,) = (item.removeprefix("ProxyCommand=") for item in argv if item.startswith("ProxyCommand="))
        words = shlex.split(expanded(first, "web-3", "22"))
        assert words[-3:] == ["[web-3]:22", "--", "::1"]
        assert words[words.index("-p") + 1] == "23"
        assert words[words.index("-F") + 1] == "/my config"
        assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "ControlPath=/s/%C"} <= set(words)
        (second,) = (item.removeprefix("ProxyCommand=") for item in words if item.startswith("ProxyCommand="))
        inner = shlex.split(expanded(second, "::1", "23"))
        assert inner[-3:] == ["[::1]:23", "--", "ana@outer"]
        assert inner[inner.index("-p") + 1] == "2222"
        assert "ControlPath=/s/%C" in inner


class TestMeaning:
    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ("@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\n", "ssh-keygen -R"),
            (
                "No ED25519 host key is known for web-3 and you have requested strict checking.\r\nHost key",
                "accept it: `ssh web-3`",
            ),
            ("ana@web-3: Permission denied (publickey).\r\n", "ssh-add -l"),
            ("ssh: Could not resolve hostname web-3: Name or service not known\r\n", "no host of that name"),
            ("ssh: connect to host web-3 port 22: Connection refused\r\n", "no sshd listens"),
            ("something else\nthe last word", "ssh to web-3 failed: the last word"),
            ("", "ssh to web-3 failed"),
            ("\x1b[2Jtimed out", "does not answer"),
        ],
    )
    def test_a_person_is_told_what_to_do(self, said: str, words: str) -> None:
        assert words in meaning(said, Reached("web-3"))
        assert meaning(said, Reached("web-3")).isprintable()

    def test_what_to_do_by_hand_goes_the_same_way(self) -> None:
        unknown = "No ED25519 host key is known for [web-3]:2222 and you have requested strict checking.\n"
        to = Reached("ana@web-3", 2222, "ana@bastion:22", "/etc/my ssh/config")
        assert "accept it: `ssh -F '/etc/my ssh/config' -J ana@bastion:22 -p 2222 ana@web-3`" in meaning(unknown, to)


class TestStep:
    def planned(self, host: str = "web-3:9100", value: str = "x", **more: object) -> Plan:
        do = SshStep("{instance}", **{"run": ("systemctl", "restart", "{unit}"), **more})  # type: ignore[arg-type]  # as given
        book = Runbook(name="mend", title="", steps=(Step(do),), params={"instance": Param(), "unit": Param()})
        return plan(book, None, {"instance": host, "unit": value})

    def test_its_preview_names_the_host_and_every_argument(self) -> None:
        made = self.planned(value="a b; $(id)")
        assert [each.words for each in made.steps[0].shown()] == [("ssh", "web-3", "systemctl", "restart", "a b; $(id)")]
        assert made.exact == (("", "ssh", "web-3", "0", "", "", "False", "systemctl", "restart", "a b; $(id)"),)

    def test_its_way_is_shown_and_compared_too(self) -> None:
        made = self.planned(jump="bastion", port=2222, config="/c", forward_agent=True)
        labels = {each.label: each.words[0] for each in made.steps[0].shown() if each.beside}
        assert labels == {"by way of": "bastion", "port": "2222", "by the file": "/c", "it may use": "your ssh agent"}
        assert made.exact != self.planned().exact

    def test_a_value_that_is_no_host_refuses_the_plan(self) -> None:  # safety 7
        assert (
            "option of ssh"
            in plan(
                Runbook(name="m", title="", steps=(Step(SshStep("{h}", run=("true",))),), params={"h": Param(allow_dash=True)}),
                None,
                {"h": "-oProxyCommand=id"},
            ).refused
        )
        assert "a host is letters" in self.planned(host="web 3").refused

    def test_a_script_gets_what_it_names_in_its_environment(self) -> None:
        made = self.planned(run=(), script='systemctl restart "$unit"', value="$(id)")
        step = made.steps[0].do
        assert isinstance(step, SshStep)
        assert step.inner.argv == ("sh", "-eu", "-c", 'systemctl restart "$unit"')
        assert step.env == {"unit": "$(id)"}

    def test_braces_in_a_value_or_in_a_script_are_only_braces(self) -> None:  # safety 9
        assert self.planned(value="{instance}").exact[0][-1] == "{instance}"
        made = self.planned(run=(), script="echo {x} {{ }} ; $unit")
        assert made.steps[0].do.exact()[-3].startswith("echo {x} {{ }}")


class TestUser:
    @pytest.mark.parametrize("there", ["{host}", "web@{host}"])
    def test_no_value_says_who_one_is_there(self, there: str) -> None:  # safety 8
        book = Runbook(name="r", title="", steps=(Step(SshStep(there, run=("true",))),))
        assert not plan(book, None, {"host": "web-3"}).refused
        refused = plan(book, None, {"host": "root@web-3"}).refused
        assert "who one is there is said by the runbook or ssh_config, and by no value" in refused
        assert "root@web-3'" in refused

    def test_nor_where_ssh_is_a_program_like_any_other(self) -> None:  # safety 8
        book = Runbook(name="r", title="", steps=(Step(RunStep(("timeout", "9", "ssh", "-p", "2", "{host}", "echo", "{host}"))),))
        assert not plan(book, None, {"host": "web-3"}).refused
        assert "by no value" in plan(book, None, {"host": "root@web-3"}).refused

    @pytest.mark.parametrize(
        "argv",
        [
            ("torify", "ssh", "web-3", "ls", "{x}"),
            ("gcloud", "compute", "ssh", "web-3", "--command", "ls {x}"),
            ("pdsh", "-w", "web-[1-9]", "ls", "{x}"),
            ("sudo", "autossh", "web-3", "ls {x}"),
        ],
        ids=str,
    )
    def test_a_way_to_another_machine_that_is_not_known_gets_no_value(self, argv: tuple[str, ...]) -> None:  # safety 8
        assert "goes to another machine by way of" in RunStep(argv).unsafe()

    @pytest.mark.parametrize(
        "argv",
        [("systemctl", "restart", "ssh", "{x}"), ("timeout", "9", "ssh", "{x}", "ls", "{x}"), ("torify", "ssh", "web-3", "ls")],
        ids=str,
    )
    def test_what_is_known_or_has_no_value_is_taken(self, argv: tuple[str, ...]) -> None:
        assert RunStep(argv).unsafe() == ""
