"""A page in words: the subject line and the text that every channel for people sends."""

from __future__ import annotations

from ..core.paging import Page, PageKind

_SAYS = {PageKind.TRIGGER: "", PageKind.ACKNOWLEDGE: "acknowledged: ", PageKind.RESOLVE: "resolved: "}


def subject_of(page: Page) -> str:
    """One line: how bad, what, where. A drill says so first."""
    drill = "DRILL, nothing is wrong: " if page.drill else ""
    where = f" ({page.where})" if page.where and page.where not in page.summary else ""
    return f"{drill}{_SAYS[page.kind]}[{page.severity.word}] {page.summary}{where}"


def text_of(page: Page) -> str:
    """All that the page says, a line for each fact."""
    lines = [subject_of(page), ""]
    if page.details:
        lines += [page.details, ""]
    lines += [f"{link.name}: {link.url}" for link in page.links]
    lines += [f"{name} = {value}" for name, value in sorted(page.labels.items())]
    return "\n".join(lines).rstrip() + "\n"


def payload_of(page: Page) -> dict[str, object]:
    """The page as a table for programs: stable names, JSON values."""
    return {
        "key": page.key,
        "kind": page.kind.value,
        "summary": page.summary,
        "severity": page.severity.word,
        "where": page.where,
        "details": page.details,
        "labels": page.labels,
        "links": {link.name: link.url for link in page.links},
        "drill": page.drill,
    }
