"""``github``: the contract over real HTTP, against a stand-in written from GitHub's documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from cockpit import plugins
from cockpit.core.jobs import Execution, ExecutionState, OptionKind, Progress
from cockpit.core.units import Seconds
from cockpit.provider import AuthFailed, Conflict, Order, ProviderError, RateLimited, Secret, Unreachable, capabilities
from cockpit.providers.gh_inputs import inputs_of
from cockpit.providers.github import GitHub, GitHubConfig
from cockpit.testing import FakeClock, FakeHost, HttpContract
from support.asking import asked, to_the_end
from support.github_server import REPOSITORY, RESTART, TOKEN, WORKFLOWS, GitHubServer
from support.small_http import Said


def made(url: str, clock: FakeClock | None = None, **settings: Any) -> GitHub:
    config = GitHubConfig(url=url, repository="acme/infra", token=Secret(TOKEN), within=Seconds(1.0), **settings)
    return GitHub("contract", config, FakeHost(clock or FakeClock(datetime.now(UTC))))


def order(**more: Any) -> Order:
    values = {"service": "web", "gently": "true"}
    return Order(
        **{"job": "161335", "values": values, "key": "20261126-031244-a1b2c3", "who": "ana", "at": datetime.now(UTC), **more}
    )


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (TOKEN,)
    answers: ClassVar[Mapping[str, bytes]] = {
        REPOSITORY: b'{"default_branch": "main"}',
        f"{REPOSITORY}/actions/workflows": json.dumps({"workflows": WORKFLOWS}).encode(),
        f"{REPOSITORY}/contents/.github/workflows/restart.yml": json.dumps({"on": {"workflow_dispatch": {}}}).encode(),
    }
    now = datetime.now(UTC)

    def provider(self) -> object:
        server = GitHubServer()
        self._servers().append(server)  # type: ignore[arg-type]  # it closes too
        return made(server.url)

    def connected(self, url: str) -> object:
        return made(url)

    def hostile(self) -> object:
        from cockpit.testing.contract import HOSTILE

        server = GitHubServer()
        self._servers().append(server)  # type: ignore[arg-type]  # as above
        server.workflows[0]["name"] += HOSTILE
        server.workflows[0]["html_url"] += HOSTILE
        server.files["restart.yml"] = RESTART.replace(b"which one", json.dumps(HOSTILE).encode())
        return made(server.url)

    def malformed(self) -> tuple[object, int]:
        bad = (b"null", b"7", b"[]", b"{}", b'{"id": "x"}', b'{"id": 1e999}')
        good = json.dumps(WORKFLOWS[0]).encode()
        body = b'{"workflows": [' + b", ".join([*bad, good]) + b"]}"
        return self.connected(self._served({**self.answers, f"{REPOSITORY}/actions/workflows": body}).url), 7


def test_it_comes_by_entry_point_and_can_run_things() -> None:
    assert plugins.load(plugins.PROVIDERS, "github") is GitHub
    assert capabilities(made("http://127.0.0.1:1")) == {"Runbooks"}


def test_what_can_be_dispatched_is_offered_with_its_inputs() -> None:
    with GitHubServer() as server:
        restart, old = asked(made(server.url), lambda it: it.jobs()).records
    assert (restart.name, restart.title, restart.ref.id) == ("restart.yml", "Restart a service", "161335")
    assert restart.request == f"POST {server.url}{REPOSITORY}/actions/workflows/161335/dispatches on main"
    service, gently, after, note, _ = restart.options
    assert (service.choices, service.required, service.default, service.help) == (("web", "db"), True, "web", "which one")
    assert (gently.kind, gently.default) == (OptionKind.YES_NO, "true")
    assert (after.kind, after.default, note.kind) == (OptionKind.NUMBER, None, OptionKind.TEXT)
    assert (old.name, old.refused) == ("old.yml", "it is disabled manually at GitHub")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (b"on: push", None),
        (b"on: [push, pull_request]", None),
        (b"on: workflow_dispatch", 0),
        (b"on: [push, workflow_dispatch]", 0),
        (b"on: {workflow_dispatch: }", 0),
        (b'"on": {workflow_dispatch: {inputs: {a: }}}', 1),
        (b"jobs: {}", None),
        (b"", None),
        (b"- a\n- b", None),
        (b"on: {workflow_dispatch: {inputs: [a, b]}}", 0),
        (b"on: {workflow_dispatch: {inputs: {a: {type: choice, options: !reference [x]}}}}", 1),
    ],
)
def test_what_a_workflow_takes_is_read_from_its_file(text: bytes, options: int | None) -> None:
    found = inputs_of(text)
    assert (None if found is None else len(found)) == options


def test_a_file_that_is_no_yaml_is_said_and_the_workflow_is_not_run() -> None:
    with GitHubServer() as server:
        server.files["restart.yml"] = b"on: [unclosed"
        restart, _ = asked(made(server.url), lambda it: it.jobs()).records
    assert restart.refused.startswith("restart.yml cannot be read: it is no YAML")


def test_only_those_that_the_config_names_are_offered() -> None:
    with GitHubServer() as server:
        found = asked(made(server.url, workflows=("re*.yml",)), lambda it: it.jobs()).records
    assert [each.name for each in found] == ["restart.yml"]


def test_what_has_not_changed_costs_nothing_of_the_rate_limit() -> None:
    async def often(provider: GitHub) -> tuple[int, int]:
        await provider.jobs()
        first = server.counted
        for _ in range(3):
            clock.advance(301)
            await provider.jobs()
        return first, server.counted

    clock = FakeClock()
    with GitHubServer() as server:
        first, after = asked(made(server.url, clock), often)
        conditional = [each for each in server.heard if "if-none-match" in each.fields]
    assert first == after
    assert len(conditional) == 12  # the list and three files, three times


class TestADispatch:
    def test_its_answer_says_which_run_it_became(self) -> None:
        with GitHubServer() as server:
            execution = asked(made(server.url), lambda it: it.run_job(order()))
            (sent,) = server.asked("POST", "/dispatches")
        assert sent.json == {"ref": "main", "inputs": {"service": "web", "gently": "true"}, "return_run_details": True}
        assert execution == Execution("30433642", "https://github.example/acme/infra/actions/runs/30433642")

    def test_an_older_server_is_asked_the_old_way_and_then_the_run_is_looked_for(self) -> None:
        async def found(provider: GitHub) -> tuple[object, Execution | None]:
            return await provider.run_job(mine), await provider.find_run(mine)

        mine = order()
        with GitHubServer(details=False) as server:
            server.begin(161335, "Restart web", "2026-11-01T00:00:00Z")
            none, execution = asked(made(server.url), found)
            assert len(server.runs) == 2
        assert none is None
        assert execution is not None
        assert execution.id == "30433643"
        assert execution.how.startswith("the only run of it that was dispatched by ana on main since ")

    def test_an_input_that_is_no_good_is_refused_in_githubs_words_and_not_sent_again(self) -> None:
        with GitHubServer() as server:
            with pytest.raises(ProviderError, match="not in the list of allowed values"):
                asked(made(server.url), lambda it: it.run_job(order(values={"service": "x"})))
            assert len(server.asked("POST", "/dispatches")) == 1

    @pytest.mark.parametrize("correlate", ["cockpit", ""])
    def test_one_whose_answer_is_lost_is_found(self, correlate: str) -> None:  # safety 17
        async def lost(provider: GitHub) -> Execution | None:
            with pytest.raises(Unreachable):
                await provider.run_job(mine)
            return await provider.find_run(mine)

        mine = order()
        with GitHubServer() as server:
            server.lose = True
            if correlate:
                server.begin(161335, "Restart web, by somebody else at the same time")
            found = asked(made(server.url, correlate=correlate), lost)
            assert len(server.asked("POST", "/dispatches")) == 1
        assert found is not None
        assert found.id == ("30433643" if correlate else "30433642")
        assert ("its title has the id of this run" in found.how) is bool(correlate)

    def test_two_that_could_be_it_are_taken_for_neither(self) -> None:  # safety 17
        with GitHubServer() as server:
            mine = order()
            server.begin(161335, "Restart web")
            server.begin(161335, "Restart web")
            with pytest.raises(Conflict, match="2 runs of it were dispatched"):
                asked(made(server.url), lambda it: it.find_run(mine))

    def test_the_correlating_input_is_nobodys_to_fill(self) -> None:
        with GitHubServer() as server:
            restart, _ = asked(made(server.url, correlate="cockpit"), lambda it: it.jobs()).records
        assert "cockpit" not in [each.name for each in restart.options]
        assert restart.adds == "cockpit: the id of this run"


class TestFollowing:
    def test_jobs_and_steps_are_told_as_they_end_and_then_the_log_from_where_it_is_kept(self) -> None:
        async def followed(provider: GitHub) -> tuple[list[str], Progress]:
            execution = await provider.run_job(order())
            assert execution is not None
            return await to_the_end(provider, execution.id)

        with GitHubServer() as server:
            lines, last = asked(made(server.url), followed)
            (fetched,) = server.store.heard
        assert lines == [
            "restart: begun",
            "restart: Set up job: success",
            "restart: Restart: success",
            "restart: succeeded",
            "##[group]Run systemctl restart nginx",
            "it is up",
        ]
        assert last.state is ExecutionState.SUCCEEDED
        assert "authorization" not in fetched.fields  # safety 13: no credential goes to another origin

    def test_a_failure_names_the_step(self) -> None:
        async def followed(provider: GitHub) -> tuple[list[str], Progress]:
            execution = await provider.run_job(order())
            assert execution is not None
            return await to_the_end(provider, execution.id)

        with GitHubServer() as server:
            server.ends = "failure"
            _, last = asked(made(server.url), followed)
        assert (last.state, last.reason) == (ExecutionState.FAILED, "restart: Restart failure")

    def test_a_long_log_comes_in_parts_each_line_once(self) -> None:
        async def followed(provider: GitHub) -> tuple[list[str], Progress]:
            execution = await provider.run_job(order())
            assert execution is not None
            return await to_the_end(provider, execution.id)

        with GitHubServer() as server:
            server.store.log = b"".join(b"line %d\n" % number for number in range(12_345))
            lines, _ = asked(made(server.url), followed)
        assert [line for line in lines if line.startswith("line ")] == [f"line {number}" for number in range(12_345)]

    def test_one_that_has_ended_cannot_be_cancelled(self) -> None:
        async def late(provider: GitHub) -> None:
            execution = await provider.run_job(order())
            assert execution is not None
            await to_the_end(provider, execution.id)
            with pytest.raises(Conflict, match="completed"):
                await provider.cancel_run(execution.id, "ana")

        with GitHubServer() as server:
            asked(made(server.url), late)


@pytest.mark.parametrize(
    ("status", "fields", "message", "least", "most"),
    [
        (403, {"Retry-After": "17"}, "secondary", 17, 17),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "RESET"}, "API rate limit exceeded", 100, 125),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "RESET"}, "API rate limit exceeded", 100, 125),
        (403, {}, "You have exceeded a secondary rate limit", 60, 60),
    ],
)
def test_a_limit_is_obeyed_however_github_says_it(
    status: int, fields: dict[str, str], message: str, least: float, most: float
) -> None:
    clock = FakeClock()
    reset = str(int(clock.now().timestamp()) + 120)
    with GitHubServer() as server:
        server.refuse = Said(status, {"message": message}, {name: value.replace("RESET", reset) for name, value in fields.items()})
        with pytest.raises(RateLimited) as said:
            asked(made(server.url, clock), lambda it: it.jobs())
    assert said.value.retry_after is not None
    assert least <= said.value.retry_after <= most


def test_a_wrong_token_is_said_and_not_told() -> None:
    with GitHubServer() as server:
        config = GitHubConfig(url=server.url, repository="acme/infra", token=Secret("canary-other"))
        with pytest.raises(AuthFailed, match="Bad credentials") as said:
            asked(GitHub("contract", config, FakeHost(FakeClock())), lambda it: it.jobs())
    assert "canary" not in str(said.value)


@pytest.mark.parametrize("repository", ["infra", "acme/", "a/b/c", ""])
def test_a_repository_has_an_owner(repository: str) -> None:
    with pytest.raises(ValueError, match="OWNER/NAME"):
        GitHubConfig(repository=repository, token=Secret("t"))
