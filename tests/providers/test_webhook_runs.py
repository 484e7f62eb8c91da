"""``webhook``: the contract over real HTTP, against a small server that really runs things."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cockpit import plugins
from cockpit.config.decode import decode_settings
from cockpit.config.model import ConfigError
from cockpit.core.jobs import Execution, ExecutionState, Option, OptionKind, Progress
from cockpit.core.units import Seconds
from cockpit.provider import (
    Conflict,
    Forbidden,
    HttpAuth,
    Malformed,
    NotFound,
    Order,
    ProviderError,
    Secret,
    Unreachable,
    capabilities,
)
from cockpit.providers.hook_config import Hook, HookOption, WebhookConfig
from cockpit.providers.webhook import Webhook
from cockpit.testing import FakeClock, FakeHost, HttpContract
from support.asking import asked, to_the_end
from support.hook_server import TOKEN, HookServer

KEY = "20261126-031244-a1b2c3"
OPTIONS = {
    "service": HookOption(required=True, choices=("web", "db"), help="which one"),
    "after": HookOption(kind=OptionKind.NUMBER, default="5"),
    "pin": HookOption(secret=True),
}
RESTART = Hook(
    start="/hooks/restart",
    title="Restart a service",
    status="/runs/{id}",
    log="/runs/{id}/log?from={offset}",
    cancel="/runs/{id}/cancel",
    find="/runs?key={run}",
    options=OPTIONS,
)


def made(url: str, hook: Hook = RESTART, **settings: Any) -> Webhook:
    auth = HttpAuth(bearer=Secret(TOKEN))
    config = WebhookConfig(url=url, auth=auth, hooks={"restart": hook}, health="/health", within=Seconds(1.0), **settings)
    return Webhook("contract", config, FakeHost(FakeClock(datetime.now(UTC))))


def order(**more: Any) -> Order:
    values = {"service": "web", "after": "5"}
    return Order(**{"job": "restart", "values": values, "key": KEY, "who": "ana", "at": datetime.now(UTC), **more})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HookServer]:
    with HookServer(tmp_path / "done") as running:
        yield running


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (TOKEN,)
    now = datetime.now(UTC)
    no_such_run = "restart/none"
    without = frozenset({"a login page that says it is JSON", "no JSON", "nothing with 200", "another JSON", "a list cut off",
                         "brackets without end"})  # fmt: skip  # what its health says is not read: that it answers is enough

    def provider(self) -> object:
        server = HookServer(Path(tempfile.mkdtemp()) / "done")
        self._servers().append(server)  # type: ignore[arg-type]  # it closes too
        return made(server.url)

    def connected(self, url: str) -> object:
        return made(url)

    def hostile(self) -> object:
        pytest.skip("what it offers is this machine's own config")

    def malformed(self) -> tuple[object, int]:
        pytest.skip("what it offers is this machine's own config")

    def test_connections_are_used_again(self) -> None:
        pytest.skip("it has no recorded answers: the stand-in of the others keeps them open")


def test_it_comes_by_entry_point_and_can_run_things() -> None:
    assert plugins.load(plugins.PROVIDERS, "webhook") is Webhook
    assert capabilities(made("http://127.0.0.1:1")) == {"Runbooks"}


def test_its_hooks_are_jobs_with_what_they_take(server: HookServer) -> None:
    (job,) = asked(made(server.url), lambda it: it.jobs()).records
    assert (job.name, job.title, job.request) == ("restart", "Restart a service", f"POST {server.url}/hooks/restart")
    assert job.options == (
        Option(name="service", required=True, choices=("web", "db"), help="which one"),
        Option(name="after", kind=OptionKind.NUMBER, default="5"),
        Option(name="pin", secret=True),
    )
    assert len(server.asked("GET", "/health")) == 1


def test_it_is_called_once_and_what_it_prints_comes_line_by_line(server: HookServer) -> None:
    async def followed(provider: Webhook) -> tuple[list[str], Progress]:
        execution = await provider.run_job(order(secrets={"pin": Secret("1234")}))
        assert execution == Execution("restart/r1", "https://hooks.example/runs/r1")
        return await to_the_end(provider, execution.id, looks=500)

    lines, last = asked(made(server.url), followed)
    assert lines == ["stopping", "starting", "it is up"]
    assert last.state is ExecutionState.SUCCEEDED
    (sent,) = server.asked("POST", "/hooks/restart")
    assert sent.json == {"job": "restart", "run": KEY, "by": "ana", "options": {"service": "web", "after": "5", "pin": "1234"}}
    assert server.done.read_text() == "web by ana\n"


def test_a_whole_log_is_cut_here_where_the_server_cannot(server: HookServer) -> None:
    async def followed(provider: Webhook) -> tuple[list[str], Progress]:
        return await to_the_end(provider, (await provider.run_job(order())).id, looks=500)

    whole = Hook(start="/hooks/restart", status="/runs/{id}", log="/runs/{id}/log")
    lines, _ = asked(made(server.url, whole), followed)
    assert lines == ["stopping", "starting", "it is up"]


def test_a_call_whose_answer_is_lost_is_found_by_its_key_and_not_made_again(server: HookServer) -> None:  # safety 17
    async def lost(provider: Webhook) -> Execution | None:
        assert await provider.find_run(order()) is None
        with pytest.raises(Unreachable):
            await provider.run_job(order())
        return await provider.find_run(order())

    server.lose = True
    found = asked(made(server.url), lost)
    assert found == Execution("restart/r1", "", "it was asked for by the id of this run")
    assert server.done.read_text() == "web by ana\n"


def test_without_a_place_to_ask_nobody_can_tell(server: HookServer) -> None:
    with pytest.raises(Conflict, match="find"):
        asked(made(server.url, Hook(start="/hooks/restart", status="/runs/{id}")), lambda it: it.find_run(order()))


def test_one_that_cannot_be_asked_is_over_once_it_was_called(server: HookServer) -> None:
    async def called(provider: Webhook) -> Progress:
        execution = await provider.run_job(order())
        with pytest.raises(Forbidden, match="cancel"):
            await provider.cancel_run(execution.id, "ana")
        return await provider.follow_run(execution.id, "")

    progress = asked(made(server.url, Hook(start="/hooks/restart")), called)
    assert (progress.state, progress.over) == (ExecutionState.SUCCEEDED, True)
    assert "nothing more is known of it" in progress.reason


def test_it_is_ended_when_asked_to(server: HookServer) -> None:
    async def ended(provider: Webhook) -> Progress:
        execution = await provider.run_job(order())
        await provider.cancel_run(execution.id, "ana")
        last: Progress = (await to_the_end(provider, execution.id))[1]
        return last

    server.slow = True
    assert asked(made(server.url), ended).state is ExecutionState.CANCELLED


def test_a_refusal_is_told_in_its_own_words(server: HookServer) -> None:
    server.refuse = True
    with pytest.raises(ProviderError, match="a deploy is going on"):
        asked(made(server.url), lambda it: it.run_job(order()))
    assert not server.done.exists()


@pytest.mark.parametrize("number", ["..", ".", ""])
def test_no_id_of_an_execution_leads_to_another_place(number: str) -> None:  # safety 6
    at = "http://127.0.0.1:1"  # nobody is there: whatever is asked cannot be reached
    with pytest.raises(Malformed, match="would lead to another place"):
        asked(made(at), lambda it: it.follow_run(f"restart/{number}", ""))
    with pytest.raises(Malformed, match="would lead to another place"):
        asked(made(at), lambda it: it.cancel_run(f"restart/{number}", "ana"))


def test_a_word_for_a_state_that_nobody_knows_is_said_and_can_be_given_a_meaning(server: HookServer) -> None:
    async def status(provider: Webhook) -> Progress:
        execution = await provider.run_job(order())
        server.runs["r1"]["state"] = "Frobnicated"
        return await provider.follow_run(execution.id, "")

    server.slow = True
    with pytest.raises(Malformed, match="'Frobnicated': say with states"):
        asked(made(server.url), status)
    server.runs.clear()
    assert asked(made(server.url, states={"frobnicated": "timed out"}), status).state is ExecutionState.TIMED_OUT


def test_what_is_not_there_is_not_found(server: HookServer) -> None:
    for call in (
        lambda it: it.run_job(order(job="gone")),
        lambda it: it.follow_run("restart/r9", ""),
        lambda it: it.follow_run("g/1", ""),
    ):
        with pytest.raises(NotFound):
            asked(made(server.url), call)


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ({"start": "hooks/restart"}, "start must begin with /"),
        ({"start": "/a", "status": "/runs/{run_id}"}, "status cannot hold {run_id}: it may hold {id}, which is what the answer"),
        ({"start": "/a", "log": "/log/{id}"}, "log and cancel need status"),
        ({"start": "/a", "options": {"p": {"secret": True, "default": "x"}}}, "a secret has no default"),
        ({"start": "/a", "options": {"p": {"kind": "colour"}}}, "kind"),
    ],
)
def test_a_hook_that_cannot_be_is_refused_where_it_stands(hook: dict[str, Any], said: str) -> None:
    settings = {"url": "http://hooks.example", "hooks": {"restart": hook}}
    with pytest.raises(ConfigError) as refused:
        decode_settings(WebhookConfig, settings, Secret, "sources.hooks")
    assert said in str(refused.value)
