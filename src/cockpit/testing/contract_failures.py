"""The part of the contract that is about a world that is not well: hostile texts, records that cannot be read, a source that says
no or nothing, and secrets, which are never told."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any

from ..core.text import clean_block
from ..provider import ProviderError, capabilities
from .contract_sources import ASKED, Sources, errors_of
from .must import must
from .walk import texts


class FailuresContract(Sources):
    """See `contract.ProviderContract`, which has these tests among its own."""

    def test_hostile_texts_come_out_clean(self) -> None:
        answers = self._answers(self.hostile())
        must(any(answer.records for answer in answers.values()), "the hostile source's answers gave no record at all")
        for kind, answer in answers.items():
            for path, text in (*texts(answer.records), *texts(answer.remarks)):
                if ".trap.params" in path:
                    continue  # what a probe is configured with, to the byte; nobody shows it as it is
                must(clean_block(text, len(text) + 1) == text, f"{kind}{path} is not clean: {text!r}; use cockpit.core.text.clean")

    def test_malformed_records_are_counted_one_by_one(self) -> None:
        provider, received = self.malformed()
        answers = self._answers(provider)
        answer = answers[next(kind for kind in ("Alerts", "Shifts", "Runbooks") if kind in answers)]
        got, bad = len(answer.records), answer.rejected
        must(bad > 0, f"of {received} records, some of them malformed, none was counted as rejected")
        must(got + bad == received, f"accepted ({got}) + rejected ({bad}) is not what was received ({received})")

    def test_each_failure_becomes_the_right_error(self) -> None:
        for how, (provider, wanted) in self.failing().items():
            errors = self._run(provider, errors_of)
            must(errors, f"{how}: nothing was raised")
            for kind, error in errors.items():
                must(isinstance(error, ProviderError), f"{how}: {kind} raised {error!r}, which is not in the tree of ProviderError")
                must(isinstance(error, wanted), f"{how}: {kind} raised {type(error).__name__}, not {wanted.__name__}")
                must(str(error).strip(), f"{how}: {type(error).__name__} says nothing to the person")

    def test_no_secret_is_ever_told(self) -> None:
        if not self.secrets:
            raise unittest.SkipTest("secrets is empty")
        told: list[tuple[str, str]] = []
        provider = self.provider()
        told += [("repr", repr(provider)), ("repr of its attributes", repr(getattr(provider, "__dict__", "")))]
        for kind, answer in self._answers(provider).items():
            told += [(f"{kind}{path}", text) for path, text in (*texts(answer.records), *texts(answer.remarks))]
        try:
            failing = self.failing()
        except unittest.SkipTest:
            failing = {}
        for how, (each, _) in failing.items():
            told += [(how, f"{error} {error!r}") for error in self._run(each, errors_of).values()]
        for secret in self.secrets:
            for where, text in told:
                must(secret not in text, f"a secret is told in {where}")

    def test_cancelling_is_clean(self) -> None:
        async def cancelled(provider: Any) -> tuple[bool, int]:
            before = asyncio.all_tasks()
            asking = asyncio.ensure_future(next(ASKED[can](provider) for can in ASKED if can in capabilities(provider)))
            for _ in range(50):
                await asyncio.sleep(0)
            must(not asking.done(), "the stalled source's provider gave an answer")
            asking.cancel()
            await asyncio.wait({asking}, timeout=2)
            return asking.cancelled(), len(asyncio.all_tasks() - before - {asking})

        clean, left = self._run(self.stalled(), cancelled)
        must(clean, "it swallows its cancellation: it must end at once, with CancelledError")
        must(not left, f"{left} of its tasks go on after it was cancelled")
