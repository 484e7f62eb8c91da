"""A request of a step: once, under a deadline, to where it was said, with its answer as output. See `web` for what is refused."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from ...config.secrets import SecretError
from ...core.actions import RunState
from ...core.steps.http import HttpStep
from ...core.text import clean
from ...core.units import Seconds
from ...provider import Http, HttpAuth, HttpSettings, NotReached, ProviderError, Reply, Unreachable
from .doing import Doing, Outcome

_ANY = range(100, 600)
_MOST_SECONDS = 600.0  # what `HttpSettings` takes


class Asked:
    """Does ``http``; a `Deed`."""

    outlives = False

    def __init__(self, do: HttpStep, doing: Doing) -> None:
        self._do, self._doing = do, doing
        self._asking: asyncio.Task[Reply] | None = None
        self._ended = False

    async def done(self) -> Outcome:
        """Ask, and judge the answer by its status."""
        try:
            http = await self._connected()
        except (ProviderError, SecretError, ValueError) as error:
            return Outcome(RunState.FAILED, None, 0.0, f"was not sent: {clean(str(error), 300)}")
        self._asking = asyncio.ensure_future(self._ask(http))
        try:
            reply = await self._asking
        except asyncio.CancelledError:
            if not self._ended:
                raise
            return Outcome(RunState.CANCELLED, None, 0.0, "was ended")
        except Unreachable as error:
            unknown = self._do.writes and not isinstance(error, NotReached)
            doubt = ": whether it was done is not known, look there" if unknown else ""
            reason = f"got no answer: {clean(str(error), 300)}{doubt}"
            return Outcome(RunState.UNCERTAIN if unknown else RunState.FAILED, None, 0.0, reason)
        except ProviderError as error:
            return Outcome(RunState.FAILED, None, 0.0, f"was refused: {clean(str(error), 300)}")
        finally:
            await http.close()
        return await self._judged(reply)

    async def begun(self) -> None:
        """It has no beginning that could be waited for."""

    def leave(self) -> None:
        """Nothing of it goes on."""

    async def end(self) -> str:
        """Wait for no answer any more."""
        self._ended = True
        if self._asking is not None:
            self._asking.cancel()
        host = clean(self._do.parts[0], 200)
        return f"whether {host} has done it is not known" if self._do.writes and self._asking is not None else ""

    async def _connected(self) -> Http:
        do, world = self._do, self._doing.world
        hidden = {name: await asyncio.to_thread(world.secret, ref) for name, ref in do.secret_headers.items()}
        bearer = await asyncio.to_thread(world.secret, do.bearer) if do.bearer else None
        for secret in (*hidden.values(), *([bearer] if bearer is not None else [])):
            self._doing.going.hide(secret.reveal())
        settings = HttpSettings(
            auth=HttpAuth(bearer=bearer),
            headers={"Accept": "*/*", **do.headers},
            secret_headers=hidden,
            ca=do.ca,
            within=Seconds(min(self._doing.seconds, _MOST_SECONDS)),
        )
        return world.http(do.parts[0], settings)

    async def _ask(self, http: Http) -> Reply:
        do = self._do
        return await http.send(do.method, do.parts[1] + do.asked, do.body, accept=_ANY)

    async def _judged(self, reply: Reply) -> Outcome:
        host = urlsplit(self._do.url).netloc
        await self._doing.going.say(f"{clean(host, 200)} answered {reply.status}")
        await self._doing.feed(reply.body + (b"" if reply.body.endswith(b"\n") or not reply.body else b"\n"))
        right = reply.status in self._do.expect if self._do.expect else 200 <= reply.status < 300
        if right:
            return Outcome(RunState.CONFIRMED, 0, 0.0)
        wanted = " or ".join(map(str, self._do.expect)) or "200–299"
        return Outcome(RunState.FAILED, None, 0.0, f"was answered {reply.status}, and not {wanted}")
