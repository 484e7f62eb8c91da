"""The grammar of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from .. import __version__
from ..core.text import clean
from . import parser_action, parser_handover, parser_incidents, parser_replay


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
    parser_replay.recording(parser)


def _alerts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "filter", nargs="*", default=[], metavar="FILTER", help="label=value, label=~regex, @state=…, @severity>=…, words, !words"
    )
    parser.add_argument(
        "--by", metavar="LABELS", help="in groups, by these labels: alertname,cluster; @group is as the source's routing did"
    )


def _ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="the alert's id, or SOURCE/ID")


def _ack(parser: argparse.ArgumentParser) -> None:
    _ids(parser)
    parser.add_argument("--note", default="", metavar="TEXT", help="why, or what you are doing about it")


def _silence(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("match", nargs="?", metavar="FILTER", help="what to silence, in the filter language")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--for", dest="duration", metavar="TIME", help="how long: 30m, 2h, 1d (default: 1h)")
    length.add_argument("--until-resolved", action="store_true", help="until what it hushes has resolved, however long that takes")
    parser.add_argument("--comment", metavar="TEXT", help="why (wanted)")
    parser.add_argument(
        "--source", default="", metavar="NAME", help="the source to silence at (default: the one whose alerts it hits)"
    )
    parser.add_argument(
        "--edit",
        default="",
        metavar="ID",
        help="change the silence with this id, or SOURCE/ID: what it matches, how long it lasts from now, why; the rest stays",
    )
    parser.add_argument("--extend", default="", metavar="ID", help="let the silence with this id last longer")
    parser.add_argument("--by", metavar="TIME", help="how much longer (default: 1h)")
    parser.add_argument("--end", default="", metavar="ID", help="end the silence with this id, or SOURCE/ID")
    parser.add_argument("--list", action="store_true", help="list the silences that stand, and how many alerts each hushes now")
    parser.add_argument("--all", action="store_true", help="list those too that have ended within the hour")
    parser.add_argument("--yes", action="store_true", help="send it; without it the preview is shown and nothing is done")


def _note(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the alert's id, or SOURCE/ID")
    parser.add_argument("text", nargs="+", metavar="TEXT", help="what to remember")


def _yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="send it; without it the preview is shown and nothing is done")


def _resolve(parser: argparse.ArgumentParser) -> None:
    _ids(parser)
    parser.add_argument("--note", default="", metavar="TEXT", help="how it was mended")
    _yes(parser)


def _snooze(parser: argparse.ArgumentParser) -> None:
    _ids(parser)
    parser.add_argument("--for", dest="duration", default="1h", metavar="TIME", help="how long: 30m, 2h, 1d (default: 1h)")
    _yes(parser)


def _escalate(parser: argparse.ArgumentParser) -> None:
    _ids(parser)
    parser.add_argument("--level", type=_whole(1, 100), metavar="N", help="the level; without it the levels are listed")
    _yes(parser)


def _reassign(parser: argparse.ArgumentParser) -> None:
    _ids(parser)
    parser.add_argument(
        "--to", action="append", default=[], metavar="WHO", help="a name, an address or an id there, more than once for several"
    )
    _yes(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("into", metavar="INTO", help="the alert that the others go into")
    _ids(parser)
    _yes(parser)


def _play(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the alert's id, or SOURCE/ID")
    parser.add_argument("play", nargs="?", default="", metavar="PLAY", help="its name or id; without it they are listed")
    _yes(parser)


def _maintenance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("services", nargs="*", default=[], metavar="SERVICE", help="by name or id; without any, list what is")
    parser.add_argument("--for", dest="duration", default="1h", metavar="TIME", help="how long: 30m, 2h, 1d (default: 1h)")
    parser.add_argument("--at", default="", metavar="TIME", help="when it begins (no offset: this machine's zone; default: now)")
    parser.add_argument("--comment", default="", metavar="TEXT", help="why (wanted)")
    parser.add_argument("--source", default="", metavar="NAME", help="the source (default: the only one that can)")
    parser.add_argument("--end", default="", metavar="ID", help="end the one with this id instead, or SOURCE/ID")
    _yes(parser)


def _oncall(parser: argparse.ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--at", metavar="TIME", help="at this time instead of now: 2026-11-24T09:00+01:00 (no offset: your own clock)")
    one.add_argument("--week", action="store_true", help="every shift and gap of this week")
    one.add_argument("--month", action="store_true", help="every shift and gap of this month")
    one.add_argument("--gaps", action="store_true", help="gaps, double bookings, clashes with absences in the next 30 days")
    one.add_argument(
        "--hours",
        action="store_true",
        help="hours, nights, weekends of everyone in the last 30 days; how often disturbed, and woken",
    )
    one.add_argument("--mine", action="store_true", help="your own shifts in the next 8 weeks")
    one.add_argument("--ics", action="store_true", help="the shifts of the next 12 weeks as a calendar (RFC 5545) that others read")
    _overriding(parser)
    parser.add_argument("--since", metavar="TIME", help="begin there instead")
    parser.add_argument("--until", metavar="TIME", help="end there instead")
    parser.add_argument("--roster", default="", metavar="NAME", help="only this one")


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


def _overriding(parser: argparse.ArgumentParser) -> None:
    """The verbs of ``oncall``. Without one it lists."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", prog="cockpit oncall")
    own: dict[str, Any] = {"parents": [general()], "allow_abbrev": False}
    override = verbs.add_parser("override", **own, help="put somebody on call, from when to when")
    take = verbs.add_parser("take", **own, help="take the shift that goes on now, to its end")
    cover = verbs.add_parser("cover", **own, help="have somebody's shift: the one that goes on, or their next")
    swap = verbs.add_parser("swap", **own, help="swap your next shift for somebody's")
    undo = verbs.add_parser("undo", **own, help="take an override back, the last one if none is named")
    verbs.add_parser("overrides", **own, help="list the overrides that run or will")
    for each in (override, cover, swap):
        each.add_argument("person", metavar="PERSON", help="who, by any name that the config or a source has for them")
    for each in (override, cover):
        each.add_argument("--from", dest="start", metavar="TIME", help="from when (no offset: your own clock)")
    for each in (override, take, cover):
        each.add_argument("--to", dest="end", metavar="TIME", help="until when")
    for each in (override, take):
        each.add_argument("--for", dest="duration", metavar="TIME", help="for how long instead: 2h, 1d")
    for each in (cover, swap):
        each.add_argument("--by", metavar="PERSON", help="somebody else instead of you")
    for each in (override, take, cover, swap):
        each.add_argument("--roster", default="", metavar="NAME", help="which roster (default: the only one that is paged first)")
        each.add_argument("--why", default="", metavar="TEXT", help="the reason, for the others")
    undo.add_argument("id", nargs="?", default="", metavar="ID", help="the override's id, or SOURCE/ID")
    for each in (override, take, cover, swap, undo):
        each.add_argument("--yes", action="store_true", help="do it; without it what would change is shown and nothing is done")


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


def _runbooks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--alert", metavar="ID", help="only those for this alert, in the order of their digits")
    parser.add_argument("--show", metavar="NAME", help="one that is written in Markdown, to be read")


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="the runbook")
    words = "values for its parameters; a secret as KEY=@- (standard input) or KEY=@env:NAME"
    parser.add_argument("values", nargs="*", default=[], metavar="KEY=VALUE", help=words)
    words = "take the other values from this alert; given again, it is run for each of them"
    parser.add_argument("--alert", dest="alerts", metavar="ID", action="append", help=words)
    parser.add_argument("--match", metavar="FILTER", help="run it for every alert that matches, in the filter language")
    words = "so many targets at once (default: as the runbook says)"
    parser.add_argument("--parallel", type=_whole(1, 50), metavar="N", help=words)
    words = "of several targets the first alone, the others only if it succeeds; `ask`: and only after asking you; `no`: not so"
    parser.add_argument("--canary", nargs="?", const="yes", choices=("yes", "ask", "no"), help=words)
    words = "when a target fails, begin none any more, or do the others all the same"
    parser.add_argument("--on-failure", choices=("stop", "continue"), help=words)
    parser.add_argument(
        "--record", metavar="NEW", help="open a shell, and draft the runbook of this name from the commands typed into it"
    )
    parser.add_argument(
        "--again",
        metavar="RUN",
        help="run what was run then, for the same alert with the same values (its id in `cockpit runs`, or the end of it)",
    )
    words = "begin with the step of this number (from 1): those before are left out"
    parser.add_argument("--from", dest="first", type=_whole(1, 1000), metavar="STEP", help=words)
    words = "take back what was run then, whichever cockpit ran it: as its steps' `undo` says, shown first"
    parser.add_argument("--undo", metavar="RUN", help=words)
    parser.add_argument("--dry-run", action="store_true", help="show exactly what would be executed, and execute nothing")
    parser.add_argument("--yes", action="store_true", help="confirm a runbook that changes the world")
    parser.add_argument(
        "--confirm", metavar="TARGET", help="confirm a dangerous one by naming its target (its own name if it has none)"
    )


def _approve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", default="", metavar="ID", help="what waits under this number: shown, and then asked")
    parser.add_argument("--refuse", dest="why", default="", metavar="WHY", help="refuse it; whoever asked reads why")


def _runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=_whole(1, 10_000), default=50, metavar="N", help="how many, newest first (default: 50)")
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--targets", metavar="ID", help="how each target of a run for several stands, or came out; the end of its id is enough"
    )
    one.add_argument("--output", metavar="ID", help="print what this run printed; the end of its id is enough")
    one.add_argument("--grep", metavar="TEXT", help="the lines that hold this, in whatever case, of all that runs have printed")
    one.add_argument("--alert", metavar="ID", help="what was run for this alert (its id, or its name), and whether it helped")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", default="30d", metavar="TIME", help="how far back: 30d, 12h, 2026-11-01 (default: 30d)")
    parser.add_argument("--until", metavar="TIME", help="up to when, as for --since (default: now)")
    parser.add_argument("--markdown", action="store_true", help="as Markdown, for a page of the team")
    parser.add_argument("--limit", type=_whole(1, 10_000), default=15, metavar="N", help="so many lines of a table (default: 15)")


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


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


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
    "unack": _ids,
    "silence": _silence,
    "note": _note,
    "resolve": _resolve,
    "snooze": _snooze,
    "escalate": _escalate,
    "reassign": _reassign,
    "merge": _merge,
    "play": _play,
    "maintenance": _maintenance,
    "oncall": _oncall,
    "page": _page,
    "incident": lambda parser: parser_incidents.incident(parser, general),
    "mark": parser_incidents.mark,
    "action": lambda parser: parser_action.action(parser, general),
    "postmortem": parser_incidents.postmortem,
    "trap": _trap,
    "beat": _beat,
    "runbooks": _runbooks,
    "run": _run,
    "approve": _approve,
    "runs": _runs,
    "handover": lambda parser: parser_handover.handover(parser, _whole),
    "report": _report,
    "export": _export,
    "login": _login,
    "address": _address,
}
