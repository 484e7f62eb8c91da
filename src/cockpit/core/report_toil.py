"""The toil ledger: what people do by hand again and again, and what of it a machine could do."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache

import msgspec

from .aftermath import Verdict
from .roster import Person, known_as, zone
from .shells import words_of

NIGHT_COUNTS = 3
"""What is done in the night of whoever does it counts as so many."""
AT_LEAST = 60.0
"""Seconds that anything done by hand takes somebody, however short it is: they had to stop what they did, and to get there."""
OFTEN = 3
"""So often something must have gone well before a machine is to do it."""
RULE = (
    f"Ranked by hours spent × times done; each time counts a minute at least, and {NIGHT_COUNTS} times as much in the night of "
    "whoever did it. Hours and nights are on their own clock. A run helped where its alert was over in time; of the unknown ones "
    "nobody saw."
)
"""How the ledger is ranked, for people."""


class Kind(enum.Enum):
    """What was done: a runbook was run, a step of one waited for a person, a box was ticked, a command was typed while recorded."""

    RUN = "runbook"
    STEP = "step"
    TICK = "tick"
    COMMAND = "command"


class Labour(msgspec.Struct, frozen=True, gc=False):
    """One piece of work: at (UTC), for so long (seconds), by whom. ``ok``: it went well (``None``: nobody knows); ``verdict``:
    whether it helped its alert, where it was for one and changes something."""

    kind: Kind
    what: str
    at: datetime
    seconds: float
    who: str
    ok: bool | None = None
    verdict: Verdict | None = None


class Toil(msgspec.Struct, frozen=True, kw_only=True):
    """All work of one sort. ``seconds`` is all of it; ``hours`` are the times by the hour of the day (0–23) on the clock of whoever
    did it, ``nights`` those in their night; ``people`` is who did it how often, the most first. ``score`` ranks it: see `RULE`."""

    kind: Kind
    what: str
    times: int
    seconds: float
    nights: int
    hours: tuple[int, ...]
    people: tuple[tuple[str, int], ...]
    succeeded: int
    failed: int
    helped: int
    not_helped: int
    unknown: int
    score: float

    @property
    def helped_share(self) -> float | None:
        """Of the runs of which that is known, the share that helped (0–1); ``None`` where it is known of none."""
        known = self.helped + self.not_helped
        return self.helped / known if known else None

    @property
    def busiest(self) -> int:
        """The hour of the day in which it is done most often; the earliest of several."""
        return max(range(24), key=lambda hour: (self.hours[hour], -hour))

    @property
    def proven(self) -> bool:
        """Whether it is for a machine to do: it was done often enough, always went well and, as far as was seen, always helped."""
        well = self.times >= OFTEN and self.succeeded == self.times and not self.not_helped
        return self.kind is Kind.RUN and well and self.helped >= OFTEN


class _Sum:
    """What is counted of one sort of work."""

    __slots__ = ("bad", "good", "hours", "nights", "seconds", "spent", "times", "verdicts", "weight", "who")

    def __init__(self) -> None:
        self.times = self.nights = self.weight = self.good = self.bad = 0
        self.seconds = self.spent = 0.0
        self.hours = [0] * 24
        self.who: Counter[str] = Counter()
        self.verdicts: Counter[Verdict] = Counter()

    def add(self, each: Labour, who: str, hour: int, *, night: bool) -> None:
        """One more."""
        weight = NIGHT_COUNTS if night else 1
        self.times += 1
        self.nights += night
        self.weight += weight
        self.seconds += each.seconds
        self.spent += weight * max(each.seconds, AT_LEAST)
        self.hours[hour] += 1
        self.who[who] += 1
        if each.ok is not None:
            self.good += each.ok
            self.bad += not each.ok
        if each.verdict is not None:
            self.verdicts[each.verdict] += 1

    def toil(self, kind: Kind, what: str) -> Toil:
        """All of it."""
        seen = self.verdicts
        return Toil(
            kind=kind, what=what, times=self.times, seconds=self.seconds, nights=self.nights, hours=tuple(self.hours),
            people=tuple(sorted(self.who.items(), key=lambda each: (-each[1], each[0]))), succeeded=self.good, failed=self.bad,
            helped=seen[Verdict.HELPED], not_helped=seen[Verdict.NOT], unknown=seen[Verdict.UNKNOWN] + seen[Verdict.OPEN],
            score=self.spent / 3600 * self.weight,
        )  # fmt: skip


def ledger(labours: Iterable[Labour], people: Sequence[Person], stranger: Person) -> tuple[Toil, ...]:
    """Everything that was done, what to automate first at the head; see `RULE`. Who is none of ``people`` lives as ``stranger``
    does. Raises ``ValueError`` where a zone does not exist."""
    sums: dict[tuple[Kind, str], _Sum] = {}
    placed = cache(lambda who: _placed(who, people, stranger))
    for each in labours:
        who, asleep = placed(each.who)
        hour, night = asleep(each.at)
        found = sums.get((each.kind, each.what))
        if found is None:
            found = sums[each.kind, each.what] = _Sum()
        found.add(each, who, hour, night=night)
    made = (each.toil(kind, what) for (kind, what), each in sums.items())
    return tuple(sorted(made, key=lambda toil: (-toil.score, toil.what)))


def _placed(who: str, people: Sequence[Person], stranger: Person) -> tuple[str, Callable[[datetime], tuple[int, bool]]]:
    """Somebody's name, and what a moment is for them: its hour, and whether it is in their night."""
    person = known_as(people, who)
    clock, (start, end) = zone((person or stranger).timezone), (person or stranger).night

    def at(moment: datetime) -> tuple[int, bool]:
        there = moment.astimezone(clock)
        time = there.time()
        return there.hour, (start <= time < end if start <= end else time >= start or time < end)

    return person.name if person is not None else who, at


_WORD = re.compile(r"[a-z][a-z0-9-]*")
_BEFORE = re.compile(r"[A-Za-z_]\w*=.*|sudo|doas|env|nohup|time|command|-.*", re.S)
_SHELLS_OWN = frozenset(("cd", "pushd", "popd", "exit", "logout", "clear", "history", "fg", "bg", "jobs", "alias", "unalias"))


@cache
def shape(command: str) -> str:
    """What a command does, whatever it does it to: its program and, where it has such, the verb: ``systemctl restart``. "" for
    what only the shell itself knows of."""
    words = words_of(command)
    while words and _BEFORE.fullmatch(words[0]):
        words.pop(0)
    if not words:
        return ""
    program = words[0].rpartition("/")[2]
    verb = words[1] if len(words) > 1 else ""
    if program in _SHELLS_OWN:
        return ""
    return f"{program} {verb}" if program in _VERBS and _WORD.fullmatch(verb) else program


_VERBS = frozenset(
    ("systemctl", "service", "docker", "podman", "kubectl", "helm", "git", "apt", "apt-get", "dnf", "yum", "ip",
     "pg_ctlcluster", "rabbitmqctl", "consul", "nomad", "vault", "terraform", "aws", "gcloud", "az", "supervisorctl", "pm2",
     "zpool", "zfs", "cockpit", "amtool", "promtool", "redis-cli", "etcdctl", "virsh", "crm", "pcs")
)  # fmt: skip
"""Programs whose first word says what they do."""
