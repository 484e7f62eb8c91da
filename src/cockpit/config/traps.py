"""``[traps.NAME]``: the cockpit's own keys, and the probe's beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache

import msgspec

from .. import plugins
from ..core.drills import DRILL_LABEL, DRILL_WORDS
from ..core.text import clean, clean_block
from ..core.traps import Origin, Trap
from ..core.units import Bound, Seconds, say_seconds, seconds
from .decode import Decoder, fields_of
from .faults import suggestion
from .locate import KeyPath

ProbeOf = Callable[[str], type]
"""Gives a probe's class by its name; raises `plugins.PluginError`."""

NOT_KEYS = frozenset({"name", "params"})
"""Fields of `Trap` that the file doesn't write as keys: the table's name, and what belongs to the probe."""

SHORTEST = 1.0
"""No trap looks and no source is asked more often than this, in seconds."""

_EVERY = next(Seconds(field.default) for field in fields_of(Trap) if field.name == "every")

_ANSWERS = ("went_wrong", "detect", "signs")


@cache
def trap_keys() -> Mapping[str, str]:
    """The keys of a trap's table which are the cockpit's own, and the field of `Trap` that each one is (``for`` is ``hold``)."""
    names = (field.name for field in fields_of(Trap))
    return {("for" if name == "hold" else name): name for name in names if name not in NOT_KEYS}


def read_trap(decoder: Decoder, name: str, raw: object, probe_of: ProbeOf, runbooks: Collection[str]) -> Trap | None:
    """One ``[traps.NAME]``; every runbook it names must be among ``runbooks``."""
    path: KeyPath = ("traps", name)
    if not isinstance(raw, Mapping):
        decoder.fields(Trap, raw, path)
        return None
    keys = trap_keys()
    fields = {field.name: field for field in fields_of(Trap)}
    own = {keys[key]: decoder.value(fields[keys[key]].type, value, (*path, key)) for key, value in raw.items() if key in keys}
    params = {key: value for key, value in raw.items() if key not in keys}
    probe = _probe(decoder, raw, path, probe_of)
    if probe is not None:
        params = _params(decoder, probe, raw, path)
        _check_bounds(decoder, probe, own, path)
        if not getattr(probe, "judges", True) and own.get("warn") is None and own.get("trip") is None:
            readings = ", ".join(sorted(probe.readings))  # type: ignore[attr-defined]  # the Probe protocol
            what = f"trap {name!r} can never warn or trip: {raw.get('probe')} judges nothing by itself"
            decoder.faults.add(path, what, f"write a warn or a trip; it gives {readings}")
    _check_times(decoder, own, path)
    _check_within(decoder, own, params, path)
    for index, runbook in enumerate(found if isinstance(found := own.get("runbooks"), tuple) else ()):
        if runbook not in runbooks:
            hint = suggestion(runbook, runbooks) or f"write a [runbooks.{runbook}]"
            decoder.faults.add((*path, "runbooks", index), f"trap {name!r} wants the runbook {runbook!r}, and there is none", hint)
    for key in (*_ANSWERS, "owner"):
        if isinstance(text := own.get(key), str):
            own[key] = clean_block(text) if key in _ANSWERS else clean(text)
    if isinstance(labels := own.get("labels"), dict):
        own["labels"] = kept = {clean(key): clean(text) for key, text in labels.items()}
        if kept.get(DRILL_LABEL) in DRILL_WORDS:  # an Alertmanager knows alerts by their labels: it would be one with its own drill
            decoder.faults.remarks.append(
                f"trap {clean(name)}: its label {DRILL_LABEL} is kept as exported_{DRILL_LABEL}, for with {kept[DRILL_LABEL]!r} it "
                "says that an alert is a drill: call it otherwise"
            )
            kept[f"exported_{DRILL_LABEL}"] = kept.pop(DRILL_LABEL)
    if isinstance(born := own.get("origin"), Origin):
        own["origin"] = Origin(**{name: clean(text) for name, text in msgspec.structs.asdict(born).items()})
    if "probe" not in own:
        return None
    built = decoder.built(Trap, {**own, "name": name, "params": params}, path)
    return built if isinstance(built, Trap) else None


def _probe(decoder: Decoder, raw: Mapping[str, object], path: KeyPath, probe_of: ProbeOf) -> type | None:
    wanted = raw.get("probe")
    installed = plugins.names(plugins.PROBES)
    if wanted is None:
        decoder.faults.add((*path, "probe"), "probe is missing: it says how to look", f"installed are {', '.join(installed)}")
    if not isinstance(wanted, str):
        return None  # a wrong type was noted with the other fields
    try:
        return probe_of(wanted)
    except plugins.PluginError as error:
        hint = suggestion(wanted, installed, listed=False) if wanted not in installed else ""
        decoder.faults.add((*path, "probe"), str(error), hint)
        return None


def _params(decoder: Decoder, probe: type, raw: Mapping[str, object], path: KeyPath) -> dict[str, object]:
    """The probe's own keys, checked by its ``Config`` and given back raw. A key that both know goes to both."""
    config: type[msgspec.Struct] = probe.Config  # type: ignore[attr-defined]  # the Probe protocol: every probe has one
    theirs = {field.encode_name for field in fields_of(config)}
    params = {key: value for key, value in raw.items() if key in theirs or key not in trap_keys()}
    decoded = decoder.fields(config, params, path, also=trap_keys())
    if isinstance(decoded, dict):
        decoder.built(config, decoded, path)
    return params


def _check_bounds(decoder: Decoder, probe: type, own: Mapping[str, object], path: KeyPath) -> None:
    readings: Mapping[str, str] = probe.readings  # type: ignore[attr-defined]  # the Probe protocol
    warn, trip, forecast = own.get("warn"), own.get("trip"), own.get("forecast")
    for key, limit in (("warn", warn), ("trip", trip)):
        if isinstance(limit, Bound):
            _check_reading(decoder, readings, limit.metric, (*path, key))
    if isinstance(forecast, str) and forecast:
        _check_reading(decoder, readings, forecast, (*path, "forecast"))
        if not isinstance(trip, Bound):
            decoder.faults.add((*path, "forecast"), f"forecast follows {forecast} towards trip, and there is no trip")
        elif trip.metric != forecast and _gives(readings, trip.metric) and _gives(readings, forecast):
            what = f"forecast follows {forecast}, and trip is about {trip.metric}: they must be the same reading"
            decoder.faults.add((*path, "forecast"), what)
        elif trip.op in ("==", "!="):
            decoder.faults.add((*path, "forecast"), f"forecast needs a trip with >=, >, <= or <, not {trip.op}")
    elif own.get("warn_within") is not None:
        decoder.faults.add((*path, "warn_within"), "warn_within needs forecast: it says which reading's trend is followed")
    if isinstance(warn, Bound) and isinstance(trip, Bound) and _too_late(warn, trip):
        decoder.faults.add((*path, "warn"), f"warn ({warn.text}) comes no earlier than trip ({trip.text})", "were they swapped?")


def _too_late(warn: Bound, trip: Bound) -> bool:
    if warn.metric != trip.metric or warn.op[0] != trip.op[0] or warn.op[0] not in "<>":
        return False
    return warn.value > trip.value if warn.rising else warn.value < trip.value


def _check_reading(decoder: Decoder, readings: Mapping[str, str], metric: str, path: KeyPath) -> None:
    if not _gives(readings, metric):
        hint = suggestion(metric, readings).replace("known are", "it gives")
        decoder.faults.add(path, f"this probe gives no reading {metric!r}", hint)


def _gives(readings: Mapping[str, str], metric: str) -> bool:
    return metric in readings or any(name.endswith("*") and metric.startswith(name[:-1]) for name in readings)


def _check_times(decoder: Decoder, own: Mapping[str, object], path: KeyPath) -> None:
    every, timeout = own.get("every"), own.get("timeout")
    if isinstance(every, Seconds) and every < SHORTEST:
        decoder.faults.add((*path, "every"), "every must be at least 1s")
    if isinstance(timeout, Seconds) and timeout <= 0:
        decoder.faults.add((*path, "timeout"), "timeout must be more than 0")


def _check_within(decoder: Decoder, own: Mapping[str, object], params: Mapping[str, object], path: KeyPath) -> None:
    """A probe that is given more time than the keeper waits for a look would always be blind for "no answer". A heartbeat's
    ``within`` is the job's time, not the look's."""
    if own.get("probe") == "heartbeat" or not isinstance(own.get("every", Seconds(0)), Seconds):
        return
    try:
        within = seconds(params.get("within"))  # type: ignore[arg-type]  # what is no duration was told where it was decoded
    except (TypeError, ValueError, AttributeError):
        return
    every, timeout = own.get("every", _EVERY), own.get("timeout")
    assert isinstance(every, Seconds)  # noqa: S101  # as looked at above
    limit = min(2 * every, timeout if isinstance(timeout, Seconds) and timeout < within else 2 * every)
    if within >= limit > 0:
        what = f"within is {say_seconds(within)}, and the look would be given up after {say_seconds(limit)}"
        hint = "it must be shorter than two intervals (every), and no longer than timeout"
        decoder.faults.add((*path, "within"), what, hint)
