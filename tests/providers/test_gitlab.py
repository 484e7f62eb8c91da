"""``gitlab``: the contract over real HTTP, against a stand-in written from GitLab's documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

from cockpit import plugins
from cockpit.core.jobs import Execution, ExecutionState, Option, OptionKind, Progress
from cockpit.core.units import Seconds
from cockpit.provider import AuthFailed, Conflict, NotFound, Order, ProviderError, Secret, Unreachable, capabilities
from cockpit.providers.gitlab import GitLab, GitLabConfig
from cockpit.providers.gl_takes import takes
from cockpit.testing import FakeClock, FakeHost, HttpContract
from cockpit.testing.contract import HOSTILE
from support.asking import asked, to_the_end
from support.gitlab_server import CI, TOKEN, TRIGGER, GitLabServer

KEY = "20261126-031244-a1b2c3"


def made(url: str, clock: FakeClock | None = None, **settings: Any) -> GitLab:
    config = GitLabConfig(url=url, project="ops/infra", token=Secret(TOKEN), within=Seconds(1.0), **settings)
    return GitLab("contract", config, FakeHost(clock or FakeClock(datetime.now(UTC))))


def order(**more: Any) -> Order:
    values = {"level": "4", "target": "web", "gently": "true", "DEPLOY_ENV": "production"}
    return Order(**{"job": "pipeline", "values": values, "key": KEY, "who": "ana", "at": datetime.now(UTC), **more})


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (TOKEN, TRIGGER)
    answers: ClassVar[Mapping[str, bytes]] = {
        "/api/v4/projects/ops%2Finfra": b'{"id": 1, "default_branch": "main"}',
        "/api/v4/projects/ops%2Finfra/repository/files/.gitlab-ci.yml/raw": b"{}",
        "/api/v4/projects/ops%2Finfra/pipelines/latest": b'{"id": 46, "status": "success"}',
        "/api/v4/projects/ops%2Finfra/pipelines/46/jobs": b'[{"id": 10, "name": "restart-web", "status": "manual"}]',
    }
    now = datetime.now(UTC)
    no_such_run = "pipeline:1"

    def provider(self) -> object:
        return made(self._stands_in().url, trigger=Secret(TRIGGER))

    def connected(self, url: str) -> object:
        return made(url)

    def hostile(self) -> object:
        server = self._stands_in()
        server.manual.append(f"restart{HOSTILE}")
        server.jobs[10]["name"] = server.jobs[10]["stage"] = f"restart{HOSTILE}"
        server.file = CI.replace(b"how loud", json.dumps(HOSTILE).encode()).replace(b"staging", json.dumps(HOSTILE).encode())
        return made(server.url)

    def malformed(self) -> tuple[object, int]:
        bad = (b"null", b"7", b"[]", b"{}", b'{"id": "x"}')
        body = b"[" + b", ".join([*bad, b'{"id": 10, "name": "restart-web", "status": "manual"}']) + b"]"
        answers = {**self.answers, "/api/v4/projects/ops%2Finfra/pipelines/46/jobs": body}
        return made(self._served(answers).url, pipeline=False), 6

    def _stands_in(self) -> GitLabServer:
        server = GitLabServer()
        self._servers().append(server)  # type: ignore[arg-type]  # it closes too
        return server


def test_it_comes_by_entry_point_and_can_run_things() -> None:
    assert plugins.load(plugins.PROVIDERS, "gitlab") is GitLab
    assert capabilities(made("http://127.0.0.1:1")) == {"Runbooks"}


def test_a_pipeline_takes_the_inputs_and_the_described_variables_of_its_file() -> None:
    with GitLabServer() as server:
        pipeline, manual = asked(made(server.url), lambda it: it.jobs()).records
    assert (pipeline.name, pipeline.title) == ("pipeline", "New pipeline on main")
    assert pipeline.request == f"POST {server.url}/api/v4/projects/ops%2Finfra/pipeline on main"
    assert pipeline.adds == "COCKPIT_RUN: the id of this run"
    assert pipeline.options == (
        Option(name="level", kind=OptionKind.NUMBER, default="3", help="how loud"),
        Option(name="target", required=True, choices=("web", "db"), pattern="^[a-z]+$"),
        Option(name="gently", kind=OptionKind.YES_NO, default="false"),
        Option(name="DEPLOY_ENV", default="staging", choices=("staging", "production"), help="where to"),
    )
    assert (manual.name, manual.ref.id, manual.options) == ("restart-web", "10", ())


@pytest.mark.parametrize(
    "text", [b"", b"a: 1", b"- a", b"variables: [a]", b"spec: 7\n---\nvariables: {A: b}", b"spec: {inputs: 7}\n---\n"]
)
def test_a_file_that_says_nothing_of_it_takes_nothing(text: bytes) -> None:
    assert takes(text).options == ()


def test_a_file_that_is_not_there_is_no_reason_not_to_run_it() -> None:
    with GitLabServer() as server:
        server.file = None
        pipeline = asked(made(server.url), lambda it: it.jobs()).records[0]
    assert (pipeline.refused, pipeline.options) == ("", ())
    assert "nothing is known of what it takes" in pipeline.help


def test_a_project_without_a_pipeline_offers_a_new_one() -> None:
    with GitLabServer() as server:
        server.pipelines.clear()
        assert [each.name for each in asked(made(server.url), lambda it: it.jobs()).records] == ["pipeline"]


class TestBeginning:
    def test_inputs_go_typed_and_variables_as_text_with_the_runs_id(self) -> None:
        with GitLabServer() as server:
            execution = asked(made(server.url), lambda it: it.run_job(order()))
            (sent,) = server.asked("POST", "/pipeline")
        assert sent.json == {
            "ref": "main",
            "inputs": {"level": 4, "target": "web", "gently": True},
            "variables": [{"key": "DEPLOY_ENV", "value": "production"}, {"key": "COCKPIT_RUN", "value": KEY}],
        }
        assert execution == Execution("pipeline:48", "https://gitlab.example/ops/infra/-/pipelines/48")

    def test_a_trigger_token_begins_it_where_there_is_one(self) -> None:
        with GitLabServer() as server:
            asked(made(server.url, trigger=Secret(TRIGGER)), lambda it: it.run_job(order()))
            (sent,) = server.asked("POST", "/trigger/pipeline")
        form = parse_qs(sent.body.decode())
        assert form["variables[DEPLOY_ENV]"] == ["production"]
        assert (form["inputs[level]"], form["inputs[gently]"], form["ref"]) == (["4"], ["true"], ["main"])

    def test_a_manual_job_is_played_once(self) -> None:
        async def twice(provider: GitLab) -> Execution:
            played = await provider.run_job(order(job="10", values={"FORCE": "yes"}))
            with pytest.raises(ProviderError, match="Unplayable"):
                await provider.run_job(order(job="10", values={}))
            return played

        with GitLabServer() as server:
            assert asked(made(server.url), twice).id == "job:10"
            first = server.asked("POST", "/jobs/10/play")[0]
        assert first.json == {"job_variables_attributes": [{"key": "FORCE", "value": "yes"}]}

    def test_an_input_that_is_no_good_is_refused(self) -> None:
        with GitLabServer() as server, pytest.raises(ProviderError, match="refused"):
            asked(made(server.url), lambda it: it.run_job(order(values={"level": "loud"})))


class TestWhenTheAnswerIsLost:
    # safety 17
    def test_a_pipeline_is_found_by_its_variable(self) -> None:
        async def lost(provider: GitLab) -> Execution | None:
            mine = order()
            server.begin("main", {"COCKPIT_RUN": "another"})
            with pytest.raises(Unreachable):
                await provider.run_job(mine)
            server.begin("main", {})
            return await provider.find_run(mine)

        with GitLabServer() as server:
            server.lose = True
            found = asked(made(server.url), lost)
            assert len(server.asked("POST", "/pipeline")) == 1
        assert found is not None
        assert (found.id, found.how) == ("pipeline:49", "its variable COCKPIT_RUN is the id of this run")

    def test_without_that_variable_nobody_can_tell(self) -> None:
        with GitLabServer() as server, pytest.raises(Conflict, match="without correlate"):
            asked(made(server.url, correlate=False), lambda it: it.find_run(order()))

    def test_a_manual_job_waits_no_more(self) -> None:
        async def lost(provider: GitLab) -> tuple[Execution | None, Execution | None]:
            mine = order(job="10", values={})
            before = await provider.find_run(mine)
            with pytest.raises(Unreachable):
                await provider.run_job(mine)
            return before, await provider.find_run(mine)

        with GitLabServer() as server:
            server.lose = True
            before, after = asked(made(server.url), lost)
        assert before is None
        assert after is not None
        assert after.id == "job:10"


class TestFollowing:
    def follow(self, server: GitLabServer, **more: Any) -> tuple[list[str], Progress]:
        async def followed(provider: GitLab) -> tuple[list[str], Progress]:
            return await to_the_end(provider, (await provider.run_job(order(**more))).id)

        return asked(made(server.url), followed)

    def test_what_its_jobs_print_comes_as_they_print_it(self) -> None:
        with GitLabServer() as server:
            lines, last = self.follow(server)
        assert lines == ["restart (ops): begun", "Restarting", "it is up", "restart: succeeded"]
        assert (last.state, last.reason) == (ExecutionState.SUCCEEDED, "")

    def test_a_manual_job_is_followed_alone(self) -> None:
        with GitLabServer() as server:
            lines, last = self.follow(server, job="10", values={})
        assert lines == ["restart-web (ops): begun", "Restarting", "it is up", "restart-web: succeeded"]
        assert last.state is ExecutionState.SUCCEEDED

    def test_a_failure_names_the_job_and_why(self) -> None:
        with GitLabServer() as server:
            server.ends = "failed"
            _, last = self.follow(server)
        assert (last.state, last.reason) == (ExecutionState.FAILED, "restart: script failure")

    def test_one_that_has_ended_is_not_ended_again(self) -> None:
        async def late(provider: GitLab) -> None:
            execution = await provider.run_job(order())
            await to_the_end(provider, execution.id)
            with pytest.raises(Conflict, match="it had ended already"):
                await provider.cancel_run(execution.id, "ana")

        with GitLabServer() as server:
            asked(made(server.url), late)


def test_a_wrong_token_is_said_and_not_told() -> None:
    with GitLabServer() as server:
        config = GitLabConfig(url=server.url, project="ops/infra", token=Secret("canary-other"))
        with pytest.raises(AuthFailed) as said:
            asked(GitLab("contract", config, FakeHost(FakeClock())), lambda it: it.jobs())
    assert "canary" not in str(said.value)


def test_a_run_that_is_not_there_is_not_found() -> None:
    with GitLabServer() as server, pytest.raises(NotFound):
        asked(made(server.url), lambda it: it.follow_run("pipeline:1", ""))


def test_a_source_that_would_offer_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing would be offered"):
        GitLabConfig(project="ops/infra", token=Secret("t"), pipeline=False, manual_jobs=False)
