"""The socket of a watch, and who of several real users of the machine may look through it. As root, who can be several."""

from __future__ import annotations

import grp
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.sources import Snapshot
from cockpit.engine.hub import Hub, Standing
from cockpit.engine.serving import Serving
from cockpit.engine.sharing import _bound
from support.neighbours import Neighbour, Street, street

_LOOKS = """
import asyncio
from cockpit.engine.attached import NotShared, attach

async def look():
    try:
        found = await attach({path!r}, "am", "like", lambda: None)
    except NotShared as error:
        return f"not shared: {{error}}"
    names = [alert.name for alert in (await found.ask(fresh=False)).records["alerts"]]
    found.close()
    return ",".join(names)

print(asyncio.run(asyncio.wait_for(look(), 30)))
"""


class Shared:
    """A watch of root's that shares one alert with a group; two users, the first of whom is of that group."""

    def __init__(self, here: Street) -> None:
        self.path = str(here.folder / "watch.sock")
        group = grp.getgrgid(here.asker.group).gr_name
        self.serving = Serving(Hub(lambda _: None), _bound(self.path, group), keeps=True, group=group)
        alert = Alert(ref=Ref("am", "1"), name="DiskFull", severity=Severity.CRITICAL, state=AlertState.FIRING)
        said = Snapshot(source="am", asked_at=datetime(2026, 11, 2, 3, 12, tzinfo=UTC), asked_mono=1.0, alerts=(alert,))
        self.serving._hub.put("am", Standing(0, "like", said, 0.1))
        self.serving.start()
        self.member = here.asker
        self.stranger = Neighbour(here.other.name, here.other.home, 65534, here.other.python)

    def seen_by(self, user: Neighbour) -> str:
        return user.python_says(_LOOKS.format(path=self.path))


@pytest.fixture
def shared() -> Iterator[Shared]:
    with street() as here:
        made = Shared(here)
        yield made
        made.serving.stop()


def test_another_user_of_the_group_looks_through_a_watch_of_root(shared: Shared) -> None:
    facts = Path(shared.path).stat()
    assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o777) == (0, shared.member.group, 0o660)
    assert shared.member.uid not in (0, os.geteuid())
    assert shared.seen_by(shared.member) == "DiskFull"


def test_a_user_who_is_not_of_the_group_does_not(shared: Shared) -> None:
    assert "may not be read by this user: who may, is [watch] group" in shared.seen_by(shared.stranger)


def test_nor_where_the_files_permissions_let_everybody_through(shared: Shared) -> None:
    os.chmod(shared.path, 0o666)
    assert "does not speak as a watch" in shared.seen_by(shared.stranger)
    assert shared.seen_by(shared.member) == "DiskFull", "who may is served all the same"
