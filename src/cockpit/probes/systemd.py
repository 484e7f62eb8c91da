"""``systemd``: units that have failed, or the state of one of them."""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds
from ..provider import Host, ProbeError, Reading
from .dial import say_within

_PROPERTIES = ("LoadState", "ActiveState", "SubState", "Result", "NRestarts")
_ON_THE_WAY = frozenset({"activating", "reloading", "refreshing", "deactivating"})


class SystemdConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With ``unit``, that one: it should be in one of ``states``. Without, all: more than ``allow`` failed ones trip, those that
    match ``ignore`` (``apt-*.service``) left out. ``user`` asks this user's own manager. ``within`` bounds the answer."""

    unit: str = ""
    states: tuple[str, ...] = ("active",)
    ignore: tuple[str, ...] = ()
    allow: int = 0
    user: bool = False
    within: Seconds = Seconds(8.0)

    def __post_init__(self) -> None:
        if self.unit.startswith("-"):
            raise ValueError(f"{self.unit!r} is not a unit's name")
        if self.allow < 0:
            raise ValueError("allow must not be negative")


class Systemd:
    """Seen to be wrong: failed units; or the unit is in another state, masked, or unknown to systemd. On the way to another state
    it warns. Cannot see: this machine was not booted with systemd, or it does not answer."""

    Config: ClassVar[type[msgspec.Struct]] = SystemdConfig
    readings: ClassVar[Mapping[str, str]] = {
        "failed": "how many units have failed (without unit)",
        "active": "1 if the unit is in one of the states, else 0 (with unit)",
        "restarts": "how often systemd has restarted it by itself (with unit; services alone)",
    }

    def __init__(self, config: SystemdConfig, host: Host) -> None:  # noqa: ARG002  # every probe is given its host
        self._config = config

    @property
    def subject(self) -> str:
        """The unit, or all."""
        return self._config.unit or ("user units" if self._config.user else "systemd")

    def look(self) -> Reading:
        """Ask systemctl once."""
        return self._one() if self._config.unit else self._all()

    def _all(self) -> Reading:
        said = self._ask("list-units", "--state=failed", "--all", "--full", "--plain", "--no-legend")
        units = [line.split()[0] for line in said.splitlines() if line.strip()]
        failed = [unit for unit in units if not any(fnmatch.fnmatchcase(unit, each) for each in self._config.ignore)]
        values = {"failed": float(len(failed))}
        if not failed:
            return Reading(values, "no failed units")
        shown = clean(", ".join(failed[:4]), 200) + (f" and {len(failed) - 4} more" if len(failed) > 4 else "")
        return Reading(values, f"{len(failed)} failed: {shown}", TrapState.TRIPPED if len(failed) > self._config.allow else None)

    def _one(self) -> Reading:
        said = self._ask("show", f"--property={','.join(_PROPERTIES)}", "--", self._config.unit)
        state = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        load, active, sub = (state.get(name, "") for name in _PROPERTIES[:3])
        if not active:
            raise ProbeError(f"systemctl does not tell the state of {clean(self._config.unit, 100)}")
        as_wanted = active in self._config.states
        values = {"active": float(as_wanted)}
        if state.get("NRestarts", "").isdecimal():
            values["restarts"] = float(state["NRestarts"])
        text = clean(f"{active} ({sub})", 100)
        if values.get("restarts"):
            text += f", restarted {values['restarts']:.0f} times"
        if load in ("not-found", "masked", "bad-setting", "error"):
            said = "systemd knows no such unit" if load == "not-found" else f"its definition is {clean(load, 50)}"
            return Reading(values, f"{said}: {text}", TrapState.TRIPPED)
        if as_wanted:
            return Reading(values, text)
        if active in _ON_THE_WAY and sub != "auto-restart":
            return Reading(values, text, TrapState.WARNING)
        if state.get("Result", "success") != "success":
            text += f": {clean(state['Result'], 100)}"
        return Reading(values, text, TrapState.TRIPPED)

    def _ask(self, *words: str) -> str:
        """What systemctl says. Raises `ProbeError`."""
        program = shutil.which("systemctl")
        if program is None:
            raise ProbeError("this machine has no systemctl: it does not run systemd")
        argv = [program, "--no-pager", "--no-ask-password", *(["--user"] if self._config.user else []), *words]
        surroundings = {**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_URLIFY": "0"}
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=self._config.within, env=surroundings
            )
        except subprocess.TimeoutExpired as error:
            raise ProbeError(f"systemctl gave no answer within {say_within(self._config.within)}") from error
        except OSError as error:
            raise ProbeError(f"cannot run systemctl: {error.strerror}") from error
        if done.returncode != 0:
            said = clean(done.stderr.decode("utf-8", "replace").strip()[:2000], 200)
            if "not been booted with systemd" in said:
                said = "this machine was not booted with systemd"
            raise ProbeError(said or f"systemctl ended with {done.returncode} and no word")
        return done.stdout.decode("utf-8", "replace")
