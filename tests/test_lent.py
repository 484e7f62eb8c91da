"""What stands in for modules while a library is imported."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

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


def test_httpx_comes_without_its_command_line_and_asks() -> None:
    script = (
        "import asyncio, sys\n"
        "from cockpit.lent import slim_httpx, standing_in\n"
        "with standing_in(slim_httpx()):\n    import httpx\n"
        "print(sorted({'click', 'pygments', 'rich', 'httpx._main'} & set(sys.modules)))\n"
        "transport = httpx.MockTransport(lambda request: httpx.Response(204))\n"
        "print(httpx.Client(transport=transport).get('http://a.example/').status_code)\n"
        "import httpx._main\n"
        "print(httpx._main.main.name)\n"  # who wants it afterwards has it
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split("\n"), done.stderr) == (["[]", "204", "main", ""], "")


def test_others_get_the_real_modules_afterwards() -> None:
    said = after("import typing_extensions\nprint(typing_extensions.__doc__, hasattr(typing_extensions, 'evaluate_forward_ref'))")
    assert said == "None True"


def test_what_has_been_loaded_is_left_alone() -> None:
    with standing_in({"json": whole("json"), "subprocess": in_pieces("subprocess")}):
        import json
    assert json.__doc__
    assert "stand-in" not in json.__doc__
    assert sys.modules["subprocess"] is subprocess


def elsewhere(work: Callable[[], Any]) -> Any:
    """What another thread makes of it; whatever it raises is raised here."""
    done: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001  # it is raised again
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it hangs"
    if failed:
        raise failed[0]
    return done[0]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that nobody has loaded: a class, a function and a version, and it counts how often it was imported."""
    name = "lent_for_a_test"
    (tmp_path / f"{name}.py").write_text(
        "import builtins\n"
        f"builtins.{name} = getattr(builtins, {name!r}, 0) + 1\n"
        "__version__ = '1.2'\n"
        "class Thing:\n    size = 3\n"
        "def twice(number):\n    return number * 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    yield name
    sys.modules.pop(name, None)
    vars(sys.modules["builtins"]).pop(name, None)


def times_loaded(name: str) -> int:
    return int(vars(sys.modules["builtins"]).get(name, 0))


def run(text: str) -> dict[str, Any]:
    """The names that these lines of a module leave."""
    names: dict[str, Any] = {}
    exec(text, names)
    return names


KINDS = pytest.mark.parametrize("kind", [whole, in_pieces])


class TestWhileAnotherThreadImports:
    @KINDS
    def test_what_it_takes_is_the_real_thing(self, module: str, kind: Callable[[str], ModuleType]) -> None:
        with standing_in({module: kind(module)}):
            plugin = elsewhere(lambda: run(f"from {module} import Thing, twice\nclass Mine(Thing):\n    pass\n"))
        assert plugin["Mine"].size == 3
        assert plugin["Thing"] is sys.modules[module].Thing
        assert times_loaded(module) == 1

    @KINDS
    def test_the_module_that_it_holds_is_as_good_as_the_real_one_then_and_later(
        self, module: str, kind: Callable[[str], ModuleType]
    ) -> None:
        with standing_in({module: kind(module)}):
            plugin = elsewhere(lambda: run(f"import {module} as it\nclass Mine(it.Thing):\n    pass\nversion = it.__version__\n"))
        later = run(f"import {module} as real\n")
        assert (plugin["Mine"].size, plugin["version"]) == (3, "1.2")
        assert plugin["it"].Thing is later["real"].Thing
        assert times_loaded(module) == 1

    @KINDS
    def test_one_that_only_holds_it_may_make_a_class_of_it_afterwards(self, module: str, kind: Callable[[str], ModuleType]) -> None:
        with standing_in({module: kind(module)}):
            held = elsewhere(lambda: run(f"import {module} as it\n"))["it"]
            assert times_loaded(module) == 0, "nothing was asked of it yet"

        class Mine(held.Thing):  # type: ignore[name-defined, misc]  # a module that the test made
            pass

        assert Mine.size == 3

    def test_a_name_that_typing_does_not_have_is_there(self) -> None:
        said = after(
            "import threading\n"
            "from cockpit.lent import typing_alone\n"
            "found = []\n"
            "def plugin():\n"
            "    from typing_extensions import TypeIs, evaluate_forward_ref\n"
            "    found.append(TypeIs)\n"
            "with standing_in({'typing_extensions': typing_alone()}):\n"
            "    thread = threading.Thread(target=plugin)\n    thread.start()\n    thread.join()\n"
            "import typing_extensions\n"
            "print(found == [typing_extensions.TypeIs])\n"
        )
        assert said == "True"

    @KINDS
    def test_what_it_loaded_stays_and_is_loaded_once(self, module: str, kind: Callable[[str], ModuleType]) -> None:
        with standing_in({module: kind(module)}):
            elsewhere(lambda: run(f"from {module} import Thing"))
            loaded = sys.modules[module]
        assert sys.modules[module] is loaded
        assert times_loaded(module) == 1

    @KINDS
    def test_two_of_them_get_the_same(self, module: str, kind: Callable[[str], ModuleType]) -> None:
        both = threading.Barrier(2, timeout=30)
        found: list[object] = []

        def plugin() -> None:
            both.wait()
            found.append(run(f"from {module} import Thing")["Thing"])

        with standing_in({module: kind(module)}):
            threads = [threading.Thread(target=plugin, daemon=True) for _ in range(2)]
            for each in threads:
                each.start()
            for each in threads:
                each.join(30)
        assert len(found) == 2
        assert found[0] is found[1]
        assert times_loaded(module) == 1


class TestWhatIsImported:
    """The library for whose import it is lent."""

    @KINDS
    def test_may_call_what_was_lent_while_it_is_imported(self, module: str, kind: Callable[[str], ModuleType]) -> None:
        with standing_in({module: kind(module)}):
            library = run(f"from {module} import twice\nfour = twice(2)\n")
        assert library["four"] == 4
        assert times_loaded(module) == 1

    def test_takes_names_without_loading_anything(self, module: str) -> None:
        with standing_in({module: in_pieces(module)}):
            library = run(f"from {module} import Thing, twice\n")
        assert times_loaded(module) == 0
        assert library["twice"](4) == 8
        assert library["Thing"]().size == 3

    def test_gets_what_typing_lacks_of_typing_extensions(self) -> None:
        said = after(
            "from cockpit.lent import typing_alone\n"
            "with standing_in({'typing_extensions': typing_alone()}):\n"
            "    from typing_extensions import evaluate_forward_ref as early\n"
            "import typing_extensions\n"
            "print(typing_extensions.evaluate_forward_ref is early)\n"
        )
        assert said == "True"

    def test_may_fail_and_nothing_stays_behind(self, module: str) -> None:
        with (
            pytest.raises(ImportError, match="nothing"),
            standing_in({module: in_pieces(module), "no_such_thing": whole("no_such_thing")}),
        ):
            raise ImportError("nothing can be had of it")
        assert module not in sys.modules
        assert run(f"from {module} import Thing")["Thing"].size == 3
        with pytest.raises(ModuleNotFoundError):
            run("import no_such_thing")

    def test_may_fail_after_somebody_took_a_stand_in_out(self, module: str) -> None:
        def fails() -> None:
            del sys.modules[module]
            raise ImportError("nothing can be had of it")

        with pytest.raises(ImportError, match="nothing"), standing_in({module: in_pieces(module)}):
            fails()

    def test_may_be_imported_within_another(self, module: str) -> None:
        with standing_in({module: in_pieces(module)}):
            with standing_in({module: whole(module), "another_for_a_test": whole("another_for_a_test")}):
                assert "another_for_a_test" in sys.modules
            assert "another_for_a_test" not in sys.modules
            library = run(f"from {module} import twice")
            assert times_loaded(module) == 0, "it is lent still"
        assert library["twice"](1) == 2
        assert module in sys.modules


def test_a_stand_in_for_what_is_not_here_says_so_when_it_is_asked() -> None:
    with standing_in({"no_such_thing": whole("no_such_thing")}), pytest.raises(ModuleNotFoundError, match="no_such_thing"):
        run("import no_such_thing\nno_such_thing.anything\n")


def test_providers_and_asyncio_come_without_tls_until_somebody_speaks_it() -> None:
    script = (
        "import sys\n"
        "from cockpit.lent import slim_asyncio, standing_in\n"
        "with standing_in(slim_asyncio()):\n    import cockpit.providers.alertmanager, cockpit.providers.local\n"
        "print(sorted({'_ssl', '_hashlib', 'asyncio.sslproto'} & set(sys.modules)), 'asyncio' in sys.modules)\n"
        "import asyncio.base_events, ssl\n"
        "print(asyncio.base_events.ssl.SSLContext is ssl.SSLContext, '_ssl' in sys.modules)\n"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split("\n"), done.stderr) == (["[] True", "True True", ""], "")
