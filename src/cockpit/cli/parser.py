"""The grammar of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from .. import __version__
from ..core.text import clean
from . import parser_action, parser_handover, parser_incidents, parser_oncall, parser_replay, parser_respond, parser_runbooks
from .parser_words import ids, whole


class Command(NamedTuple):
    """One command: its name, the module in ``cockpit.cli`` and the function there that does it, and its help."""

    name: str
    module: str
    function: str
    help: str
    epilog: str = ""


COMMANDS: tuple[Command, ...] = (
    Command("init", "init", "init", "look at this machine, propose traps and runbooks, write the config"),
    Command("check", "setup", "check", "validate the config: file, line, key, what is wrong"),
    Command("doctor", "doctor", "doctor", "config, secrets, each source's answer, clock, terminal, file permissions"),
    Command("alerts", "alerts", "alerts", "what is wrong now; exit status 1 if anything fires, 3 if a source or a trap is blind",
            'example: cockpit alerts \'@severity>=warning team=web\''),
    Command("ack", "alerts", "ack", "acknowledge alerts: say that you have them"),
    Command("unack", "alerts", "unack", "take acknowledgements back"),
    Command("silence", "silences", "silence",
            "silence what matches, until a time or until it has resolved, with a reason; change, extend, end and list silences",
            "example: cockpit silence 'trap=root-disk' --for 2h --comment 'disk is being replaced' --yes"),
    Command("note", "alerts", "note", "leave a note on an alert"),
    Command("resolve", "respond", "resolve", "say that alerts are over, where their source can be told so"),
    Command("snooze", "respond", "snooze", "keep alerts quiet for a while; then they ring again by themselves"),
    Command("escalate", "respond", "escalate", "tell whoever is on a level of the alert's escalation policy; list its levels"),
    Command("reassign", "respond", "reassign", "give alerts to other people; list who is there"),
    Command("merge", "respond", "merge", "put alerts into one",
            "example: cockpit merge '#1001' '#1002' '#1003' --yes puts the last two into the first"),
    Command("play", "respond", "play", "have the source run one of its own workflows or actions on an alert; list them"),
    Command("maintenance", "respond", "maintenance", "what is under maintenance at its source; begin one, end one",
            "example: cockpit maintenance 'Shop API' --for 2h --comment 'new disks' --yes"),
    Command("oncall", "oncall", "oncall", "who is on call, until when, who is next"),
    Command("page", "page", "page", "tell people now: a person, a roster, a level; try a channel; list the channels",
            "example: cockpit page primary 'db-1 is down, I need a hand' --yes"),
    Command("incident", "incidents", "incident",
            "incidents: open, lead, follow, merge, split, close; list those that are not over (exit status 1 if there are any)",
            "example: cockpit incident open Shop is slow --alert root-disk --lead ana"),
    Command("mark", "incidents", "mark", "write down what was done to the world; it stands in the timelines of incidents around it",
            "example: cockpit mark 'deployed shop 1.4' --service shop"),
    Command("postmortem", "postmortem", "postmortem",
            "draft an incident's postmortem as Markdown: timeline, graphs, what helped, what signs showed before",
            "example: cockpit postmortem i7 --output i7.md"),
    Command("action", "action_items", "action",
            "what is to be done after incidents: add, list, done, edit; exit status 1 if one is overdue",
            "example: cockpit action add i7 Rehearse the disk trap --trap root-disk --due 14d"),
    Command("watch", "watch", "watch", "the engine without a screen: traps keep watching, escalation keeps paging; ends at TERM"),
    Command("traps", "traps", "traps", "the early-warning traps; exit status 1 if one has tripped, 3 if one is blind"),
    Command("trap", "traps", "trap", "check one trap now, rehearse its alarm, arm a new one, arm or disarm it"),
    Command("beat", "beat", "beat", "a heartbeat from a job: its trap trips when it stays away",
            "example, in a crontab: 15 2 * * * backup.sh && ~/.local/bin/cockpit beat backup"),
    Command("runbooks", "runbooks", "runbooks", "the runbooks; with --alert, those for one alert"),
    Command("run", "runbooks", "run", "execute a runbook: --dry-run shows it, --yes confirms one that changes the world",
            "example: cockpit run free-disk --alert root-disk --dry-run"),
    Command("approve", "approve", "approve",
            "what other users of this machine wait for your approval for: list it, see one exactly, approve or refuse it",
            "example: cockpit approve a1b2c3"),
    Command("runs", "runbooks", "runs", "what was done: who, when, on what, with what result"),
    Command("handover", "handover", "handover",
            "the shift brief: open alerts, what happened, traps to look at, notes, gaps; exit status 3 if not all is seen",
            "example: cockpit handover --note 'the disk of db-1 is swapped on Tuesday'"),
    Command("report", "report", "report", "fires and prevention of the last weeks, whom they called, and what to automate first",
            "example: cockpit report --since 30d --markdown >report.md"),
    Command("export", "export", "export",
            "the traps as rules of a Prometheus, with all that these need: for when one machine is outgrown",
            "example: cockpit export prometheus >/etc/prometheus/cockpit.rules.yml"),
    Command("login", "setup", "login", "ask for a secret and store it in the keyring"),
    Command("address", "alerts", "address", "say what you are called at a source that wants to know who writes"),
    Command("providers", "setup", "providers", "the providers, probes and channels that are installed"),
    Command("themes", "setup", "themes", "the themes that are installed"),
    Command("keys", "setup", "keys", "the keys of the screen, as remapped by the config"),
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """As `argparse` has it, but what it says of a mistake is harmless whatever the mistake was."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 2."""
        super().error(clean(message))


def general() -> Parser:
    """The options that may stand before or after the command. Absent ones leave no trace, so that neither place hides the other."""
    options = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = options.add_argument_group("general options")
    group.add_argument(
        "--config", metavar="FILE", help="read this instead of config.toml in the config directory (or COCKPIT_CONFIG)"
    )
    group.add_argument("--json", action="store_true", help="print JSON with a stable schema, where the command lists")
    group.add_argument("--no-color", action="store_true", help="print no colour (NO_COLOR does the same)")
    group.add_argument("--read-only", action="store_true", help="remove everything that writes")
    return options


def build() -> Parser:
    """The whole parser."""
    shared = general()
    parser = Parser(
        prog="cockpit",
        parents=[shared],
        allow_abbrev=False,  # a shortened --yes would be too easily typed
        description="One terminal screen for the person on call. Without a command it opens the screen; "
        "without a config it watches this machine.",
        epilog="exit status: 0 fine · 1 the answer is bad · 2 usage · 3 could not see",
    )
    parser.add_argument("-V", "--version", action="version", version=f"cockpit {__version__}")
    parser.add_argument("--theme", metavar="NAME", help="open the screen in this theme")
    parser_replay.playing(parser)
    parser_replay.recording(parser)
    parser_replay.replaying(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", prog="cockpit")
    for command in COMMANDS:
        each = commands.add_parser(
            command.name, parents=[shared], help=command.help, description=_sentence(command.help), epilog=command.epilog,
            allow_abbrev=False,
        )  # fmt: skip
        _ARGUMENTS.get(command.name, _nothing)(each)
    return parser


_LISTS = {
    "alerts": "filter",
    "ack": "ids",
    "unack": "ids",
    "note": "text",
    "page": "who",
    "mark": "text",
    "run": "values",
    **dict.fromkeys(("resolve", "snooze", "escalate", "reassign", "merge"), "ids"),
    "maintenance": "services",
    **dict.fromkeys(("incident open", "incident title", "incident impact", "incident note"), "text"),
    **dict.fromkeys(("incident add", "incident split"), "alerts"),
}
"""Commands that end in a list of words, and the name of that list."""


def parse(words: Sequence[str]) -> dict[str, Any]:
    """What the words of a command line say. As `argparse` has it, but a command's list of words may also go on after an option
    (``run NAME --dry-run KEY=VALUE``), which it takes for a mistake in this Python. Exits with 2 as `argparse` does."""
    parser = build()
    found, late = parser.parse_known_args(words)
    args = vars(found)
    command = args["command"] or ""
    goes_on = _LISTS.get(f"{command} {args['verb']}" if args.get("verb") else command)
    plain = late[:1] == ["--"]
    if late and (goes_on is None or not (plain or all(word[:1] != "-" for word in late))):
        parser.error(f"unrecognized arguments: {' '.join(late)}")
    if wrong := parser_replay.problem(args):
        parser.error(wrong)
    if args.get("alerts"):
        args["alert"] = args["alerts"][-1]  # for whatever is about one
    if late and goes_on is not None:
        args[goes_on] = [*args[goes_on], *late[plain:]]
    return args


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _nothing(parser: argparse.ArgumentParser) -> None:
    """Most listings take the general options alone."""


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="take every proposal without asking")
    parser.add_argument("--print", action="store_true", dest="show", help="print the config instead of writing it")


def _watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--systemd", action="store_true", help="print a hardened unit that runs it as a service, and end")
    parser.add_argument(
        "--metrics", metavar="ADDR:PORT", help="answer Prometheus there, at /metrics (:9464 is for this machine alone)"
    )
    parser_replay.playing(parser)
    parser_replay.recording(parser)


def _alerts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "filter", nargs="*", default=[], metavar="FILTER", help="label=value, label=~regex, @state=…, @severity>=…, words, !words"
    )
    parser.add_argument(
        "--by", metavar="LABELS", help="in groups, by these labels: alertname,cluster; @group is as the source's routing did"
    )


def _ack(parser: argparse.ArgumentParser) -> None:
    ids(parser)
    parser.add_argument("--note", default="", metavar="TEXT", help="why, or what you are doing about it")


def _note(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the alert's id, SOURCE/ID, or its name where no other has it")
    parser.add_argument("text", nargs="+", metavar="TEXT", help="what to remember")


def _page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "who", nargs="*", default=[], metavar="WHO TEXT", help="person, roster, level:N (several: a,b), and the words"
    )
    parser.add_argument("--via", action="append", default=[], metavar="CHANNEL", help="by this channel alone; may be repeated")
    parser.add_argument("--alert", metavar="ID", help="what it is about")
    parser.add_argument("--incident", action="store_true", help="open an incident with it, unless the alert is in one")
    parser.add_argument("--test", default="", metavar="CHANNEL", help="send yourself a test by this channel instead")
    parser.add_argument("--channels", action="store_true", help="list the channels and how they did; exit status 1 if one fails")
    parser.add_argument("--yes", action="store_true", help="send it; without it who would be told is shown and nothing is done")


def _trap(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, prog="cockpit trap")
    own: dict[str, Any] = {"parents": [general()], "allow_abbrev": False}
    check = verbs.add_parser("check", **own, help="look once now, and say what was seen; changes nothing")
    add = verbs.add_parser(
        "add", **own, help="arm a new one, after an alert, an incident or nothing: shows its file and what it would have done"
    )
    _trap_add(add)
    arm = verbs.add_parser("arm", **own, help="end its rest")
    disarm = verbs.add_parser("disarm", **own, help="rest it for a while; it arms itself again")
    drill = verbs.add_parser(
        "drill", **own, help="rehearse its whole route, up to the acknowledgement; shows who would be told when"
    )
    for each in (check, drill, arm, disarm):
        each.add_argument("name", metavar="NAME", help="the trap")
    drill.add_argument("--quiet", action="store_true", help="stop before the page: nobody is told")
    drill.add_argument("--dry-run", action="store_true", help="begin nothing, whatever else is said")
    drill.add_argument("--yes", action="store_true", help="begin it; without it who would be told is shown and nothing is begun")
    disarm.add_argument("--for", dest="duration", required=True, metavar="TIME", help="how long: 30m, 2h, 1d")
    disarm.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the next person")


def _trap_add(parser: argparse.ArgumentParser) -> None:
    words = "what it is called: a-z, 0-9 and - (default: from what it is armed after)"
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help=words)
    after = parser.add_mutually_exclusive_group()
    after.add_argument("--alert", metavar="ID", help="the alert that it should have told of: fills in what is not given")
    words = "the incident that it should have told of (i7, or 7): fills in what is not given, from what moved before it"
    after.add_argument("--incident", metavar="ID", help=words)
    parser.add_argument("--look", metavar="LOOK", help="how to look: a probe and its keys, like 'disk path=/'")
    parser.add_argument("--warn", metavar="BOUND", help="what draws it amber: 'used_percent >= 80'")
    parser.add_argument("--trip", metavar="BOUND", help="what makes it an alert")
    parser.add_argument("--for", metavar="TIME", help="how long that must hold")
    parser.add_argument("--every", metavar="TIME", help="how often it looks (default: as often as it was read, else 30s)")
    parser.add_argument("--forecast", metavar="READING", help="the reading whose trend is followed")
    parser.add_argument("--severity", metavar="WORD", help="critical, error, warning or info")
    parser.add_argument("--went-wrong", metavar="TEXT", help="what went wrong?")
    parser.add_argument("--detect", metavar="TEXT", help="how can it be detected?")
    parser.add_argument("--signs", metavar="TEXT", help="what signs show when it is about to happen?")
    parser.add_argument("--runbooks", metavar="NAMES", help="the runbooks for it, with commas")
    parser.add_argument("--owner", metavar="WHO", help="who looks after it")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, whatever else is said")
    parser.add_argument("--yes", action="store_true", help="write it; without it the file is shown and nothing is written")


def _beat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the heartbeat's name, as in the trap's `name`")
    parser.add_argument("--quiet", action="store_true", help="say nothing at a terminal either, when all is well")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", default="30d", metavar="TIME", help="how far back: 30d, 12h, 2026-11-01 (default: 30d)")
    parser.add_argument("--until", metavar="TIME", help="up to when, as for --since (default: now)")
    parser.add_argument("--markdown", action="store_true", help="as Markdown, for a page of the team")
    parser.add_argument("--limit", type=whole(1, 10_000), default=15, metavar="N", help="so many lines of a table (default: 15)")


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["prometheus"], metavar="WHAT", help="prometheus: alerting rules with the traps' bounds")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--blackbox", action="store_true", help="print the blackbox exporter's config instead: a module for each trap")
    one.add_argument("--scrape", action="store_true", help="print instead what the Prometheus has to scrape for the rules")
    parser.add_argument("--instance", metavar="NAME", help="what this machine is called there (default: its name)")
    for option, dest, what, port in (
        ("--node-exporter", "node_at", "node exporter", 9100),
        ("--blackbox-exporter", "blackbox_at", "blackbox exporter", 9115),
        ("--pushgateway", "push_at", "Pushgateway", 9091),
    ):
        words = f"with --scrape: where the {what} is (default: this machine, port {port})"
        parser.add_argument(option, dest=dest, metavar="HOST:PORT", help=words)


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument("address", metavar="ADDRESS", help="the one you log in there with")


def _login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="SOURCE", help="the source, or the NAME of a keyring:NAME reference")


_ARGUMENTS = {
    "init": _init,
    "alerts": _alerts,
    "watch": _watch,
    "ack": _ack,
    "unack": ids,
    "silence": parser_respond.silence,
    "note": _note,
    "resolve": parser_respond.resolve,
    "snooze": parser_respond.snooze,
    "escalate": parser_respond.escalate,
    "reassign": parser_respond.reassign,
    "merge": parser_respond.merge,
    "play": parser_respond.play,
    "maintenance": parser_respond.maintenance,
    "oncall": lambda parser: parser_oncall.oncall(parser, general),
    "page": _page,
    "incident": lambda parser: parser_incidents.incident(parser, general),
    "mark": parser_incidents.mark,
    "action": lambda parser: parser_action.action(parser, general),
    "postmortem": parser_incidents.postmortem,
    "trap": _trap,
    "beat": _beat,
    "runbooks": parser_runbooks.runbooks,
    "run": parser_runbooks.run,
    "approve": parser_runbooks.approve,
    "runs": parser_runbooks.runs,
    "handover": lambda parser: parser_handover.handover(parser, whole),
    "report": _report,
    "export": _export,
    "login": _login,
    "address": _address,
}
