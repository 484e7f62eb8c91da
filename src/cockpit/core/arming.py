"""A trap as a person fills it in, and which ones fit what happened. All values are texts, as in a form or on a command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from .alerts import Alert
from .causes import Cause
from .forecast import natural_end
from .lookback import Lookback, Moved
from .traps import Origin, Trap
from .units import Seconds, say_number, say_seconds

TEXTS = ("warn", "trip", "for", "every", "forecast", "severity", "went_wrong", "detect", "signs", "owner")
"""Keys of a trap's table that are filled in as they are; the look (``disk path=/``) and the runbooks are put together."""
_EVERY = Trap(name="", probe="").every
_WORD = re.compile(r"(?=[0-9]*[a-z])[a-z0-9]{3,}")
_PLACE = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-f:]+\]):(\d{1,5})")
_HERE = ("localhost", "127.0.0.1", "::1")
MOST = 6
"""Looks that are proposed for one alert, at most."""
_AT = ("path", "url", "unit", "pidfile", "host", "port", "name", "pattern", "run", "query")
_ABOVE, _BELOW = (">=", ">"), ("<=", "<")


class Draft(msgspec.Struct, frozen=True):
    """A look that could have told of it earlier, and why it is proposed. ``moved`` is how the number that it is about went
    beforehand, where that is known."""

    trap: Trap
    because: str
    moved: Moved | None = None


class Proposals(msgspec.Struct, frozen=True, kw_only=True):
    """What is proposed: ``drafts``, the likeliest first, as values of a form and why each; ``blank``, what such a form holds where
    none of them is wanted; and ``standing``, which traps that stand look there already ("": none does)."""

    drafts: tuple[tuple[dict[str, str], str], ...] = ()
    blank: dict[str, str] = {}
    standing: str = ""


def look_of(trap: Trap) -> str:
    """Its probe and the probe's keys on one line: ``disk path=/``."""
    return " ".join([trap.probe, *(shlex.quote(f"{key}={_said(value)}") for key, value in trap.params.items())])


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(f'"{each}"' if isinstance(each, str) else _said(each) for each in value) + "]"
    return str(value)


def read_look(text: str) -> tuple[str, dict[str, object]]:
    """Such a line as the probe's name and its keys: numbers, true, false and lists are what they look like, all else is text.
    Raises ``ValueError``."""
    import tomllib  # deferred: only who arms a trap needs it

    words = shlex.split(text)
    if not words or "=" in words[0]:
        raise ValueError('say how to look: a probe and its keys, like "disk path=/" or "http url=https://shop.example/health"')
    params: dict[str, object] = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ValueError(f"{word!r} is not KEY=VALUE")
        try:
            read = tomllib.loads(f"v = {value}")["v"] if re.fullmatch(r"[\d.+-]+|true|false|\[.*\]", value) else value
            params[key] = read if isinstance(read, (int, float, list)) else value
        except tomllib.TOMLDecodeError:
            params[key] = value
    return words[0], params


def table_of(values: Mapping[str, str], origin: Origin | None) -> dict[str, object]:
    """What stands under ``[traps.NAME]``. Raises ``ValueError`` where the look cannot be read."""
    probe, params = read_look(values.get("look", ""))
    table: dict[str, object] = {"probe": probe, **params}
    table |= {key: values[key].strip() for key in TEXTS if values.get(key, "").strip()}
    if books := [each for each in re.split(r"[,\s]+", values.get("runbooks", "")) if each]:
        table["runbooks"] = books
    if origin is not None:
        table["origin"] = {key: value for key, value in msgspec.structs.asdict(origin).items() if value}
    return table


def values_of(draft: Draft, cause: Cause, helped: Sequence[str] = ()) -> dict[str, str]:
    """The draft as it stands in a form. The three answers are begun with what is known, for a person to finish; of runbooks, those
    that ``helped`` stand first."""
    trap, moved = draft.trap, draft.moved
    bounds = {"warn": trap.warn.text if trap.warn else "", "trip": trap.trip.text if trap.trip else ""}
    return {
        "name": trap.name,
        "look": look_of(trap),
        **bounds,
        "for": say_seconds(trap.hold).replace(" ", "") if trap.hold else "",
        "every": say_seconds(trap.every).replace(" ", "") if trap.every != _EVERY else "",
        "forecast": trap.forecast if trap.trip is not None and trap.trip.metric == trap.forecast else "",
        "severity": "warning",
        "went_wrong": cause.went_wrong,
        "detect": f"{moved.metric} of {look_of(trap)}" if moved is not None else "",
        "signs": f"{_went(moved)} from {moved.began:%Y-%m-%d %H:%M} UTC on" if moved is not None else "",
        "runbooks": ", ".join(dict.fromkeys((*helped, *trap.runbooks))),
        "owner": cause.owner or trap.owner,
    }


def blank_of(name: str, cause: Cause, helped: Sequence[str] = ()) -> dict[str, str]:
    """The form of a look that nobody proposes: with a name, and what is known of the trouble itself."""
    known = {"name": name, "severity": "warning", "went_wrong": cause.went_wrong, "owner": cause.owner}
    return {**known, "runbooks": ", ".join(helped)}


def originals(found: Iterable[Draft], known: Sequence[Trap]) -> tuple[list[Draft], str]:
    """Those of ``found`` that could tell of something before the traps that stand do; and the name of the trap that the likeliest
    of the others only repeats ("": none does). One that repeats another tells nobody anything earlier, and calls for all of it
    twice."""
    kept, repeated = list[Draft](), ""
    for each in found:
        copied = next((trap.name for trap in known if _repeats(each, trap)), "")
        if copied:
            repeated = repeated or copied
        else:
            kept.append(each)
    return kept, repeated


def _repeats(draft: Draft, stands: Trap) -> bool:
    """Whether it looks where the other one does and is not known to trip before it. Where nothing is known of how it went
    beforehand, another number of the same look tells of something else, and does not if the probe judges by itself there."""
    if _place(draft.trap) != _place(stands):
        return False
    one, other = draft.trap.trip, stands.trip
    if one is None:
        return True  # what the probe judges by itself, it judges there, too
    if other is None:
        return draft.moved is None
    if one.metric != other.metric:
        return False
    if one.op in _ABOVE and other.op in _ABOVE:
        return one.value >= other.value
    if one.op in _BELOW and other.op in _BELOW:
        return one.value <= other.value
    return (one.op, one.value) == (other.op, other.value)


def _place(trap: Trap) -> tuple[str, ...]:
    """Where it looks: its probe, and those of the probe's keys that say at what."""
    return trap.probe, *(str(trap.params.get(key, "")) for key in _AT)


def told_of(alert: Alert, trap: Trap) -> bool:
    """Whether a trap looks at the very thing that the alert is about: it raised it, or the alert names where it looks."""
    said = {str(value) for value in alert.labels.values()}
    return trap.name == alert.trap or any(place and place in said for place in _place(trap)[1:])


def standing(names: Iterable[str]) -> str:
    """What is said of the traps that what fits would only repeat; "" where there are none."""
    found = list(dict.fromkeys(each for each in names if each))
    if not found:
        return ""
    verb = "trap {} looks" if len(found) == 1 else "the traps {} look"
    return f"{verb.format(' and '.join(found))} there already; nothing earlier is known of that"


def _went(moved: Moved) -> str:
    way = "rose" if moved.rose else "fell"
    return f"{moved.metric} {way} to {say_number(moved.peak)} (usual: {say_number(moved.usual)})"


def drafts(alert: Alert, known: Sequence[Trap], offered: Iterable[tuple[Trap, str]], host: str) -> tuple[Draft, ...]:
    """Looks that fit an alert, the likeliest first: that of the trap that raised it; of those ``known`` and those ``offered`` for
    this machine (``host``) the ones that speak of the same things, where the alert is of this machine; and what its labels name.
    Their names are free among ``known``."""
    found = [Draft(trap, f"the look of {trap.name}") for trap in known if trap.name == alert.trap]
    if _is_here(alert, host):
        pool = [*((trap, f"the look of {trap.name}") for trap in known), *offered]
        ranked = sorted(((_alike(alert, trap), n) for n, (trap, _) in enumerate(pool)), key=lambda pair: (-pair[0], pair[1]))
        found += [Draft(*pool[n]) for score, n in ranked if score > 0]
    found += _by_labels(alert)
    once: dict[tuple[str, str], Draft] = {}
    for each in found:
        once.setdefault((each.trap.probe, look_of(each.trap)), each)
    return named(list(once.values())[:MOST], alert.name, known)


def moved_before(looked: Lookback, known: Sequence[Trap]) -> tuple[Draft, ...]:
    """The looks of those ``known`` traps whose numbers moved before it, with the bound that would have caught it: the fewest false
    alarms first, then what moved most. A number without such a bound is no proposal."""
    traps = {trap.name: trap for trap in known}
    fitting = [each for each in looked.moved if each.trap in traps and each.bound is not None and each.tested is not None]
    ranked = sorted(fitting, key=lambda each: each.tested.false_alarms if each.tested is not None else 0)
    return tuple(
        caught_by(Draft(msgspec.structs.replace(traps[each.trap], hold=Seconds(0.0)), f"{each.trap} reads it"), each)
        for each in ranked[:MOST]
    )


def together(*found: Sequence[Draft]) -> tuple[Draft, ...]:
    """Several proposals as one: each look and number once, the first of them, and `MOST` in all."""
    once: dict[tuple[str, str], Draft] = {}
    for each in (draft for some in found for draft in some):
        metric = each.trap.trip.metric if each.trap.trip is not None else ""
        once.setdefault((look_of(each.trap), metric), each)
    return tuple(list(once.values())[:MOST])


def named(found: Sequence[Draft], after: str, known: Sequence[Trap]) -> tuple[Draft, ...]:
    """The same, each with a name that is free among ``known`` and says what it is armed ``after``."""
    name = free_name(after, {trap.name for trap in known})
    return tuple(msgspec.structs.replace(each, trap=msgspec.structs.replace(each.trap, name=name)) for each in found)


def free_name(after: str, taken: Collection[str]) -> str:
    """A name for a trap that is armed after what people call so."""
    base = "-".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", after).lower()))[:24].strip("-") or "trap"
    names = [f"{base}-early", *(f"{base}-early-{n}" for n in range(2, 1000))]
    return next(each for each in names if each not in taken)


def _is_here(alert: Alert, host: str) -> bool:
    if alert.trap:
        return True
    places = [alert.labels.get(name, "") for name in ("instance", "host", "hostname", "node")]
    named = [place.rpartition(":")[0] if _PLACE.fullmatch(place) else place for place in places if place]
    return not named or any(place in (*_HERE, host) or place.startswith(f"{host}.") for place in named)


def _alike(alert: Alert, trap: Trap) -> int:
    """How many things they speak of alike: a path, address or unit that is the same counts for more than words."""
    said = {str(value) for value in alert.labels.values()}
    params = [str(value) for value in trap.params.values() if not isinstance(value, bool)]
    common = _words([alert.name, alert.summary, *said]) & _words([trap.name, trap.probe, *params])
    if alert.trap:
        common -= {trap.probe}  # another disk is no sign of this one
    return 10 * sum(value in said for value in params) + len(common)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())}


def _by_labels(alert: Alert) -> list[Draft]:
    found: list[Draft] = []
    for label in ("url", "target", "instance"):
        value = alert.labels.get(label, "")
        if urlsplit(value).scheme in ("http", "https"):
            found.append(Draft(Trap(name="", probe="http", params={"url": value}), f"its label {label} is an address"))
        elif (place := _PLACE.fullmatch(value)) is not None:
            params: dict[str, object] = {"host": place[1], "port": int(place[2])}
            found.append(Draft(Trap(name="", probe="tcp", params=params), f"its label {label} is a host and a port"))
    return found


def caught_by(draft: Draft, moved: Moved) -> Draft:
    """The draft with the bound that looking back found, in place of its own; what has an end by nature is followed towards it."""
    forecast = moved.metric if natural_end(moved.metric) is not None else ""
    trap = msgspec.structs.replace(draft.trap, warn=None, trip=moved.bound, forecast=forecast)
    early = f"{_went(moved)}, {say_seconds(moved.early)} before"
    return Draft(trap, f"{draft.because}; {early}; bound from what was read", moved)
