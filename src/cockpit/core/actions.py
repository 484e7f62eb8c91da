"""What a person or a rule wants done (an action), and what became of it (a run)."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from .alerts import Ref
from .asking import Want
from .covers import Cover
from .jobs import Far
from .responses import RESPONSES, Escalate, Merge, Reassign, Resolve, Response, RunPlay, Snooze
from .several import Aim, Many


class Ack(msgspec.Struct, frozen=True, tag="ack"):
    """Say "I have it" for these alerts. Does not hush a later firing."""

    refs: tuple[Ref, ...]
    note: str = ""


class Unack(msgspec.Struct, frozen=True, tag="unack"):
    """Take an acknowledgement back."""

    refs: tuple[Ref, ...]


class MakeSilence(msgspec.Struct, frozen=True, tag="silence"):
    """Hush at ``source`` what matches ``match`` (filter language) until ``ends_at`` (UTC).

    ``replaces`` is the id of the silence that is to become this one; ``until_resolved`` makes one that ends when all that it hushes
    has resolved, and ``ends_at`` is not looked at. Both need a source that `Edits`.
    """

    source: str
    match: str
    ends_at: datetime
    comment: str
    replaces: str = ""
    until_resolved: bool = False


class EndSilence(msgspec.Struct, frozen=True, tag="unsilence"):
    """End a silence now."""

    ref: Ref


class AddNote(msgspec.Struct, frozen=True, tag="note"):
    """Leave a remark on an alert."""

    ref: Ref
    text: str


class Disarm(msgspec.Struct, frozen=True, tag="disarm"):
    """Rest a trap until ``until`` (UTC); it arms itself again then."""

    trap: Ref
    until: datetime
    why: str


class Arm(msgspec.Struct, frozen=True, tag="arm"):
    """End a trap's rest now."""

    trap: Ref


class DrillTrap(msgspec.Struct, frozen=True, tag="drill"):
    """Rehearse a trap of this machine up to the acknowledgement; ``quiet``: up to the alert, and nobody is paged."""

    trap: Ref
    quiet: bool = False


class MakeOverride(msgspec.Struct, frozen=True, tag="override"):
    """Put people on call at ``roster`` (its source and its name there) for the times in ``covers``. Two of them, crosswise, are a
    swap."""

    roster: Ref
    covers: tuple[Cover, ...]
    why: str = ""


class EndOverride(msgspec.Struct, frozen=True, tag="end-override"):
    """End an override now, or take it away before it begins."""

    ref: Ref


class PagePeople(msgspec.Struct, frozen=True, tag="page"):
    """Tell people now, whatever the escalation policies say. ``to`` names them (``person:ana``, ``roster:primary``, ``level:2``),
    ``via`` the channels, empty for all that fit; ``alert`` is what it is about, if anything. ``incident``: one is opened with it,
    unless the alert is in one. ``test``: it only tries a channel, and counts as no call."""

    to: tuple[str, ...]
    text: str
    alert: Ref | None = None
    via: tuple[str, ...] = ()
    incident: bool = False
    test: bool = False


class Start(msgspec.Struct, frozen=True, tag="run"):
    """Run a runbook with these parameter values, for an alert or for none.

    ``preview`` is the exact argv of every step as the person saw it; the runner resolves again and refuses if it differs.
    ``secrets`` has, for each parameter that is one, the word for which it is held (`Desk.hold`).
    ``undoes`` is the run that it takes back, by the ways back of that run's steps. ``first`` is the number (from 1) of the
    step that it begins with; those before are left out (see `beginning`).
    """

    runbook: str
    params: dict[str, str] = {}
    alert: Ref | None = None
    preview: tuple[tuple[str, ...], ...] = ()
    dry_run: bool = False
    secrets: dict[str, str] = {}
    undoes: str = ""
    first: int = 1

    @property
    def writes(self) -> bool:
        """Whether what was shown says that it changes something (`plans.Plan.exact`), as it is journalled."""
        return any(words[:2] == ("", "changes") for words in self.preview)


class StartMany(msgspec.Struct, frozen=True, tag="run-several"):
    """Run a runbook for several alerts, each as a run of its own (`Run.part_of`), in the order and as ``rule`` says; with the same
    values given by hand and the same secrets for all of them."""

    runbook: str
    aims: tuple[Aim, ...]
    params: dict[str, str] = {}
    rule: Many = Many()
    secrets: dict[str, str] = {}

    def starts(self) -> tuple[Start, ...]:
        """What is done to each target, in their order."""
        return tuple(Start(self.runbook, self.params, aim.alert, aim.preview, secrets=self.secrets) for aim in self.aims)


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """End a run that is going on: TERM to its whole process group, then KILL; one elsewhere is ended by the engine there."""

    run_id: str


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """Answer the question of that ``number`` that a run waits for. It is kept nowhere as it is: ``value`` may be a secret."""

    run_id: str
    number: int
    value: str

    def __repr__(self) -> str:
        return f"Reply({self.run_id!r}, {self.number}, …)"


class Approve(msgspec.Struct, frozen=True, tag="approve"):
    """Say to what another user of this machine asks for that it may be done, or that it may not (``approved``), and ``why``.
    ``digest`` stands for exactly what was shown; see `approvals`."""

    run_id: str
    digest: str
    approved: bool = True
    why: str = ""


class ChangeIncident(msgspec.Struct, frozen=True, tag="incident"):
    """Open an incident ("" for ``incident``), or change one. ``change`` is the kind of its entry in the journal
    (`core.incidents.Change`; its words here, because no screen that opens needs the rest), ``data`` what the entry says."""

    change: str
    incident: str = ""
    data: dict[str, object] = {}


Action = (
    Ack
    | Unack
    | MakeSilence
    | EndSilence
    | AddNote
    | Disarm
    | Arm
    | DrillTrap
    | MakeOverride
    | EndOverride
    | PagePeople
    | Response
    | Start
    | StartMany
    | Cancel
    | Reply
    | Approve
    | ChangeIncident
)


class RunState(enum.Enum):
    """The life of a run.

    ``PENDING``   journalled, nothing sent or started yet.
    ``AWAITING``  journalled, and nothing is started until another has approved it.
    ``RUNNING``   a runbook's step is being executed.
    ``ACCEPTED``  the provider said yes; not yet seen in a snapshot.
    ``CONFIRMED`` a snapshot asked after it settled shows it; or a runbook ended with exit status 0.
    ``FAILED``    the provider said no, or a step ended with another status.
    ``CANCELLED`` a person ended it.  ``TIMED_OUT`` its deadline did.
    ``UNCERTAIN`` it was sent or started and no outcome is known ("outcome unknown").
    """

    PENDING = "pending"
    AWAITING = "awaiting approval"
    RUNNING = "running"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    UNCERTAIN = "outcome unknown"

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self not in (RunState.PENDING, RunState.AWAITING, RunState.RUNNING, RunState.ACCEPTED)


class AddressWanted(msgspec.Struct, frozen=True):
    """What a ``source`` must know of the person before it does anything; ``what`` names it, for people."""

    source: str
    what: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of an action: who, when, on what, with what result. Times are UTC, ``seconds`` the duration.

    ``what`` is the verb ("ack", "silence", "free-disk"); ``target`` says on what, for people. ``settled_mono`` is the engine's
    monotonic time at which it left ``PENDING``/``RUNNING``: only a snapshot asked after it confirms it. ``output_path`` is the
    file that keeps a runbook's output. ``wants`` is what it waits for a person to say, ``approved_by`` the user who approved it,
    where another had to. ``done`` is of how many of its alerts its source has been told so far, where they are many. ``far`` is
    where it goes on, where that is another engine. ``address_wanted``: the source must know who does that before it does anything;
    nothing was sent then. ``amiss``: it was done, and ``reason`` says what on the way to it failed. ``part_of`` is the run for
    several targets that it is one of, ``step`` where of several steps it is, or ended. ``drill``: it was for a drill alone,
    so it is practice.
    """

    id: str
    at: datetime
    who: str
    action: Action
    what: str
    target: str
    state: RunState
    exit_code: int | None = None
    seconds: float | None = None
    output_path: str = ""
    reason: str = ""
    settled_mono: float | None = None
    done: int = 0
    wants: Want | None = None
    approved_by: str = ""
    far: Far | None = None
    address_wanted: AddressWanted | None = None
    amiss: bool = False
    part_of: str = ""
    step: str = ""
    drill: bool = False


def called(run: Run) -> str:
    """What was done, as people say it: a silence that was changed or ended is told from one that was made."""
    match run.action:
        case ChangeIncident(change=change):
            return changing(change)
        case Approve(approved=False):
            return "refuse"
        case MakeSilence(replaces=before) if before:
            return "change silence"
        case EndSilence():
            return "end silence"
    return run.what


def changing(change: str) -> str:
    """What a change of an incident does, as people say it; ``change`` is the kind of its entry."""
    word = change.partition(".")[2]
    about, _, verb = word.partition("_")
    if about == "item":
        return f"action item {verb}"
    return {"impact": "users hurt", "armed": "incident: trap"}.get(word, f"incident {word}")


def progress(run: Run) -> str:
    """What is under way, and how far: ``ack…``, ``ack 300 of 1,200…``."""
    many = len(run.action.refs) if isinstance(run.action, (Ack, Unack)) else 1
    return f"{run.what} {run.done:,} of {many:,}…" if many > 1 else f"{run.what}…"


OURS = (Start, StartMany, PagePeople, Cancel, Reply, Approve, ChangeIncident, DrillTrap)
"""Actions that no source carries out."""

WRITES: dict[type, str] = {
    Ack: "acknowledge",
    Unack: "take an acknowledgement back",
    MakeSilence: "silence",
    EndSilence: "end a silence",
    AddNote: "leave a note",
    Disarm: "disarm a trap",
    Arm: "arm a trap",
    MakeOverride: "override a roster",
    EndOverride: "end an override",
    PagePeople: "page",
    **RESPONSES,
    Start: "run a runbook",
    StartMany: "run a runbook",
    Cancel: "cancel a run",
    Reply: "answer a run",
    Approve: "approve another's run",
    ChangeIncident: "open or change an incident",
    DrillTrap: "drill a trap",
}
"""Every action writes; read-only removes all but `Cancel`, which ends what one began. The words are the person's name for each."""


def touched(action: Action) -> tuple[Ref, ...]:
    """The alerts that an action was about."""
    match action:
        case Ack(refs=refs) | Unack(refs=refs) | Resolve(refs=refs) | Snooze(refs=refs):
            return refs
        case Escalate(refs=refs) | Reassign(refs=refs):
            return refs
        case Merge(into=into, refs=refs):
            return (into, *refs)
        case AddNote(ref=ref) | RunPlay(alert=ref):
            return (ref,)
        case Start(alert=Ref() as ref):
            return (ref,)
        case StartMany(aims=aims):
            return tuple(aim.alert for aim in aims)
    return ()
