"""Entry points read by ourselves: the same ones that the standard library finds."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cockpit import plugins

ASK = "from cockpit import plugins; print(plugins.names(plugins.PROBES), plugins.origin(plugins.PROBES, 'moon'), {more})"


def installed(folder: Path, name: str, version: str, points: str) -> None:
    """A distribution as an installer leaves it."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    (info / "entry_points.txt").write_text(points, "utf-8")


def asked(*folders: Path, more: str = "''") -> str:
    """What a cockpit sees that has these in front of its path."""
    script = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}; " + ASK.format(more=more)
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("group", [plugins.PROVIDERS, plugins.PROBES])
def test_the_installed_plugins_are_those_of_the_standard_library(group: str) -> None:
    found = {point.name: (point.value, point.dist.version) for point in entry_points(group=group) if point.dist is not None}
    assert plugins.names(group) == tuple(sorted(found))
    for name, (value, version) in found.items():
        module, _, attribute = value.partition(":")
        kind = plugins.load(group, name)
        assert (kind.__module__, kind.__qualname__) == (module, attribute)
        assert plugins.origin(group, name).split()[1] == version


def test_a_third_partys_plugin_is_found_and_loaded(tmp_path: Path) -> None:
    installed(
        tmp_path, "Cockpit_Moon", "1.2", "[console_scripts]\nx = y:z\n\n[cockpit.probes]\n# its phase\nmoon = moon : Phase.Now\n"
    )
    (tmp_path / "moon.py").write_text("class Phase:\n    class Now: ...\n", "utf-8")
    said = asked(tmp_path, more="plugins.load(plugins.PROBES, 'moon').__qualname__")
    assert "'moon'" in said
    assert "Cockpit_Moon 1.2 Phase.Now" in said


def test_of_two_versions_the_first_on_the_path_counts(tmp_path: Path) -> None:
    installed(tmp_path / "a", "cockpit_moon", "2.0", "[cockpit.probes]\nfull_moon = moon:Full\n")
    installed(tmp_path / "b", "Cockpit.Moon", "1.0", "[cockpit.probes]\nmoon = moon:Phase\n")
    said = asked(tmp_path / "a", tmp_path / "b")
    assert "'full_moon'" in said
    assert "'moon'" not in said


def test_a_distribution_that_cannot_be_read_costs_itself_alone(tmp_path: Path) -> None:
    installed(tmp_path, "broken", "1", "")
    (tmp_path / "broken-1.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[cockpit.probes]\nmoon = moon:Phase\n")
    assert "'disk'" in asked(tmp_path)


def test_what_lies_in_a_zip_file_is_found_all_the_same(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "moon.zip", "w") as file:
        file.writestr("cockpit_moon-3.dist-info/METADATA", "Metadata-Version: 2.1\nName: cockpit-moon\nVersion: 3\n")
        file.writestr("cockpit_moon-3.dist-info/entry_points.txt", "[cockpit.probes]\nmoon = moon:Phase\n")
    said = asked(tmp_path / "moon.zip")
    assert "'moon'" in said
    assert "cockpit-moon 3" in said
