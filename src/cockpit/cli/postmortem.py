"""``cockpit postmortem``: an incident's page, drafted from the journal."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from ..config.model import Config
from ..core.incident_timeline import BEFORE
from ..core.incidents import Incident, number_of
from ..core.postmortem import Facts, Graph, draft, moment_of, signs_of, telling
from ..core.roster import display
from ..core.spoken import spoken
from ..core.text import clean
from ..engine.incident_facts import lines_of, pasts_of
from ..engine.incident_signs import LOOKED_BACK, numbers, signs
from ..engine.journal import Journal
from ..engine.recordings import recordings
from . import COULD_NOT_SEE, FINE
from .configured import read_config
from .listing import say
from .moments import viewer
from .options import Options, Stop
from .record import journal

_MARK = "<!-- drafted by cockpit, not edited since: {} -->\n"


def postmortem(options: Options) -> int:
    """Print the draft, or write it into a file that nobody has edited."""
    config, wanted = read_config(options), number_of(options.text("id"))
    with journal() as kept:
        known = kept.incidents()
        if not known and kept.problem:
            raise Stop(kept.problem, COULD_NOT_SEE)
        here = known.get(wanted)
        if here is None:
            raise Stop(f"there is no incident {clean(wanted, 80)}; `cockpit incident list --all` lists them")
        if here.into:
            raise Stop(f"{here.id} was merged into {here.into}: its postmortem is that one's")
        page = draft(_facts(kept, here, known, config))
    if not options.text("output"):
        for line in page.splitlines():
            say(line)
        return FINE
    path = Path(options.text("output"))
    _write(path, page)
    say(f"Written to {path}.")
    return FINE


def team_zone(config: Config) -> tzinfo | None:
    """The zone that a team's page speaks of: the first roster's; with none, the viewer's own."""
    first = next(iter(config.rosters.values()), None)
    return ZoneInfo(first.timezone) if first is not None else viewer(config)


def _facts(kept: Journal, here: Incident, known: dict[str, Incident], config: Config) -> Facts:
    raised = {each.trap for each in here.members if each.trap}
    shown, looked, moment = here.began - BEFORE, signs(kept, here, known, config.traps), moment_of(here)
    told = [each for each, _ in signs_of(looked)]
    drawn = telling(numbers(kept, raised), config.traps)
    called = display(config.people.values())
    return Facts(
        incident=spoken(here, called),
        lines=lines_of(kept, here, called),
        pasts=pasts_of(kept, here),
        graphs=tuple(Graph(trap, name, kept.readings(trap, name, shown)) for trap, name in drawn),
        signs=tuple(Graph(each.trap, each.metric, kept.readings(each.trap, each.metric, moment - LOOKED_BACK)) for each in told),
        looked=looked,
        moment=moment,
        now=datetime.now(UTC),
        zone=team_zone(config),
        people=tuple(config.people.values()),
        traps=frozenset(config.traps),
        filmed=recordings(kept, shown, here.closed_at or datetime.now(UTC)),
    )


def _write(path: Path, page: str) -> None:
    """A new file, or in the place of a draft that is as it was written; anything else is left alone. Whole or not at all."""
    text = page + _MARK.format(hashlib.sha256(page.encode()).hexdigest())
    if path.is_symlink() or (path.exists() and not _unedited(path)):
        raise Stop(f"{path} is there already, and not as a draft was written: nothing was changed. Give --output another file.")
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.replace(beside, path)
        else:
            os.link(beside, path)  # unlike a rename it never writes over what appeared meanwhile
    except OSError as error:
        raise Stop(f"{path} could not be written: {error.strerror}; nothing was changed", COULD_NOT_SEE) from error
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _unedited(path: Path) -> bool:
    try:
        page, mark, digest = path.read_text("utf-8").rpartition(_MARK.partition("{}")[0])
    except (OSError, ValueError):
        return False
    return bool(mark) and mark + digest == _MARK.format(hashlib.sha256(page.encode()).hexdigest())
