"""What stands in for modules while a library is imported."""

from __future__ import annotations

import subprocess
import sys

from cockpit.lent import in_pieces, standing_in, whole


def after(then: str) -> str:
    """What a process prints that imported msgspec as the command does."""
    script = (
        "import sys\n"
        "from cockpit.lent import slim_msgspec, standing_in\n"
        "with standing_in(slim_msgspec()):\n    import msgspec\n"
    ) + then  # fmt: skip
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr, done.stderr
    return done.stdout.strip()


def test_msgspec_comes_without_what_describes_types() -> None:
    said = after("print({'typing_extensions', 'msgspec.inspect', 'msgspec._json_schema', 'textwrap'} & set(sys.modules))")
    assert said == "set()"


def test_msgspec_describes_types_once_it_is_asked() -> None:
    said = after(
        "class A(msgspec.Struct):\n    x: int\n"
        "print(msgspec.json.schema(A)['$defs']['A']['properties'], msgspec.inspect.type_info(A).fields[0].name)\n"
        "import msgspec.inspect as again\n"
        "print(again.type_info is msgspec.inspect.type_info)\n"
    )
    assert said == "{'x': {'type': 'integer'}} x\nTrue"


def test_others_get_the_real_modules_afterwards() -> None:
    said = after("import typing_extensions\nprint(typing_extensions.__doc__, hasattr(typing_extensions, 'evaluate_forward_ref'))")
    assert said == "None True"


def test_what_has_been_loaded_is_left_alone() -> None:
    with standing_in({"json": whole("json"), "subprocess": in_pieces("subprocess")}):
        import json
    assert json.__doc__
    assert "stand-in" not in json.__doc__
    assert sys.modules["subprocess"] is subprocess
