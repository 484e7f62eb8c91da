"""``cockpit export prometheus``: the local traps as rules of a Prometheus, the way out when one machine is outgrown."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import msgspec

from .. import plugins
from ..config.model import Config
from ..core.export.laid import Laid
from ..core.export.rules import Out, modules, rule_file, said, scrape, translate
from ..core.text import clean
from ..core.traps import Trap
from ..engine.person import this_host
from . import BAD, FINE, USAGE
from .books import shelf
from .configured import configured
from .listing import say_output
from .options import Options, Stop


def export(options: Options) -> int:
    """Print one of the three files. What does not go, or is not quite the same, is told on standard error, and stands at the head
    of the rules; the exit status is 1 where a trap does not go at all."""
    if options.json:
        raise Stop("what is exported is YAML, for Prometheus to read: leave --json out", USAGE)
    config = configured(options)
    host = options.text("instance") or this_host()
    outs = exported(config, host)
    if options.flag("blackbox"):
        written = modules(outs)
    elif options.flag("scrape"):
        places = (
            options.text(f"{name}_at") or f"{host}:{port}" for name, port in (("node", 9100), ("blackbox", 9115), ("push", 9091))
        )
        written = scrape(outs, host, *places)
    else:
        written = rule_file(outs)
    say_output(written.removesuffix("\n"))
    for line in said(outs):
        sys.stderr.write(f"{clean(line, 1000)}\n")
    return BAD if any(not out.rules for out in outs) else FINE


def exported(config: Config, host: str) -> list[Out]:
    """Every trap of the config, translated; in their order."""
    addresses = {name: book.url for name, book in shelf(config).books.items()} if config.repositories else {}
    return [translate(_laid(trap, host, addresses)) for trap in config.traps.values()]


def _laid(trap: Trap, host: str, addresses: Mapping[str, str]) -> Laid:
    settings = {**_defaults(plugins.load(plugins.PROBES, trap.probe)), **trap.params}
    path = settings.get("path")
    mount = _mount(path, settings.get("mounted") is True) if trap.probe == "disk" and isinstance(path, str) else ""
    runbook = next((addresses[name] for name in trap.runbooks if addresses.get(name)), "")
    return Laid(trap=trap, settings=settings, host=host, mount=mount, runbook=runbook)


def _defaults(probe: type) -> dict[str, object]:
    fields = msgspec.structs.fields(probe.Config)  # type: ignore[attr-defined]  # the Probe protocol: every probe has one
    return {field.encode_name: field.default for field in fields if field.default is not msgspec.NODEFAULT}


def _mount(path: str, mounted: bool) -> str:
    """The mount point that holds the path, as the kernel names it; the path itself where it must be one."""
    real = os.path.realpath(path)
    while not mounted and real != "/" and not os.path.ismount(real):
        real = os.path.dirname(real)
    return real
