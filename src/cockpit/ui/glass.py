"""The pane of glass between the screen and the terminal: what is wanted, what is shown, and the shortest way between the two.

Stock output repaints regions: 2 to 50 kB for a cursor move. Here only cells that differ are written. What is wanted can change many
times before it is asked for, so a slow terminal gets the newest picture and never a queue of old ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import ne

from rich.segment import Segment

from .cell_rows import BLANK, UNKNOWN, Cell, Row, differing, mend, mend_edges, runs, sure, written
from .cells import Characters, uncertain
from .pen import PLAIN, Pen, move

_ERASE = "\x1b[K"
_REMEMBERED = 4096  # pieces of text that are kept as cells: widgets hand in the same ones again and again
_SCROLL_GAIN = 60  # cells that must be saved before the terminal is asked to scroll (some 30 bytes, and a risk of tearing)


class Glass:
    """Holds ``width`` × ``height`` cells. Nothing is known of the terminal until `clear` has been sent."""

    def __init__(self, width: int, height: int, pen: Pen, characters: Characters) -> None:
        self.width, self.height = width, height
        self.pen, self._characters = pen, characters
        self._wanted: list[Row] = [[BLANK] * width for _ in range(height)]
        self._shown: list[Row] = [[UNKNOWN] * width for _ in range(height)]
        self._touched: set[int] = set(range(height))
        self._look: int | None = None
        self._x: int | None = None
        self._y: int | None = None
        self._clear = False
        self._parked: tuple[int, int] | None = None
        self._pieces: dict[tuple[str, int], Row] = {}

    # ── what is wanted ────────────────────────────────────────────────────────────────────────────────────────────

    def resize(self, width: int, height: int) -> None:
        """Want another size. The terminal may show anything now."""
        kept = [row[:width] + [BLANK] * (width - self.width) for row in self._wanted[:height]]
        self._wanted = kept + [[BLANK] * width for _ in range(height - len(kept))]
        for row in self._wanted:
            mend(row, width)
        self.width, self.height = width, height
        self.forget()

    def forget(self) -> None:
        """Nothing is known of what the terminal shows: write every cell again, without a blank moment in between."""
        self._shown = [[UNKNOWN] * self.width for _ in range(self.height)]
        self._touched = set(range(self.height))
        self._look = self._x = self._y = None

    def adopt(self, lines: Sequence[str], looks: Sequence[int]) -> bool:
        """The terminal shows these lines already, each in one look, and exactly as wide; blanks, however, are not relied upon. Want
        nothing else until something is painted. False, and nothing is known of it, if they are not as wide."""
        rows = [self._piece(line, look)[:] for line, look in zip(lines, looks, strict=True)]
        width = len(rows[0]) if rows else 0
        if any(len(row) != width for row in rows):
            return False
        self.width, self.height = width, len(rows)
        self._wanted, self._shown = rows, [written(row) for row in rows]
        self._touched = set(range(self.height))
        self._clear, self._look, self._x, self._y = False, None, None, None
        return True

    def lines(self) -> list[str]:
        """What is wanted as text, a line as long as it takes cells; ``?`` for what terminals may take for another width."""
        return ["".join(sure(row)) for row in self._wanted]

    def clear(self) -> None:
        """Whatever the terminal shows now is not ours: wipe it and draw all again."""
        self._clear = True
        self.forget()

    def paint(self, x: int, y: int, segments: Iterable[Segment], length: int) -> None:
        """Want this text at column ``x`` of line ``y``, in exactly ``length`` columns. Control segments are left out."""
        if not 0 <= y < self.height or not 0 <= x < self.width:
            return
        cells: Row = []
        for text, style, control in segments:
            if not control:
                cells += self._piece(text, self.pen.number(style))
        length = min(length, self.width - x)
        if len(cells) < length:
            cells += [BLANK] * (length - len(cells))
        del cells[length:]
        mend(cells, length)
        row = self._wanted[y]
        if row[x : x + length] != cells:
            row[x : x + length] = cells
            mend_edges(row, x, x + length)
            self._touched.add(y)

    def _piece(self, text: str, look: int) -> Row:
        known = self._pieces.get((text, look))
        if known is None:
            blank = (" ", self.pen.blank(look))
            known = [(char, look) if char != " " else blank for char in self._characters.cells(text)]
            if len(self._pieces) >= _REMEMBERED:
                self._pieces.clear()
            self._pieces[text, look] = known
        return known

    def park(self, at: tuple[int, int] | None) -> None:
        """Where the (hidden) cursor is wanted after each frame: input methods open their window there. ``None``: anywhere."""
        self._parked = at if at and 0 <= at[0] < self.width and 0 <= at[1] < self.height else None

    # ── the way there ─────────────────────────────────────────────────────────────────────────────────────────────

    def difference(self) -> str:
        """What to write so that the terminal shows what is wanted; from then on it counts as shown. Empty if nothing differs."""
        out: list[str] = []
        if self._clear:
            self._wipe(out)
        changed = sorted(y for y in self._touched if self._wanted[y] != self._shown[y])
        self._touched.clear()
        if len(changed) >= 3 and self._scroll(changed, out):
            changed = [y for y in range(self.height) if self._wanted[y] != self._shown[y]]
        for y in changed:
            self._write_row(y, out)
            self._shown[y] = self._wanted[y][:]
        if self._parked and (self._x, self._y) != self._parked:
            self._go(*self._parked, out)
        return "".join(out)

    def _wipe(self, out: list[str]) -> None:
        out.append("\x1b[r\x1b[m\x1b[H\x1b[2J")
        self._clear = False
        self._shown = [[BLANK] * self.width for _ in range(self.height)]
        self._look, self._x, self._y = PLAIN, 0, 0

    def _go(self, x: int, y: int, out: list[str]) -> None:
        out.append(move(self._x, self._y, x, y))
        self._x, self._y = x, y

    def _turn(self, look: int, out: list[str]) -> None:
        out.append(self.pen.change(self._look, look))
        self._look = look

    def _write_row(self, y: int, out: list[str]) -> None:
        new, old = self._wanted[y], self._shown[y]
        end = self.width  # from here on all is wanted blank
        while end and new[end - 1] == BLANK:
            end -= 1
        erase = next((x for x in range(end, self.width) if old[x] != BLANK), None)
        if erase is not None and sum(map(ne, old[erase:], new[erase:])) <= len(_ERASE):
            erase, end = None, self.width
        for start, stop in runs(new, old, end):
            begin = self._approach(start, y, new)
            self._write_cells(begin, y, new[begin:stop], out)
        if erase is not None:
            self._go(erase, y, out)
            if self._look is None or self.pen.blank(self._look) != PLAIN:  # terminals erase to the background that is set
                self._turn(PLAIN, out)
            out.append(_ERASE)

    def _approach(self, x: int, y: int, row: Row) -> int:
        """The column to begin at for a run from column ``x`` on: a few cells earlier, where to write what stands there in the look
        that is on takes less than to step over it."""
        best, cost = x, len(move(self._x, self._y, x, y))
        for begin in range(x - 1, max(-1, x - 4), -1):
            if not self._goes_as_it_is(row[begin]):
                break
            if (new := len(move(self._x, self._y, begin, y)) + x - begin) < cost:
                best, cost = begin, new
        return best

    def _goes_as_it_is(self, cell: Cell) -> bool:
        """Whether a cell is one byte, in the look that is on."""
        text, look = cell
        same = look == self._look or (text == " " and self._look is not None and look == self.pen.blank(self._look))
        return same and len(text) == 1 and text.isascii()

    def _write_cells(self, x: int, y: int, cells: Sequence[Cell], out: list[str]) -> None:
        """Write a run of cells, which never begins or ends inside a wide character."""
        self._go(x, y, out)
        pen, at = self.pen, 0
        while at < len(cells):
            look = cells[at][1]
            if not (cells[at][0] == " " and self._look is not None and pen.blank(self._look) == look):
                self._turn(look, out)
            stop = self._same_until(cells, at + 1)
            texts = [text for text, _ in cells[at:stop]]
            text = "".join(texts)
            if text.isascii() or not any(map(uncertain, set(texts))):
                out.append(text)
                self._stand(x + stop, y)
            else:
                self._write_uncertain(x + at, y, cells[at:stop], out)
            at = stop

    def _same_until(self, cells: Sequence[Cell], at: int) -> int:
        """Up to where these cells can be written in the look that is on."""
        look = self._look
        blank = self.pen.blank(look) if look is not None else None
        while at < len(cells) and ((cell := cells[at])[1] == look or (cell[0] == " " and cell[1] == blank)):
            at += 1
        return at

    def _write_uncertain(self, x: int, y: int, cells: Sequence[Cell], out: list[str]) -> None:
        """Cells whose width terminals may disagree about: blank their columns, write, and place the cursor anew."""
        for at, (text, _) in enumerate(cells):
            if text == "":
                continue
            columns = 1 + (at + 1 < len(cells) and cells[at + 1][0] == "")
            self._go(x + at, y, out)
            if uncertain(text):
                out.append(" " * columns)
                self._stand(x + at + columns, y)
                self._go(x + at, y, out)
                out.append(text)
                self._x = self._y = None
            else:
                out.append(text)
                self._stand(x + at + columns, y)

    def _stand(self, x: int, y: int) -> None:
        """Writing has brought the cursor here. Past the last column terminals differ: only the line is sure."""
        self._x, self._y = (x if x < self.width else None), y

    # ── the terminal's own scroll ─────────────────────────────────────────────────────────────────────────────────

    def _scroll(self, changed: Sequence[int], out: list[str]) -> bool:
        """If a block of lines moved up or down as a whole, let the terminal move it, and say so."""
        best = self._moved(changed)
        if best is None:
            return False
        shift, first, last = best
        # the line that had the cursor moved too, though it is not quite the same: one more on each side may be worth it
        low, high = max(0, first - 1), min(self.height, last + 1)
        costs = {y: differing(self._wanted[y], self._shown[y]) for y in range(low, high)}
        gain, first, last = max((self._gain(shift, a, b, costs), a, b) for a in (low, first) for b in (last, high))
        if gain < _SCROLL_GAIN:
            return False
        self._turn(PLAIN, out)  # the new lines get the background that is set
        out.append(f"\x1b[{first + 1};{last}r")  # also brings the cursor home
        self._x = self._y = 0
        self._go(0, first, out)
        out.append(f"\x1b[{abs(shift) if abs(shift) > 1 else ''}{'M' if shift > 0 else 'L'}\x1b[r")
        self._x = self._y = None  # home, on most
        self._shown[first:last] = self._after(shift, first, last)
        return True

    def _after(self, shift: int, first: int, last: int) -> list[Row]:
        """What these lines show once the terminal has moved them up by ``shift``."""
        block = self._shown[first:last]
        fresh: list[Row] = [[BLANK] * self.width for _ in range(abs(shift))]
        return block[shift:] + fresh if shift > 0 else fresh + block[:shift]

    def _gain(self, shift: int, first: int, last: int, costs: Mapping[int, int]) -> int:
        """How many cells need not be written if the terminal moves these lines; ``costs`` is what each line takes without."""
        after = self._after(shift, first, last)
        return sum(costs[y] - differing(self._wanted[y], after[y - first]) for y in range(first, last))

    def _moved(self, changed: Sequence[int]) -> tuple[int, int, int] | None:
        """(lines moved up, first line, line after the last) of the block that most lines agree on."""
        where: dict[tuple[Cell, ...], int] = {}
        for y, row in enumerate(self._shown):
            if row[0] != UNKNOWN:
                where[tuple(row)] = y
        where.pop((BLANK,) * self.width, None)
        pairs = [(y, was - y) for y in changed if (was := where.get(tuple(self._wanted[y]))) is not None]
        if not pairs:
            return None
        shift, _ = Counter(by for _, by in pairs).most_common(1)[0]
        lines = [y for y, by in pairs if by == shift]
        first, last = min(lines), max(lines) + 1
        return (shift, first, last + shift) if shift > 0 else (shift, first + shift, last)
