"""``wait``: until a trap is armed again, an alert is gone, or a reading is below or above a bound; at most as long as the step may
take."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from ..alerts import LOCAL
from ..metadata import CREDENTIALS, hands_out_credentials
from ..placeholders import filled
from ..traps import Trap
from ..units import Bound, Seconds, bound, say_seconds
from .coded import host_of
from .kind import HOW_TO_REFER, Fault, KeyPath, Shown, odd_reference
from .verb import ALERT, SOURCE

Until: TypeAlias = Literal["armed", "gone", "holds"]


class WaitStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``wait`` is ``armed`` (the ``trap`` is armed again), ``gone`` (the alert that the runbook is run for is resolved, or is no
    more at its source) or ``holds``: what ``until`` says of the readings of ``trap`` (``used_percent < 80``), or of what ``query``
    finds (``value < 5``; of several series every one must) at the Prometheus at ``url``, with the secret ``bearer`` refers to. The
    query is taken as it stands: no value becomes part of it. It looks ``every`` so often, and has the trap looked at. Of what
    cannot be seen nothing is believed: a blind trap, a blind source and a query that finds nothing are waited for. The step's
    ``timeout`` is its deadline."""

    wait: Until
    trap: str = ""
    until: str = ""
    every: Seconds = Seconds(5.0)
    source: str = ""
    alert: str = ALERT
    query: str = ""
    url: str = ""
    bearer: str = ""

    @property
    def references(self) -> tuple[str, ...]:
        """The secrets that it sends."""
        return (self.bearer,) if self.bearer else ()

    @property
    def look(self) -> Trap:
        """A trap on ``query`` that trips as long as what is waited for does not hold, for the worst of its series."""
        auth: dict[str, object] = {"auth": {"bearer": self.bearer}} if self.bearer else {}
        trip = _opposite(bound(self.until))
        params: dict[str, object] = {"url": self.url, "query": self.query, "trip": trip.text, **auth}
        return Trap(name="what is waited for", probe="promql", params=params, trip=trip)

    @property
    def writes(self) -> bool:
        """It only looks."""
        return False

    @property
    def _at(self) -> str:
        return self.source or (SOURCE if self.wait == "gone" else LOCAL)

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        if self.query:
            return
        yield ("source",), self._at
        yield from (((("alert",), self.alert),) if self.wait == "gone" else ((("trap",), self.trap),))

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        if self.query or self.url:
            yield from self._odd_query()
        elif (self.wait == "gone") is bool(self.trap):
            said = "gone is said of the alert: it has no trap" if self.trap else f"{self.wait} needs trap: which one"
            yield Fault(("trap",), said, "" if self.trap else 'trap = "root-disk"')
        if (self.wait == "holds") is not bool(self.until):
            said = f"{self.wait} has no until" if self.until else "holds needs until: what is to hold"
            yield Fault(("until",), said, "" if self.until else 'until = "used_percent < 80"')
        if self.until:
            try:
                bound(self.until)
            except ValueError as error:
                yield Fault(("until",), f"until: {error}")
        if self.every < 1:
            yield Fault(("every",), "every must be at least 1 s")

    def _odd_query(self) -> Iterator[Fault]:
        if self.wait != "holds" or self.trap or not self.query:
            yield Fault(
                ("query",), "query goes with holds, without a trap", 'wait = "holds", query = "…", url = "…", until = "value < 5"'
            )
        if wrong := self._odd_url():
            yield Fault(("url",), f"url must be the address of a Prometheus: {wrong}", 'url = "https://prometheus.example"')
        if self.bearer and (wrong := odd_reference(self.bearer)):
            yield Fault(("bearer",), f"bearer {wrong}", HOW_TO_REFER)

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> WaitStep:
        """See `Kind`."""
        if self.query:
            return msgspec.structs.replace(self, source="", alert="")
        gone = self.wait == "gone"
        return msgspec.structs.replace(
            self,
            source=filled(self._at, values),
            trap=filled(self.trap, values),
            alert=filled(self.alert, values) if gone else "",
        )

    def _odd_url(self) -> str:
        """Why a query may not be sent there; as strict as of ``http``."""
        from ..addresses import address_problem  # deferred: few runbooks have an address

        if wrong := address_problem(self.url):
            return wrong
        return CREDENTIALS if hands_out_credentials(host_of(self.url)) else ""

    def problem(self) -> str:
        """See `Kind`."""
        wrong = self._odd_url() if self.query else ""
        return f"cannot ask for its query: {wrong}" if wrong else ""

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (
            "",
            "wait",
            self.wait,
            self.source,
            self.alert or self.trap,
            self.until,
            str(float(self.every)),
            self.query,
            self.url,
            self.bearer,
        )

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        sent = (Shown("", (f"Authorization: Bearer, the secret {self.bearer}",), text=True),) if self.bearer else ()
        looks = Shown("", (f"looks every {say_seconds(self.every)}",), text=True, beside=True)
        return (Shown("waits", ("until", *self._wanted()), text=False), *sent, looks)

    def _wanted(self) -> tuple[str, ...]:
        if self.query:
            return (self.until, "of", self.query, "at", self.url)
        match self.wait:
            case "armed":
                return (self.trap, "at", self.source, "is", "armed")
            case "gone":
                return (self.alert, "at", self.source, "is", "gone")
            case "holds":
                return (self.until, "of", self.trap, "at", self.source)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (f"wait until {' '.join(self._wanted())}",)


_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _opposite(wanted: Bound) -> Bound:
    op = _OPPOSITES.get(wanted.op, "")
    return msgspec.structs.replace(wanted, op=op, text=f"{wanted.metric} {op} {wanted.value:g}")
