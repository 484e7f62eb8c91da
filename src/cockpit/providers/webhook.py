"""``webhook``: anything that can be started by a POST and asked how it goes, as runbooks.

What is sent is JSON: ``{"job": NAME, "run": KEY, "by": PERSON, "options": {…}}``, with the cockpit's id for the run in ``run``, by
which a far side that is careful does nothing twice.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..core.alerts import Ref
from ..core.jobs import Execution, ExecutionState, Job, Progress
from ..core.text import clean
from ..provider import Answer, Conflict, Forbidden, Host, Malformed, NotFound, Order, Reply
from .hook_config import Hook, WebhookConfig, filled
from .records import UNREADABLE
from .wire import LINES_AT_ONCE, tail

UNFOLLOWED = "-"
"""The execution of a hook that cannot be asked: it was called, and answered well."""


class Webhook:
    """An execution's id is ``HOOK/ID``: which hook it is of says where it is asked."""

    Config: ClassVar[type[msgspec.Struct]] = WebhookConfig

    def __init__(self, name: str, config: WebhookConfig, host: Host) -> None:
        self._name, self._config = name, config
        self._http = host.http(config.url, config, "what answers hooks")

    async def jobs(self) -> Answer[Job]:
        """Those of the config; the far side is asked for no more than whether it is there."""
        if self._config.health:
            await self._http.get(self._config.health)
        return Answer(tuple(self._job(name, hook) for name, hook in self._config.hooks.items()))

    async def run_job(self, order: Order) -> Execution:
        """Call it, once."""
        hook = self._hook(order.job)
        body = {"job": order.job, "run": order.key, "by": order.who, "options": order.revealed}
        reply = await self._http.send("POST", filled(hook.start, run=order.key), msgspec.json.encode(body))
        if not hook.status:
            return Execution(f"{order.job}/{UNFOLLOWED}")
        return self._execution(order.job, hook, reply, "")

    async def find_run(self, order: Order) -> Execution | None:
        """Ask for the execution with the order's key, where the config says how."""
        hook = self._hook(order.job)
        if not hook.find:
            raise Conflict("nothing says how one of its runs is found again (find): nobody can tell whether it began")
        try:
            reply = await self._http.get(filled(hook.find, run=order.key))
        except NotFound:
            return None
        return self._execution(order.job, hook, reply, "it was asked for by the id of this run")

    async def follow_run(self, execution: str, at: str) -> Progress:
        """Its status, and what it printed since."""
        name, _, number = execution.rpartition("/")
        hook = self._hook(name)
        if number == UNFOLLOWED:
            said = "it was called and answered well; nothing more is known of it"
            return Progress(state=ExecutionState.SUCCEEDED, over=True, reason=said)
        members = _members(await self._http.get(filled(hook.status, id=number)))
        word = _at(members, self._config.state)
        state = self._config.meaning(word)
        if state is None:
            raise Malformed(f"it says that the state is {clean(word, 60)!r}: say with states what that means")
        told = int(at or "0")
        lines, told, more = await self._printed(hook, number, told, state) if hook.log else ((), told, False)
        reason = clean(_at(members, self._config.reason), 300)
        return Progress(
            state=state, lines=lines, at=str(told), over=state.ended and not more, reason=reason, wait=0.0 if more else 2.0
        )

    async def cancel_run(self, execution: str, who: str) -> None:
        """Call what ends it."""
        name, _, number = execution.rpartition("/")
        hook = self._hook(name)
        if not hook.cancel or number == UNFOLLOWED:
            raise Forbidden("nothing says how one of its runs is ended (cancel)")
        await self._http.send("POST", filled(hook.cancel, id=number), msgspec.json.encode({"by": who}))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _job(self, name: str, hook: Hook) -> Job:
        return Job(
            ref=Ref(self._name, name),
            name=clean(name, 200),
            title=clean(hook.title or name, 200),
            help=clean(hook.help, 2000),
            request=f"POST {self._http.address}{hook.start}",
            adds="run: the id of this run, by: who begins it",
            options=tuple(option.named(each) for each, option in hook.options.items()),
        )

    def _hook(self, name: str) -> Hook:
        try:
            return self._config.hooks[name]
        except KeyError:
            raise NotFound(f"there is no hook {clean(name, 100)}") from None

    def _execution(self, job: str, hook: Hook, reply: Reply, how: str) -> Execution:
        members = _members(reply)
        number = _at(members, self._config.id)
        if not number or (number == UNFOLLOWED and hook.status):
            raise Malformed(f"its answer has no {clean(self._config.id, 60)}, by which it could be asked how it goes")
        return Execution(f"{job}/{clean(number, 200)}", clean(_at(members, self._config.link)), how)

    async def _printed(self, hook: Hook, number: str, told: int, state: ExecutionState) -> tuple[tuple[str, ...], int, bool]:
        """(lines since byte ``told``, where to go on, whether there is more already)."""
        partial = "{offset}" in hook.log
        try:
            body = (await self._http.get(filled(hook.log, id=number, offset=str(told)))).body
        except NotFound:  # it has not printed anything yet
            return (), told, False
        body = body if partial else body[told:]
        if state.ended and body and not body.endswith(b"\n"):
            body += b"\n"
        lines, upto = tail(body, 0)
        return lines, told + upto, len(lines) == LINES_AT_ONCE


def _members(reply: Reply) -> object:
    try:
        return msgspec.json.decode(reply.body)
    except UNREADABLE as error:
        raise Malformed(f"its answer is no JSON: {clean(str(error), 100)}") from None


def _at(value: object, path: str) -> str:
    """A member by its path, as text; "" where there is none."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else ""
