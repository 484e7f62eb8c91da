"""What is recorded can be read again as it was, cut off anywhere; what is secret is not in it; what is damaged does no harm."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.actions import Start
from cockpit.core.recorded import Gone, Header, Noted, Printed, Read, Said, Written, layout
from cockpit.core.roster import Person
from cockpit.core.runbooks import Runbook
from cockpit.core.sharing import Told, encoded
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.text import clean, clean_block
from cockpit.core.traps import TrapState, as_laid
from cockpit.engine import recording_in, recording_room
from cockpit.engine.recording_file import ANEW, APART, FIRST, HEAD, MAGIC, WINDOW, chunk
from cockpit.engine.recording_in import NotReplayed, Recording, was_ended
from cockpit.engine.recording_in import opened as opened_file
from cockpit.engine.recording_out import REST, NotRecorded, RecordingWriter
from cockpit.engine.redacting import Redactor
from cockpit.engine.replay_scene import Scene
from cockpit.engine.store import Facts
from support.recordings import HEADER, acked, alert, around, said, story, trap, unpacked

OPEN: list[Recording] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def opened(path: Path) -> Recording:
    """It, closed at the test's end."""
    OPEN.append(opened_file(path))
    return OPEN[-1]


SECRET = "hunter2-sesame/street?"


def at(recording: Recording, position: float) -> Facts:
    """What was known at a position."""
    place = recording.place(position)
    begin = recording.beginning(place)
    scene, stream = Scene(recording.header), recording.stream(begin)
    for number in range(begin, place):
        scene.take(next(stream), recording.chunks[number].position)
    return scene.facts(position)


def names(facts: Facts) -> list[str]:
    return [each.where for each in facts.snapshots["am"].alerts or ()]


def test_each_moment_is_read_as_it_was(tmp_path: Path) -> None:
    recording = opened(story(tmp_path / "a.rec"))
    assert [names(at(recording, position)) for position in (0, 9.9, 10, 29, 30)] == [
        ["db-0", "db-1"], ["db-0", "db-1"], ["db-0", "db-1", "db-2"], ["db-0", "db-1", "db-2"], ["db-0", "db-2"],
    ]  # fmt: skip
    assert at(recording, 12).snapshots["am"].alerts == tuple(alert(number) for number in range(3))
    assert [run.id for run in at(recording, 30).runs] == [acked(0, 0).id]
    assert (recording.length, recording.broken, was_ended(recording)) == (30.0, "", True)


def test_ages_are_those_of_the_moment(tmp_path: Path) -> None:
    recording = opened(story(tmp_path / "a.rec"))
    ages = [at(recording, position).around.health[0].age for position in (0.0, 9.0, 10.0, 14.5, 29.0)]
    assert ages == [timedelta(seconds=age) for age in (0, 9, 0, 4.5, 14)]


def test_one_steps_to_what_happened_and_not_to_every_poll(tmp_path: Path) -> None:
    assert opened(story(tmp_path / "a.rec")).events == (0.0, 10.0, 20.0, 30.0)


def test_a_reading_that_moved_is_no_event_and_a_trap_that_tripped_is(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        for after, used in enumerate((50.0, 51.0, 52.0)):
            recording.put(float(after), Facts({"local": trap("disk", used, after)}, (), around("local")))
        tripped = trap("disk", 93.0, 3)
        views = tuple(msgspec.structs.replace(each, state=type(each.state).TRIPPED) for each in tripped.traps or ())
        recording.put(3.0, Facts({"local": msgspec.structs.replace(tripped, traps=views)}, (), around("local")))
    assert opened(path).events == (0.0, 3.0)


def test_of_a_recording_cut_off_anywhere_all_whole_moments_are_left(tmp_path: Path) -> None:
    whole = story(tmp_path / "a.rec").read_bytes()
    recording = opened(tmp_path / "a.rec")
    ends = [each.start + each.packed for each in recording.chunks]
    path = tmp_path / "b.rec"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        if size < ends[0]:
            with pytest.raises(NotReplayed):
                opened(path)
            continue
        cut = opened(path)
        assert len(cut.chunks) == sum(end <= size for end in ends)
        assert bool(cut.broken) == (size not in ends), size
        assert not was_ended(cut)
        at(cut, cut.length)
        cut.close()


def test_what_was_known_is_told_anew_so_that_nobody_reads_from_the_beginning(tmp_path: Path) -> None:
    path, long = tmp_path / "a.rec", os.urandom(30_000).hex()
    with RecordingWriter(path, HEADER) as recording:
        for after in range(100):
            alerts = (alert(0, summary=f"{after}"), alert(1, annotations={"long": long, "at": f"{after}"}))
            recording.put(float(after), Facts({"am": said(alerts, after)}, (acked(0, 0),), around("am")))
    found = opened(path)
    assert found.beginning(found.place(99.0)) > 60
    for position in (0.0, 17.0, 50.0, 99.0):
        kept = at(found, position).snapshots["am"].alerts or ()
        assert (kept[0].summary, kept[1].annotations["at"]) == (f"{position:.0f}", f"{position:.0f}")
        assert at(found, position).runs == (acked(0, 0),)
    biggest = max(found.beginning(place + 1) for place in range(len(found.chunks)))
    assert 100 - biggest < 2 * REST / 60_000 + 2


def test_a_moment_of_many_alerts_is_told_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    many = tuple(alert(number, annotations={"long": os.urandom(2000).hex()}) for number in range(3000))
    with RecordingWriter(path, HEADER) as recording:
        recording.put(0.0, Facts({"am": said(many[:1], 0)}, (), around("am")))
        recording.put(1.0, Facts({"am": said(many, 1)}, (), around("am")))
    found = opened(path)
    assert len(at(found, 1.0).snapshots["am"].alerts or ()) == 3000
    cut = tmp_path / "b.rec"
    last = max(each.start + each.packed for each in found.chunks if not each.flags & APART)
    cut.write_bytes(path.read_bytes()[: last - 1])
    left = opened(cut)
    assert (left.length, len(at(left, 1.0).snapshots["am"].alerts or ())) == (0.0, 1)


def test_a_source_that_goes_away_and_one_that_comes_are_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        am = said((alert(0),), 0)
        recording.put(0.0, Facts({"am": am, "local": trap("disk", 5, 0)}, (), around("am", "local")))
        recording.put(1.0, Facts({"am": am}, (), around("am")))
        recording.put(2.0, Facts({"local": trap("disk", 5, 2)}, (), around("local")))
    found = opened(path)
    assert [sorted(at(found, float(each)).snapshots) for each in range(3)] == [["am", "local"], ["am"], ["local"]]


def test_nothing_is_written_where_nothing_differs(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", HEADER) as recording:
        facts = Facts({"am": said((alert(0),), 0)}, (acked(0, 0),), around("am"))
        assert recording.put(0.0, facts)
        before = recording.bytes
        assert not recording.put(5.0, facts)
        assert recording.bytes == before


@pytest.mark.parametrize("spelling", [*Redactor().hide(SECRET)], ids=lambda each: each.decode("latin-1"))
def test_no_secret_is_in_it_in_any_spelling(tmp_path: Path, spelling: bytes) -> None:  # safety 22
    text = spelling.decode()
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        recording.hide([SECRET])
        shown = alert(0, annotations={"curl": f"-H 'X: {text}'"}, labels={text: "x"}, summary=f"tried {text}, failed")
        recording.put(0.0, Facts({"am": said((shown,), 0)}, (), around("am", remarks=(f"am: {text} is wrong",))))
        recording.tell(1.0, Printed("run-1", 0, (f"token: {text}", "done")))
    assert spelling not in unpacked(path)
    found = opened(path)
    (kept,) = at(found, 1.0).snapshots["am"].alerts or ()
    assert (kept.annotations["curl"], kept.summary) == ("-H 'X: ***'", "tried ***, failed")
    (printed,) = found.apart(1)
    assert isinstance(printed, Printed)
    assert printed.lines == ("token: ***", "done")


MIDDLES = ("\x1b[1m", "\x1b]0;title\x07", "\x00", "\x7f", "\u200b", "\u202e", "\x9b1m", "\x1b[0;31m\u200b")


@pytest.mark.parametrize("made", [str, clean, clean_block], ids=["as it came", "cleaned", "cleaned block"])
@pytest.mark.parametrize("between", MIDDLES, ids=ascii)
def test_no_secret_is_in_it_whatever_stands_in_its_middle(
    tmp_path: Path, between: str, made: Callable[[str], str]
) -> None:  # safety 22
    text = made(f"tried {SECRET[:7]}{between}{SECRET[7:]}, failed")
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        recording.hide([SECRET])
        recording.put(0.0, Facts({"am": said((alert(0, summary=text, labels={text: "x"}),), 0)}, (), around("am", remarks=(text,))))
        marked = Noted(at=HEADER.began_at, kind="mark", data={"text": text})
        recording.tell(1.0, Printed("run-1", 0, (text, "done")), Written((marked,)))
    assert SECRET[:7].encode() not in unpacked(path)
    assert SECRET[7:].encode() not in unpacked(path)
    (kept,) = at(opened(path), 1.0).snapshots["am"].alerts or ()
    assert kept.summary == "tried ***, failed"


def test_what_looks_like_that_and_is_no_secret_stays(tmp_path: Path) -> None:
    path, text = tmp_path / "a.rec", "S\u00e3o Paulo \u241b[1mred\u241b[0m \u27e8U+200B\u27e9 hunter2\nnext\tline"
    with RecordingWriter(path, HEADER) as recording:
        recording.hide([SECRET])
        recording.put(0.0, Facts({"am": said((alert(0, annotations={"a": text}),), 0)}, (), around("am")))
    assert text.encode() in unpacked(path)


def test_the_beginning_of_a_secret_at_a_text_that_was_cut_is_not_in_it_either(tmp_path: Path) -> None:  # safety 22
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        recording.hide([SECRET])
        recording.put(0.0, Facts({"am": said((alert(0, summary=f"long {SECRET[:12]}…"),), 0)}, (), around("am")))
    assert SECRET[:12].encode() not in unpacked(path)


def test_how_a_trap_looks_and_what_a_runbook_does_is_not_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    book = Runbook(name="restart", title="Restart {host}", match="alertname=DiskFull", changes="restarts it",
                   steps=(Step(RunStep(("ssh", "root@10.9.8.7", "reboot"))),))  # fmt: skip
    start = Start("restart", {"host": "10.9.8.7"}, preview=(("ssh", "root@10.9.8.7"), ("", "changes")))
    run = msgspec.structs.replace(acked(0, 0), action=start, output_path="/home/ana/x")
    with RecordingWriter(path, HEADER) as recording:
        local = trap("site", 5, 0, url="https://10.9.8.7/health", headers={"Authorization": "env:TOKEN"})
        recording.put(0.0, Facts({"local": local}, (run,), around("local", runbooks=(book,))))
    data = unpacked(path)
    for each in (b"10.9.8.7", b"TOKEN", b"kept to itself", b"/home/ana"):
        assert each not in data
    facts = at(opened(path), 0.0)
    (kept,) = facts.around.runbooks
    assert (kept.name, kept.title, kept.match, kept.changes, len(kept.steps)) == (*(
        book.name, book.title, book.match, book.changes), 1)  # fmt: skip
    (view,) = facts.snapshots["local"].traps or ()
    assert (view.trap.params, as_laid(view.trap, view.watch).state) == ({"path": "/"}, TrapState.ARMED)
    assert isinstance(facts.runs[0].action, Start)
    assert facts.runs[0].action.writes


def test_it_is_ours_alone_and_no_file_is_written_over(tmp_path: Path) -> None:  # safety 21
    path = tmp_path / "a.rec"
    before = os.umask(0)
    try:
        RecordingWriter(path, HEADER).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for other in (path, tmp_path / "link"):
        if not other.exists():
            other.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(NotRecorded, match="there already"):
            RecordingWriter(other, HEADER)
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(NotRecorded, match="No such file"):
        RecordingWriter(tmp_path / "no" / "a.rec", HEADER)


def made(path: Path, *chunks: tuple[int, int, bytes], head: Header = HEADER) -> Path:
    """A file of these (flags, position in microseconds, body), each a stream of its own."""
    data = MAGIC
    head = msgspec.structs.replace(head, layout=head.layout or layout())
    for flags, position, body in ((FIRST, 0, message(head)), *chunks):
        packer = zlib.compressobj(9, zlib.DEFLATED, WINDOW)
        data += chunk(flags, position, packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH), len(body))
    path.write_bytes(data)
    return path


def message(each: Any) -> bytes:
    body = encoded(each)
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("data", "said_of_it"),
    [
        (b"", "not a recording"),
        (b"\x7fELF", "not a recording"),
        (b"cockpit recording 2\nxxxx", "format that this cockpit does not know"),
        (MAGIC, "first bytes"),
        (MAGIC + b"\0" * 500, "first bytes"),
        (MAGIC + HEAD.pack(FIRST, 0, 2**32 - 1, 2**32 - 1, 0), "first bytes"),
    ],
    ids=str,
)
def test_what_is_no_recording_is_told_as_that(tmp_path: Path, data: bytes, said_of_it: str) -> None:
    path = tmp_path / "a.rec"
    path.write_bytes(data)
    with pytest.raises(NotReplayed, match=said_of_it):
        opened(path)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero"), tmp_path / "nothing"):
        with pytest.raises(NotReplayed):
            opened(path)


def test_one_of_a_newer_cockpit_or_of_another_layout_is_refused(tmp_path: Path) -> None:
    newer = msgspec.structs.replace(HEADER, version=2, cockpit="9.9")
    other = msgspec.structs.replace(HEADER, cockpit="0.1", layout=("ref", "severity"))
    for head, said_of_it in ((newer, "newer cockpit .9.9"), (other, "laid out otherwise.*cockpit 0.1")):
        with pytest.raises(NotReplayed, match=said_of_it):
            opened(made(tmp_path / "a.rec", (ANEW, 0, b""), head=head))


@pytest.mark.parametrize(
    "head",
    [
        msgspec.structs.replace(HEADER, mono=float("nan")),
        msgspec.structs.replace(HEADER, began_at=HEADER.began_at.replace(year=9999)),
        msgspec.structs.replace(HEADER, began_at=HEADER.began_at.replace(tzinfo=None)),
        msgspec.structs.replace(HEADER, zones=("Mars/Olympus",)),
        msgspec.structs.replace(HEADER, people=(Person(id="ana", name="Ana", timezone="../../etc/passwd"),)),
    ],
    ids=str,
)
def test_a_header_that_lies_is_refused(tmp_path: Path, head: Header) -> None:
    with pytest.raises(NotReplayed, match="begins with what no recording says"):
        opened(made(tmp_path / "a.rec", (ANEW, 0, b""), head=head))


TOLD = Told(asked_at=HEADER.began_at, asked_mono=HEADER.mono, kinds=("alerts",), anew=("alerts",), parts=0)


@pytest.mark.parametrize(
    "told",
    [
        msgspec.structs.replace(TOLD, asked_mono=float("inf")),
        msgspec.structs.replace(TOLD, asked_at=HEADER.began_at.replace(tzinfo=None)),
        msgspec.structs.replace(TOLD, kinds=("alerts", "silences")),
        msgspec.structs.replace(TOLD, kinds=("secrets",), anew=("secrets",)),
        msgspec.structs.replace(TOLD, parts=1_000_000_000),
    ],
    ids=str,
)
def test_a_source_that_lies_is_refused(tmp_path: Path, told: Told) -> None:
    found = opened(made(tmp_path / "a.rec", (ANEW, 0, message(Said("am", told)))))
    with pytest.raises(ValueError, match=r"cannot be|never told|breaks off"):
        at(found, 0.0)


def test_a_runbook_whose_match_cannot_be_read_is_offered_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        book = Runbook(name="a", title="A", steps=(), match="a=~(((")
        recording.put(0.0, Facts({"am": said((), 0)}, (), around("am", runbooks=(book,))))
    assert [each.match for each in at(opened(path), 0.0).around.runbooks] == [""]


def test_a_bomb_is_not_unpacked_further_than_it_says(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, WINDOW)
    bomb = packer.compress(bytes(200 * 2**20)) + packer.flush()
    path = made(tmp_path / "a.rec", (ANEW, 0, b""))
    path.write_bytes(path.read_bytes() + chunk(0, 1, bomb, 10))
    found = opened(path)
    with pytest.raises(NotReplayed, match="not as long as it says"):
        list(found.stream(0))
    path.write_bytes(made(path, (ANEW, 0, b"")).read_bytes() + chunk(0, 1, bomb, 200 * 2**20))
    assert opened(path).broken


def test_more_than_a_moment_can_have_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_in, "MOST", 10 * 2**20)
    packer = zlib.compressobj(9, zlib.DEFLATED, WINDOW)
    body = message(Gone("x" * 2**20))
    packed = packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH)
    path = made(tmp_path / "a.rec", (ANEW, 0, b""))
    path.write_bytes(path.read_bytes() + b"".join(chunk(0, number, packed, len(body)) for number in range(1, 12)))
    stream = opened(path).stream(0)
    assert len(list(islice(stream, 10))) == 10
    with pytest.raises(NotReplayed, match="10 MB"):
        next(stream)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_told_and_nothing_else_happens(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    whole = bytearray(story(folder / "a.rec").read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "b.rec").write_bytes(whole)
    with suppress(NotReplayed, ValueError), opened_file(folder / "b.rec") as found:
        at(found, found.length)
        assert names(at(found, 0.0)) == ["db-0", "db-1"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_messages_that_hold_together_and_mean_nothing_are_refused(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]
) -> None:
    path = made(tmp_path_factory.mktemp("odd") / "a.rec", *((ANEW, number, body) for number, body in enumerate((b"", *bodies))))
    with suppress(NotReplayed, ValueError), opened_file(path) as found:
        for place, each in enumerate(found.stream(0)):
            Scene(found.header).take(each, float(place))
        assert not any(bodies)


def test_what_is_hostile_in_it_is_shown_harmless(tmp_path: Path) -> None:  # safety 1
    path, evil = tmp_path / "a.rec", "\x1b]52;c;aGk=\x07\u202e"
    with RecordingWriter(path, HEADER) as recording:
        run = msgspec.structs.replace(acked(0, 0), target=evil, reason=evil, who=evil)
        book = Runbook(name="a", title=evil, steps=())
        recording.put(
            0.0,
            Facts({"am": said((alert(0, summary=evil, name=evil, labels={"a": evil}),), 0)}, (run,),
                  around("am", remarks=(evil,), keeper=evil, runbooks=(book,))),
        )  # fmt: skip
    facts = at(opened(path), 0.0)
    (kept,) = facts.snapshots["am"].alerts or ()
    texts = (kept.summary, kept.name, kept.labels["a"], facts.runs[0].target, facts.runs[0].reason, facts.runs[0].who,
             facts.around.remarks[0], facts.around.keeper, facts.around.runbooks[0].title)  # fmt: skip
    for text in texts:
        assert "\x1b" not in text
        assert "\u202e" not in text


def goes_on(recording: RecordingWriter) -> None:
    """A line a second, for longer than any limit of these tests."""
    for after in range(1, 2000):
        recording.tell(float(after), Printed("run-1", after, (os.urandom(50).hex(),)))


def test_a_recording_ends_with_a_reason_before_it_is_longer_than_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (recording_in, recording_room):
        monkeypatch.setattr(module, "MANY", 1100)
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        recording.put(0.0, Facts({"am": said((alert(0),), 0)}, (), around("am")))
        with pytest.raises(NotRecorded, match="full at 100 moments"):
            goes_on(recording)
        recording.close("it was full")
    found = opened(path)
    assert (found.broken, was_ended(found), found.length) == ("", True, 99.0)


def test_one_that_is_longer_than_is_read_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path / "a.rec")
    monkeypatch.setattr(recording_in, "MANY", 4)
    assert opened(path).broken == "it has more than the 4 moments that this version reads"


@pytest.mark.parametrize(
    ("told", "said_of_it"),
    [
        (Printed("run-1", 0, ("x",) * 20), "10 lines of output"),
        (Read("disk", "used", ((0.0, 1.0),) * 20), "10 readings"),
        (Written((Noted(at=HEADER.began_at, kind="mark"),) * 20), "10 entries of the journal"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_no_more_is_recorded_than_a_replay_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Any, said_of_it: str
) -> None:
    for name in ("ENTRIES", "LINES", "POINTS"):
        monkeypatch.setattr(recording_room, name, 10)
    with RecordingWriter(tmp_path / "a.rec", HEADER) as recording:
        recording.put(0.0, Facts({"am": said((alert(0),), 0)}, (), around("am")))
        with pytest.raises(NotRecorded, match=said_of_it):
            recording.tell(1.0, told)


def test_a_recording_ends_at_its_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER, largest=5000) as recording:
        recording.put(0.0, Facts({"am": said((alert(0),), 0)}, (), around("am")))
        with pytest.raises(NotRecorded, match=r"full at 5\.0 kB"):
            goes_on(recording)
    assert 5000 <= path.stat().st_size < 5500
    assert was_ended(opened(path))
