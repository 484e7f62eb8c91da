"""Runbooks that are jobs of other engines: how a job becomes one, by what the config says of it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

from .jobs import Job, Option, OptionKind
from .offering import Rule
from .patterns import PatternError, compiled
from .placeholders import ANY, literal
from .runbooks import Param, Runbook
from .steps.job import JobStep
from .steps.step import Step


def runbooks_of(jobs: Iterable[Job], rules: Sequence[Rule]) -> tuple[Runbook, ...]:
    """The runbooks that the jobs of one source are, in the order of the rules; those of no rule come last."""
    found: list[tuple[int, Runbook]] = []
    for job in jobs:
        number = next((n for n, rule in enumerate(rules) if fnmatch.fnmatchcase(job.name, rule.jobs)), len(rules))
        rule = rules[number] if number < len(rules) else Rule()
        if not rule.hide:
            found.append((number, runbook_of(job, rule)))
    return tuple(book for _, book in sorted(found, key=lambda each: each[0]))


def runbook_of(job: Job, rule: Rule) -> Runbook:
    """A job as a runbook, called ``SOURCE/NAME``."""
    source = job.ref.source
    secrets = {
        name: where for name, where in rule.secrets.items() if any(each.secret and each.name == name for each in job.options)
    }
    free = tuple(each.name for each in job.options if not each.secret and each.name not in rule.params)
    step = JobStep(source, job.ref.id, job.name, job.request, job.adds, job.options, secrets, _refused(job, rule), free)
    does = rule.changes or f"runs {literal(job.name)} at {source}"
    return Runbook(
        name=f"{source}/{job.name}",
        title=rule.title or f"{source}: {literal(job.title or job.name)}",
        steps=(Step(step),),
        key=rule.key,
        match=rule.match,
        changes=None if rule.only_reads else does,
        confirm=rule.confirm,
        timeout=rule.timeout,
        target=rule.target,
        helps_within=rule.helps_within,
        allow=rule.allow,
        deny=rule.deny,
        params={each.name: _param(each, rule.params.get(each.name, Param())) for each in job.options if not each.secret},
        help=job.help,
    )


def source_of(runbook: Runbook) -> str:
    """The source that runs it; "" for one that runs here."""
    return next((step.do.source for step in runbook.steps if isinstance(step.do, JobStep)), "")


def _refused(job: Job, rule: Rule) -> str:
    strange = [name for name in (*rule.params, *rule.secrets) if all(each.name != name for each in job.options)]
    if strange and not job.refused:
        has = ", ".join(each.name for each in job.options) or "none"
        return f"its config names {', '.join(strange)}, which is no option of it at {job.ref.source}: it has {has}"
    return job.refused


def _param(option: Option, own: Param) -> Param:
    """An option as a parameter, with what the config says of it. One that need not be given is empty, and not sent."""
    default = own.default if own.default is not None else option.default
    optional = not option.required
    pattern = own.pattern if own.pattern != ANY else _pattern(option)
    dashes = option.kind is OptionKind.NUMBER or any(each.startswith("-") for each in option.choices)
    return Param(
        source=own.source,
        default="" if default is None and optional else default,
        pattern=f"(?:{pattern})?" if optional and pattern != ANY else pattern,
        allow_dash=own.allow_dash or dashes,
        allow_control=own.allow_control,
        help=own.help or _help(option),
    )


def _pattern(option: Option) -> str:
    """The engine's pattern, where it can be used here; what it says beyond that, it says itself. What the value must be one of, the
    step says."""
    try:
        compiled(f"(?:{option.pattern})?" if option.pattern else ANY)
    except PatternError:
        return ANY
    return option.pattern or ANY


def _help(option: Option) -> str:
    """The engine's own help, and what the value may be."""
    words = {OptionKind.NUMBER: "a number", OptionKind.YES_NO: "true or false"}.get(option.kind, "")
    if option.choices:
        words = ", ".join(option.choices[:20]) + (", …" if len(option.choices) > 20 or option.open else "")
    first = option.help.strip().split("\n")[0]
    return f"{first} ({words})" if first and words else first or words
