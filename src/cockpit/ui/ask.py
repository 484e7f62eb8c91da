"""A small form: asks for what an action needs, says under each field what is wrong with it, shows live what would come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from .box import Box, Said
from .page import Line, Page
from .typed import Typed


def anything(value: str) -> str | None:  # noqa: ARG001 - the signature of a check
    """The check that accepts every value."""
    return None


def wanted(what: str) -> Callable[[str], str | None]:
    """A check that wants more than spaces; ``what`` completes "say …"."""
    return lambda value: None if value.strip() else f"say {what}"


MANY = 6
"""More fields than this scroll, so that what would come of them stays in sight."""


class Field(msgspec.Struct, frozen=True):
    """One line to fill in. ``check`` gives the reason a value is refused, or ``None``; ``help`` stands beside the label. What is
    typed into a ``hidden`` one is not shown; ``ctrl+n`` and ``ctrl+p`` go
    through ``choices``."""

    id: str
    label: str
    value: str = ""
    help: str = ""
    check: Callable[[str], str | None] = anything
    hidden: bool = False
    choices: tuple[str, ...] = ()


class Ask(Box[dict[str, str] | None]):
    """Asks for ``fields`` and gives back their values by id, or ``None``.

    ``tab``, ``shift+tab``, arrows and ``enter`` move; ``enter`` in the last field gives the answer when every field is in order,
    else it goes to the first that is not. ``preview`` is called with the values as typed; its lines stand under the fields.
    ``whole`` is asked last: it gives the field that is to blame, and the reason, where the values do not go together. The cursor
    begins where something is missing, else in the field ``begin``.
    """

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        preview: Callable[[Mapping[str, str]], Sequence[Line]] | None = None,
        whole: Callable[[Mapping[str, str]], tuple[str, str] | None] = lambda _: None,
        *,
        begin: str = "",
    ) -> None:
        super().__init__(title, keys=[("enter", "save" if len(fields) < 2 else "next"), ("esc", "cancel")])
        self._fields = tuple(fields)
        self._preview = preview
        self._whole, self._begin = whole, begin
        self.set_class(len(self._fields) > MANY, "-many")
        self._looking = False
        self._judged: dict[int, str] = {}

    def inside(self) -> Iterable[Widget]:
        """The fields, which scroll where they are many, and what would come of them."""
        yield Vertical(*self._rows(), id="fields")
        if self._preview is not None:
            page = Page(id="preview")
            page.can_focus = False  # tab goes from field to field
            yield page

    def _rows(self) -> Iterable[Widget]:
        """Each field: label, line, and what is wrong with it."""
        for number, field in enumerate(self._fields):
            label = Content.assemble((field.label, "bold"), ("  " + field.help if field.help else "", "$role-muted"))
            line = Typed(field.value, id=f"field-{number}", hidden=field.hidden)
            line.turn = self._turn
            yield Vertical(
                Said(label, classes="label"),
                line,
                Said(classes="fault", id=f"fault-{number}"),
                classes="field",
            )

    def on_mount(self) -> None:
        """Begin where something is missing."""
        wanted = next((n for n, field in enumerate(self._fields) if field.id == self._begin), 0)
        first = next((n for n, field in enumerate(self._fields) if field.check(field.value)), wanted)
        self._line(first).focus()
        self._look()

    def _line(self, number: int) -> Typed:
        return self.query_one(f"#field-{number}", Typed)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields now, by field id."""
        return {field.id: self._line(number).value for number, field in enumerate(self._fields)}

    def on_input_changed(self, event: Input.Changed) -> None:
        """A key in a field: its fault goes, and the preview is made again once all waiting keys are in."""
        event.stop()
        number = _number(event.input)
        if event.input.value != self._judged.get(number):  # a key before enter, heard of behind it, is in what was judged
            self.query_one(f"#fault-{number}", Said).remove_class("-shown")
        if not self._looking:
            self._looking = True
            self.call_later(self._look)

    def on_descendant_focus(self) -> None:
        """The foot says what enter does in the field that has the cursor now."""
        last = self.focused is self._line(len(self._fields) - 1)
        if isinstance(self.focused, Typed):
            field = self.focused.parent
            if isinstance(field, Vertical):
                self.query_one("#fields", Vertical).scroll_to_widget(field, animate=False, force=True)
        chosen = isinstance(self.focused, Typed) and self._fields[_number(self.focused)].choices
        choose = [("ctrl+n ctrl+p", "choose")] if chosen else []
        self.say_keys(("enter", "save" if last else "next"), *choose, ("esc", "cancel"))

    def _look(self) -> None:
        self._looking = False
        if self._preview is not None and self.is_attached:
            self.query_one("#preview", Page).show(self._preview(self.values))

    def _turn(self, key: str) -> bool:
        """From field to field; gives back whether the key meant that."""
        if key in ("tab", "down"):
            self.focus_next()
        elif key in ("shift+tab", "up"):
            self.focus_previous()
        elif key == "enter" and isinstance(self.focused, Typed):
            self._entered(_number(self.focused))
        elif key in ("ctrl+n", "ctrl+p") and isinstance(self.focused, Typed):
            self._choose(self.focused, 1 if key == "ctrl+n" else -1)
        return key in ("tab", "down", "shift+tab", "up", "enter", "ctrl+n", "ctrl+p")

    def _choose(self, line: Typed, by: int) -> None:
        """Through the choices of a field: those that begin as what is typed, where it is none of them."""
        choices = self._fields[_number(line)].choices
        if not choices:
            return
        if line.value in choices:
            line.value = choices[(choices.index(line.value) + by) % len(choices)]
        else:
            fitting = [each for each in choices if each.startswith(line.value)] or list(choices)
            line.value = fitting[0 if by > 0 else -1]
        line.action_end()

    def _entered(self, here: int) -> None:
        """Enter: on to the next field, or done."""
        if self._complain(here):
            return
        if here + 1 < len(self._fields):
            self.set_focus(self._line(here + 1))
            return
        for number in range(len(self._fields)):
            if self._complain(number):
                self.set_focus(self._line(number))
                return
        if (blamed := self._whole(self.values)) is not None:
            number = next(number for number, field in enumerate(self._fields) if field.id == blamed[0])
            self.set_focus(self._line(number))
            self._say_fault(number, blamed[1])
            return
        self.dismiss(self.values)

    def _complain(self, number: int) -> bool:
        """Show what is wrong with a field; whether anything is."""
        fault = self._fields[number].check(self._line(number).value)
        self._say_fault(number, fault or "")
        return bool(fault)

    def _say_fault(self, number: int, fault: str) -> None:
        self._judged[number] = self._line(number).value
        shown = self.query_one(f"#fault-{number}", Said)
        shown.set_class(bool(fault), "-shown")
        shown.show(Content.styled(fault, "$role-refusal"))


def _number(line: Input) -> int:
    return int((line.id or "").removeprefix("field-"))
