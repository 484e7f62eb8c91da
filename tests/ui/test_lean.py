"""What of Textual is left out, and that nothing of it is missed."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.ui.lean import LEFT_OUT
from support.servers import authority

LEAN = """
import sys
from cockpit.ui.lean import lean
with lean():
    import cockpit.app
{then}
"""


def after(then: str) -> str:
    """What a process that imported the app lean prints."""
    done = subprocess.run((sys.executable, "-c", LEAN.format(then=then)), capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr, done.stderr
    return done.stdout.strip()


def taken_from(module: str) -> set[str]:
    """The names that the rest of Textual takes from a module when it is imported itself."""
    package = Path(str(find_spec("textual").origin)).parent  # type: ignore[union-attr]  # it is installed
    names: set[str] = set()
    for file in (*package.glob("*.py"), *(package / "css").glob("*.py")):
        if file.stem in ("command", "system_commands", "pilot", "types"):
            continue
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module == module:
                names |= {each.name for each in node.names}
    return names


@pytest.mark.parametrize("module", [each for each in LEFT_OUT if each not in ("textual.widgets._tooltip", "textual.pilot")])
def test_the_stand_in_has_what_textual_takes_at_import(module: str) -> None:
    assert set(LEFT_OUT[module]) == taken_from(module)


def test_the_stand_ins_are_there_and_what_they_would_have_brought_is_not() -> None:
    said = after("print('textual.widgets._option_list' in sys.modules, sys.modules['textual.command'].__doc__)")
    assert said == "False A stand-in: see cockpit.lent."


def test_other_libraries_get_the_real_platformdirs() -> None:
    assert after("import platformdirs; print(platformdirs.user_config_path('x').name)") == "x"


def test_textual_can_still_say_where_downloads_go() -> None:
    assert after("print(sys.modules['textual.app'].user_downloads_path().name)") == "Downloads"


def test_what_is_lent_is_the_real_thing_once_it_is_called() -> None:
    said = after(
        "from textual import suggestions, style\n"
        "had = 'difflib' in sys.modules, 'pickle' in sys.modules, 'rich.panel' in sys.modules\n"
        "print(had, suggestions.get_close_matches('abc', ['abd']), style.loads(style.dumps([1])))\n"
        "from textual.css.stylesheet import Panel\n"
        "print(type(Panel('x')).__name__, type(Panel.fit('x')).__name__)\n"
    )
    assert said == "(False, False, False) ['abd'] [1]\nPanel Panel"


def test_tls_is_loaded_when_somebody_speaks_it_and_not_before() -> None:
    said = after(
        "had = 'ssl' in sys.modules, 'asyncio.sslproto' in sys.modules\n"
        "import ssl, asyncio.base_events, asyncio.selector_events, asyncio.sslproto\n"
        "print(had, asyncio.base_events.ssl.SSLContext is ssl.SSLContext,\n"
        "    asyncio.selector_events.sslproto.SSLProtocol is asyncio.sslproto.SSLProtocol)\n"
    )
    assert said == "(False, False) True True"


def test_a_connection_with_tls_comes_about_after_a_lean_start(tmp_path: Path) -> None:
    ca, trusted = authority(tmp_path)
    chain = tmp_path / "chain.pem"
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(chain)
    said = after(
        "import asyncio, ssl\n"
        "async def speak():\n"
        "    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
        f"    context.load_cert_chain({str(chain)!r})\n"
        "    async def greet(reader, writer):\n"
        "        writer.write(b'hello'); await writer.drain(); writer.close()\n"
        "    async with await asyncio.start_server(greet, '127.0.0.1', 0, ssl=context) as server:\n"
        f"        context = ssl.create_default_context(cafile={trusted!r})\n"
        "        port = server.sockets[0].getsockname()[1]\n"
        "        reader, writer = await asyncio.open_connection('127.0.0.1', port, ssl=context, server_hostname='localhost')\n"
        "        print((await reader.read()).decode()); writer.close()\n"
        "asyncio.run(speak())\n"
    )
    assert said == "hello"


def test_a_fault_in_a_style_sheet_is_still_explained() -> None:
    said = after(
        "from textual.css.stylesheet import Stylesheet, StylesheetParseError\n"
        "sheet = Stylesheet()\n"
        "sheet.add_source('Label { color: nonsense; width: 1fx; }')\n"
        "try:\n    sheet.parse()\n"
        "except StylesheetParseError as error:\n"
        "    from rich.console import Console\n"
        "    Console(file=sys.stdout, width=200).print(error.errors)\n"
    )
    assert "nonsense" in said


def test_every_widget_of_the_boxes_can_still_be_had() -> None:
    assert after("from textual.widgets import Input, OptionList, Static; print(Input.__name__)") == "Input"


def test_where_textual_was_loaded_before_nothing_is_touched() -> None:
    script = "import textual.app\n" + LEAN.format(then="print(sys.modules['textual.command'].CommandPalette.__doc__)")
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=60, check=False)
    assert "command palette" in done.stdout
