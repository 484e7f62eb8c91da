"""``rundeck``: the contract over real HTTP, against a stand-in written from Rundeck's documentation."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from cockpit import plugins
from cockpit.core.jobs import ExecutionState
from cockpit.core.units import Seconds
from cockpit.provider import Conflict, Execution, Forbidden, NotFound, Order, ProviderError, Secret, Unreachable, capabilities
from cockpit.providers.rundeck import Rundeck, RundeckConfig
from cockpit.testing import FakeClock, FakeHost, HttpContract
from cockpit.testing.http import BAD_RECORDS
from support.asking import asked
from support.rundeck_server import DEFINITIONS, DUMP, JOBS, RESTART, TOKEN, RundeckServer


def made(url: str, clock: FakeClock | None = None, **settings: Any) -> Rundeck:
    config = RundeckConfig(url=url, project="ops", token=Secret(TOKEN), within=Seconds(1.0), **settings)
    return Rundeck("contract", config, FakeHost(clock or FakeClock(datetime.now(UTC))))


def order(**more: Any) -> Order:
    values = {"node": "web-3", "how": "gently"}
    return Order(**{"job": RESTART, "values": values, "key": "run-1", "who": "ana", "at": datetime.now(UTC), **more})


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (TOKEN,)
    answers: ClassVar[Mapping[str, bytes]] = {
        "/api/44/project/ops/jobs": json.dumps(JOBS).encode(),
        "/api/44/project/ops/jobs/export": json.dumps(DEFINITIONS).encode(),
    }
    alerts_at = "/api/44/project/ops/jobs"
    mangled = (b'{"id": 7}', b'{"name": "no id"}')
    now = datetime.now(UTC)

    def provider(self) -> object:
        server = RundeckServer()
        self._servers().append(server)  # type: ignore[arg-type]  # it closes too
        return made(server.url)

    def connected(self, url: str) -> object:
        return made(url)


def test_it_comes_by_entry_point_and_can_run_things() -> None:
    assert plugins.load(plugins.PROVIDERS, "rundeck") is Rundeck
    assert capabilities(made("http://127.0.0.1:1")) == {"Runbooks"}


def test_jobs_have_their_group_their_options_and_why_they_cannot_run() -> None:
    with RundeckServer() as server:
        restart, dump = asked(made(server.url), lambda it: it.jobs()).records
    assert (restart.name, restart.title, restart.ref.id) == ("web/Restart", "Restart", RESTART)
    assert restart.request == f"POST {server.url}/api/44/job/{RESTART}/run"
    node, how, password = restart.options
    assert (node.required, node.pattern, node.default) == (True, "[a-z]+-\\d+", None)
    assert (how.default, how.choices, how.open) == ("gently", ("gently", "at once"), False)
    assert password.secret
    assert password.default is None
    assert (dump.ref.id, dump.refused) == (DUMP, "its executions are disabled at Rundeck")


def test_definitions_are_asked_for_again_only_when_the_list_changed_or_after_a_while() -> None:
    clock = FakeClock()

    async def often(provider: Rundeck) -> list[int]:
        exports = []
        for turn in range(4):
            await provider.jobs()
            if turn == 1:
                server.jobs[0]["name"] = "Restart all"
            if turn == 2:
                clock.advance(301)
            exports.append(len(server.asked("GET", "/jobs/export")))
        return exports

    with RundeckServer() as server:
        assert asked(made(server.url, clock), often) == [1, 1, 2, 3]


def test_a_job_is_run_once_with_its_options_the_secret_ones_among_them() -> None:
    with RundeckServer() as server:
        execution = asked(made(server.url), lambda it: it.run_job(order(secrets={"password": Secret("hunter2")})))
        (sent,) = server.asked("POST", "/run")
    assert sent.json == {"options": {"node": "web-3", "how": "gently", "password": "hunter2"}}
    assert execution.url == "https://rundeck.example/execution/show/387"


def test_what_rundeck_says_of_options_that_are_no_good_is_what_the_person_reads() -> None:
    with RundeckServer() as server, pytest.raises(ProviderError, match="Option 'node' is required"):
        asked(made(server.url), lambda it: it.run_job(order(values={})))


def test_its_lines_come_from_where_they_were_left_and_say_their_node() -> None:
    async def followed(provider: Rundeck) -> list[tuple[tuple[str, ...], str, bool, float | None]]:
        at = ""
        seen: list[tuple[tuple[str, ...], str, bool, float | None]] = []
        execution = await provider.run_job(order())
        while not seen or not seen[-1][2]:
            progress = await provider.follow_run(execution.id, at)
            at = progress.at
            seen.append((progress.lines, progress.state.value, progress.over, progress.wait))
        return seen

    with RundeckServer() as server:
        seen = asked(made(server.url), followed)
        places = [(each.get("offset"), each.get("lastmod")) for each in server.asked("GET", "/output")]
    assert seen == [
        (("web-3 | restarting nginx",), "running", False, 2.0),
        (("web-3 | it is up",), "running", False, 2.0),
        ((), "succeeded", True, 2.0),
    ]
    assert places == [("0", "0"), ("100", "1700000000001"), ("200", "1700000000002")]


def test_a_failure_names_the_nodes() -> None:
    async def last(provider: Rundeck) -> tuple[ExecutionState, str]:
        progress = None
        execution = await provider.run_job(order())
        while progress is None or not progress.over:
            progress = await provider.follow_run(execution.id, "")
        return progress.state, progress.reason

    with RundeckServer() as server:
        server.ends = "failed"
        assert asked(made(server.url), last) == (ExecutionState.FAILED, "failed on web-3")


def test_one_that_does_not_run_any_more_cannot_be_ended() -> None:
    async def twice(provider: Rundeck) -> None:
        execution = await provider.run_job(order())
        await provider.cancel_run(execution.id, "ana")
        with pytest.raises(Conflict, match="Job is not running"):
            await provider.cancel_run(execution.id, "ana")

    with RundeckServer() as server:
        asked(made(server.url), twice)


class TestWhenTheAnswerIsLost:
    # safety 17
    def test_the_execution_is_found_by_its_options_its_user_and_its_time(self) -> None:
        async def lost(provider: Rundeck) -> Execution | None:
            mine = order(secrets={"password": Secret("hunter2")})
            server.begin(RESTART, {"node": "web-3", "how": "gently"}, at=time.time() - 60)
            server.begin(RESTART, {"node": "web-4", "how": "gently"})
            server.begin(RESTART, {"node": "web-3", "how": "gently"}, user="bo")
            with pytest.raises(Unreachable):
                await provider.run_job(mine)
            return await provider.find_run(mine)

        with RundeckServer() as server:
            server.lose = True
            found = asked(made(server.url), lost)
            assert len(server.asked("POST", "/run")) == 1
        assert found is not None
        assert found.id == "390"
        assert found.how.startswith("the only execution of this job with these options that was begun by ana since ")

    def test_two_that_are_alike_are_taken_for_neither(self) -> None:
        async def lost(provider: Rundeck) -> None:
            server.begin(RESTART, {"node": "web-3", "how": "gently"})
            server.begin(RESTART, {"node": "web-3", "how": "gently"})
            with pytest.raises(Conflict, match="2 executions"):
                await provider.find_run(order())

        with RundeckServer() as server:
            asked(made(server.url), lost)

    def test_what_began_before_by_a_clock_that_is_ahead_is_not_taken_for_it(self) -> None:
        with RundeckServer() as server:
            server.begin(RESTART, {"node": "web-3", "how": "gently"})
            late = order(at=datetime.now(UTC) + timedelta(seconds=30))
            assert asked(made(server.url), lambda it: it.find_run(late)) is None


@pytest.mark.parametrize(("call", "error"), [("follow", NotFound), ("cancel", NotFound), ("run", NotFound)])
def test_what_is_not_there_is_not_found(call: str, error: type[ProviderError]) -> None:
    async def tried(provider: Rundeck) -> None:
        if call == "follow":
            await provider.follow_run("1", "")
        elif call == "cancel":
            await provider.cancel_run("1", "ana")
        else:
            await provider.run_job(order(job="gone"))

    with RundeckServer() as server, pytest.raises(error):
        asked(made(server.url), tried)


def test_a_token_that_may_not_is_forbidden_and_not_told() -> None:
    with RundeckServer() as server:
        wrong = RundeckConfig(url=server.url, project="ops", token=Secret("canary-other"))
        provider = Rundeck("contract", wrong, FakeHost(FakeClock()))

        async def refused() -> None:
            with pytest.raises(Forbidden) as said:
                await provider.jobs()
            assert "canary" not in str(said.value)
            await provider.close()

        asyncio.run(refused())


@pytest.mark.parametrize("settings", [{"api": 41}, {"project": ""}])
def test_a_config_that_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        RundeckConfig(**{"url": "http://rundeck", "project": "ops", "token": Secret("t"), **settings})


def test_a_definition_that_cannot_be_read_costs_its_job_alone() -> None:
    with RundeckServer() as server:
        server.definitions = [json.loads(bad) for bad in BAD_RECORDS[:5]] + server.definitions[1:]
        restart, dump = asked(made(server.url), lambda it: it.jobs()).records
    assert restart.refused == "its definition cannot be read there, so nobody knows what it takes"
    assert dump.refused == "its executions are disabled at Rundeck"
