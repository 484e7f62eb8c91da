"""What neither exporter is needed for: jobs that push their heartbeat, and queries that a Prometheus answers already."""

from __future__ import annotations

from .laid import PUSHED, Laid, Told, Unable
from .words import selector


def heartbeat(laid: Laid) -> Told:
    """The job pushes to a Pushgateway instead of `cockpit beat`: source, pushgateway, README ("About metric push_time_seconds")."""
    name = laid.text("name")
    if "/" in name:
        raise Unable("a name with a slash cannot stand in the address of a Pushgateway: call the heartbeat otherwise")
    last = selector("push_time_seconds", job=name)
    age = f"(time() - {last})"
    late = laid.lasting("within") + laid.lasting("grace")
    bounded = laid.settings.get("within") is not None
    remark = (
        f"let the job push instead of `cockpit beat`: echo done 1 | curl --data-binary @- http://PUSHGATEWAY/metrics/job/{name}"
    )
    return Told(
        values={"age_seconds": age},
        wrong=f"{age} > {late:.15g}" if bounded else "",
        unseen=f"absent({last})",
        remarks=(remark, f"the Pushgateway is the job {PUSHED} there, scraped with honor_labels"),
    )


def promql(laid: Laid) -> Told:
    """The query itself. Its last line may be a comment, so a bracket never stands behind it."""
    query = f"({laid.text('query')}\n)"
    empty = laid.text("empty")
    remarks = (
        f"the rule has to be loaded where the query can be answered: {laid.text('url')}",
        "each series that is beyond the bound is an alert of its own there",
    )
    return Told(
        values={"value": query, "max": f"max{query}", "min": f"min{query}", "count": f"(count{query} or vector(0))"},
        wrong=f"absent{query}" if empty == "trip" else "",
        unseen=f"absent{query}" if empty == "blind" else "",
        remarks=remarks,
    )
