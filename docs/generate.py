"""Draws docs/reference.md from the code: commands, keys, probes, themes, JSON. ``--check`` fails where the page is stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from cockpit import plugins
from cockpit.cli.parser import COMMANDS, build
from cockpit.core import conditions
from cockpit.core.asking import Asked
from cockpit.core.offering import Rule
from cockpit.core.runbooks import Param
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.step import KINDS, Step
from cockpit.provider import capabilities
from cockpit.ui.keys import TABLE, printed
from cockpit.ui.theme import names

PAGE = Path(__file__).parent / "reference.md"

JSON = """## JSON

Every listing takes `--json` and prints a list of objects (`report`, `handover`: one). Keys are only ever added. Times are RFC 3339
with offset; absent values are `null`.

| command | object |
|---|---|
| `alerts` | `source`, `id`, `name`, `severity` (critical, error, warning, info, unknown), \
`state` (firing, acknowledged, suppressed, resolved), `summary`, `labels`, `annotations`, `started_at`, \
`acknowledged_by`, `links` (list of `name`, `url`), `pending`, \
`acknowledged_at`, `suppressed_by`, `suppressed_until`, `silences` (ids of those that hush it), \
`receivers`, `groups` (as its source's routing made them), \
`pages` (list of `at`, `who`, `channel`, `state` (begun, sent, failed, planned), `why`, `ending`, \
`maybe` (it failed, and may have arrived)) |
| `alerts --by` | `by` (object), `alerts`, `severity`, `firing`, `acknowledged`, `suppressed`, `newest`, \
`common` (labels that all have), `kinds` (alerts by name), `sources`, `ids` |
| `traps`, `trap check` | `source`, `name`, `state` (armed, warning, tripped, blind, disarmed), `reading` (object of numbers), \
`text`, `checked_at`, `trips_in_seconds`, `tripped_at`, `disarmed_until`, `severity`, `drill` (signs, tripped), `drills`, \
`proven_at`, `unproven` |
| `trap drill` | `after_seconds` (of the trip), `who`, `channel`, `gap` (why there is nobody) |
| `trap add` | `file`, `text` (what would be written), `would` (what it would have done), `problem`, `because` |
| `silence --list` | `source`, `id`, `match`, `starts_at`, `ends_at`, `who`, `comment`, `state` (pending, active, expired), `ack`, \
`until_resolved`, `hits` (alerts it hushes now) |
| `silence`, made, changed or only shown | `source`, `match`, `ends_at`, `until_resolved`, `comment`, `replaces`, `hits` (ids), \
`sent`, `state` (of the run) |
| `oncall` | `roster`, `level`, `person`, `name`, `timezone`, `start`, `end`, `source`, `override`, \
`next` (`person`, `name`, `start`), `gap` (`start`, `end`): the present or next one |
| `oncall --week`, `--month`, `--mine` | `roster`, `level`, `person`, `name`, `timezone`, `start`, `end`, `source`, `override`; \
without a person it is a gap |
| `oncall --gaps` | `kind` (gap, double, away), `rosters`, `person`, `name`, `start`, `end`, `why` |
| `oncall overrides` | `source`, `id`, `roster`, `person`, `name`, `start`, `end`, `who`, `why`, \
`undone` (why it cannot be taken back) |
| `oncall --hours` | `person`, `name`, `timezone`, `hours`, of them `nights`, `weekends`, `holidays`; `interruptions`, \
of them `at_night` |
| `escalate` (without `--level`) | `level`, `who` (list of names), `after_seconds`, `policy` |
| `reassign` (without `--to`), `play` (without a play) | `id`, `name`, `about` |
| `maintenance` | `source`, `id`, `services` (list of names), `starts_at`, `ends_at`, `who`, `comment` |
| `runbooks` | `name`, `title`, `key`, `match`, `changes`, `confirm`, `source` (where it runs, if elsewhere), `params`, \
`allow`, `deny`, `file` |
| `runbooks --show` | `name`, `title`, `file`, `url`, `text` |
| `approve` | `id`, `run`, `who`, `uid`, `mine`, `runbook`, `targets`, `changes`, `at`, `until`, `digest`, \
`steps` (for each target, the exact words of each) |
| `incident` | `id`, `title`, `status` (open, identified, monitoring, closed, merged), `severity`, `lead`, `roles` (object), \
`opened_at`, `opened_by`, `closed_at`, `impact`, `impact_start`, `impact_end`, `alerts` (SOURCE/ID), `absorbed`, `into`, \
`split_from`, `traps` (names: armed after it), `rule` (of the config, that opened it), \
`links` (the pages of its alerts at their sources), `action_items` (as `action`); \
with `show` also `timeline` (list of `at`, `what`, `who`, `text`) |
| `action` | `id`, `incident`, `text`, `owner`, `due` (a day), `trap`, `state` (open, done, dropped), `overdue`, `days_left`, \
`trap_gone` (it waits for a trap that there is not), `made_at`, `made_by`, `ended_at`, `ended_by`, `how` (what made it done) |
| `runs` | `id`, `at`, `who`, `what`, `target`, `state`, `exit_code`, `seconds`, `output_path`, `reason`, `url`, \
`part_of`, `targets`, `step`, `waits_for` (a question) |
| `runs --alert` | `id`, `at`, `who`, `runbook`, `target`, `state`, `exit_code`, `seconds`, `source`, `alert`, `alert_name`, \
`alert_where`, `helped` (helped, not helped, unknown, open; null where it only reads), `over_at` |
| `report` | one object: `since`, `until`, `trend`, `trend_test` (`verdict`, `weeks`, `p`, `slope`, `before`, `after`), \
`weeks` (list of `start`, `fires`, `caught`, `pages`, `woken`, `whole`, `known`), `going_on`, \
`lead_seconds`, `acknowledge_seconds`, `resolve_seconds` (each `times`, `median`, `p90`), `called` (list of `who`, `pages`, \
`out_of_hours`, `woken`), `noisy` (list of `alert`, `fired`, `over`, `no_action`), `acknowledged`, `acknowledged_without_action`, \
`never_tripped`, `crying_wolf`, `not_proven`, `never_drilled`, \
`caught` (list of `trap`, `times`, `armed_after`, `lead_seconds`), \
`incidents_without_trap` (list of `id`, `title`, `severity`, `lead`, `closed_at`, `alerts`), \
`fires_without_trap` (list of `alert`, `fires`, `last_at`), `services` (list of `service`, `fires`, `caught`, `incidents`, \
`traps`, `alerts`, `with_runbook`, `without_runbook` and `without_trap` (names)), \
`action_items` (list of `owner`, `open`, `overdue`, `done` (ids)), \
`toil` (list of `what`, `kind` (runbook, step, tick, command), `times`, `seconds`, \
`nights`, `hours` (24 counts), `people` (object of counts), `succeeded`, `failed`, `helped`, `not_helped`, `unknown`, \
`score`, `proven`) |
| `handover` | one object: `at`, `since`, `duties` (list of `roster`, `level`, `from`, `to`, `began`, `at`, `after`, `after_at`), \
`handed` (`at`, `who`, `from`, `to`), `changed` and `happened` (lists of `first`, `last`, `times`, `what`, `who`, `text`), \
`over` (names), `action_items` (as `action`: overdue, or due within a week), \
`alerts` (list of `source`, `id`, `name`, `where`, `severity`, `state`, `summary`, `started_at`, \
`acknowledged_by`, `acknowledged_at`, `new`, `stale`), `suppressed`, `notes` (list of `id`, `at`, `who`, `text`), `incidents`, \
`called` (list of `who`, `times`, `woken`), `traps` (list of `source`, `name`, `state`, `says`), `silences`, `gaps`, `clashes`, \
`away`, `overrides`, `cannot_see` (list of words) |
| `doctor` | `check`, `ok`, `detail` |
| `check` | `file`, `line`, `key`, `what`, `hint`; an empty list is a config without faults |
| `page --channels` | `channel`, `kind`, `last_sent_at`, `failing_since`, `failures`, `why` |
| `providers` | `name`, `kind` (provider, probe, channel), `origin`, `does`, `can` |
| `themes` | `name`, `path`, `current` |
| `keys` | `id`, `keys`, `label`, `help`, `group` |
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            "# Reference",
            "",
            "Drawn from the code by `docs/generate.py`.",
            "",
            *_commands(),
            *_keys(),
            *_probes(),
            *_steps(),
            *_providers(),
            *_offers(),
            *_channels(),
            *_themes(),
            JSON,
        ]
    )


def _commands() -> list[str]:
    parser = build()
    lines = ["## Commands", "", "Before or after any command:", "", *_options(parser), ""]
    sub = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    shared = {action.dest for action in parser._actions}
    for command in COMMANDS:
        lines += [f"### `cockpit {command.name}`", "", f"{command.help[0].upper()}{command.help[1:]}.", ""]
        each = sub.choices[command.name]
        nested = next((action for action in each._actions if isinstance(action, argparse._SubParsersAction)), None)
        lines += [*_options(each, shared), ""] if _options(each, shared) else []
        for name, verb in nested.choices.items() if nested else ():
            told = _options(verb, shared)
            lines += [f"`cockpit {command.name} {name}`", "", *([*told, ""] if told else [])]
        lines += [f"{command.epilog[0].upper()}{command.epilog[1:]}", ""] if command.epilog else []
    return lines


def _options(parser: argparse.ArgumentParser, without: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]  # only read
    return [
        f"- `{'`, `'.join(action.option_strings) or action.metavar or action.dest}`"
        + (f" `{action.metavar}`" if action.option_strings and action.metavar else "")
        + f": {action.help}"
        for action in parser._actions
        if action.dest not in without and not isinstance(action, (argparse._HelpAction, argparse._SubParsersAction))
    ]


def _keys() -> list[str]:
    lines = ["## Keys", "", "| key | name in `[keys]` | does |", "|---|---|---|"]
    lines += [f"| {' '.join(f'`{printed(name)}`' for name in key.keys)} | `{key.id}` | {key.help} |" for key in TABLE]
    return [*lines, ""]


def _probes() -> list[str]:
    lines = [
        "## Probes",
        "",
        "A trap's own keys (`warn`, `trip`, `for`, `every`, …) are in [config.example.toml](../config.example.toml).",
        "",
    ]
    for name in plugins.names(plugins.PROBES):
        probe = plugins.load(plugins.PROBES, name)
        if (probe.__module__ or "").partition(".")[0] != "cockpit":
            continue
        lines += [f"### `{name}`", "", " ".join((probe.__doc__ or "").split()), ""]
        config: type[msgspec.Struct] = probe.Config  # type: ignore[attr-defined]  # the Probe protocol
        wanted = [f"`{f.encode_name}`" + (" (needed)" if f.required else "") for f in msgspec.structs.fields(config)]
        lines += [
            "Keys: " + (", ".join(wanted) + ". " + " ".join((config.__doc__ or "").split()) if wanted else "none."),
            "",
            "| reading | meaning |",
            "|---|---|",
        ]
        lines += [f"| `{reading}` | {meaning} |" for reading, meaning in probe.readings.items()]  # type: ignore[attr-defined]  # as above
        lines.append("")
    return lines


def _steps() -> list[str]:
    common = [f"`{f.encode_name}`" for f in msgspec.structs.fields(Step) if f.name != "do"]
    lines = [
        "## Steps of a runbook",
        "",
        f"A step is of one kind, which one of its keys names. Every step also has {', '.join(common)}. "
        + " ".join((Step.__doc__ or "").removeprefix("One step.").split()),
        "",
    ]
    structs: dict[str, type[msgspec.Struct]] = {
        "What a step takes from its output (`capture`)": Capture,
        "Parameters": Param,
        "What is asked (`ask` of a parameter)": Asked,
    }
    for title, about in structs.items():
        keys = ", ".join(f"`{f.encode_name}`" for f in msgspec.structs.fields(about))
        lines += [f"### {title}", "", f"Keys: {keys}. {' '.join((about.__doc__ or '').split())}", ""]
    lines += ["### Conditions (`when`)", "", " ".join((conditions.__doc__ or "").partition(".")[2].split()), ""]
    for name, kind in KINDS.items():
        wanted = [f"`{f.encode_name}`" + (" (needed)" if f.required else "") for f in msgspec.structs.fields(kind)]
        does = (sys.modules[kind.__module__].__doc__ or "").partition(": ")[2]
        lines += [f"### `{name}`", "", f"{does[:1].upper()}{does[1:].rstrip()}", ""]
        lines += [f"Keys: {', '.join(wanted)}. {' '.join((kind.__doc__ or '').split())}", ""]
    return lines


def _offers() -> list[str]:
    """What can be said of the jobs that a source offers."""
    keys = ", ".join(f"`{f.encode_name}`" for f in msgspec.structs.fields(Rule))
    return [
        "## Runbooks of sources",
        "",
        "A source that can `Runbooks` offers its jobs as runbooks, called `SOURCE/JOB`. `[[sources.NAME.runbooks]]` says what they "
        "are.",
        "",
        f"Keys: {keys}. {' '.join((Rule.__doc__ or '').split())}",
        "",
    ]


def _providers() -> list[str]:
    lines = ["## Providers", "", "Every source also has `provider`, `every`, `timeout`, and `runbooks` if it can `Runbooks`.", ""]
    for name in plugins.names(plugins.PROVIDERS):
        provider = plugins.load(plugins.PROVIDERS, name)
        if (provider.__module__ or "").partition(".")[0] != "cockpit":
            continue
        config: type[msgspec.Struct] = provider.Config  # type: ignore[attr-defined]  # the Provider protocol
        wanted = [f"`{f.encode_name}`" + (" (needed)" if f.required else "") for f in msgspec.structs.fields(config)]
        lines += [f"### `{name}`", "", " ".join((provider.__doc__ or "").split()), ""]
        lines += ["Keys: " + (", ".join(wanted) or "none") + ". " + " ".join((config.__doc__ or "").split()), ""]
        above = config.__mro__[1]
        if above is not msgspec.Struct:
            lines += [" ".join((above.__doc__ or "").replace("; a provider's ``Config`` may inherit them", "").split()), ""]
        lines += [f"It can: {', '.join(sorted(capabilities(provider)))}.", ""]
    return lines


def _channels() -> list[str]:
    lines = [
        "## Channels",
        "",
        "Every channel also has `kind`, `contact` (the kind of a person's contact that it needs), `ends` (whether it is told of "
        'acknowledgement and end, too) and `timeout`. `kind = "source"` with `source` pages by a source that can, and leaves it to '
        "that whom it wakes.",
        "",
    ]
    for name in plugins.names(plugins.CHANNELS):
        channel = plugins.load(plugins.CHANNELS, name)
        if (channel.__module__ or "").partition(".")[0] != "cockpit":
            continue
        config: type[msgspec.Struct] = channel.Config  # type: ignore[attr-defined]  # the Channel protocol
        wanted = [f"`{f.encode_name}`" + (" (needed)" if f.required else "") for f in msgspec.structs.fields(config)]
        does = " ".join((sys.modules[channel.__module__].__doc__ or "").partition("Source:")[0].split())
        needs = f"It needs the contact `{channel.contact}`." if channel.contact else "It needs no contact."  # type: ignore[attr-defined]  # as above
        lines += [
            f"### `{name}`",
            "",
            does,
            "",
            f"Keys: {', '.join(wanted)}. {' '.join((config.__doc__ or '').split())} {needs}",
            "",
        ]
    return lines


def _themes() -> list[str]:
    return [
        "## Themes",
        "",
        ", ".join(f"`{name}`" for name in sorted(names())) + "; your own as `themes/NAME.toml` in the config directory.",
        "",
    ]


def main() -> int:
    """Write the page, or compare."""
    text = page()
    if sys.argv[1:] == ["--check"]:
        return 0 if PAGE.read_text("utf-8") == text else 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
