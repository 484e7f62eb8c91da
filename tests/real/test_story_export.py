"""One machine is outgrown: what its traps watched, a real Prometheus with its exporters watches by the exported rules. They fire
on the same facts: a disk that fills, a site that is down, a certificate that ends, a port that is closed, a job that stays away."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cockpit.core.text import clean
from support.exported import HOST, checked, living, open_port, printed
from support.home import Home
from support.hostile import SAID
from support.prometheuses import Server, pushgateway
from support.real import free_port, http_ready, listening, need, running, wait_until
from support.servers import answering, authority, serving, tls_context

pytestmark = pytest.mark.real

WORLD = """
[traps.small-disk]
probe = "disk"
path = '{disk}'
warn = "used_percent >= 50"
trip = "used_percent >= 90"
every = "2s"
severity = "critical"
went_wrong = "it filled up: {{{{ $value }}}}"
[traps.site]
probe = "http"
url = "http://127.0.0.1:{http}/health"
contains = "all (is) well"
within = "2s"
every = "2s"
[traps.port]
probe = "tcp"
host = "127.0.0.1"
port = {tcp}
within = "2s"
every = "2s"
severity = "error"
[traps.certificate]
probe = "tls"
host = "127.0.0.1"
server_name = "localhost"
port = {tls}
ca = "{ca}"
warn = "days_left <= 21"
trip = "days_left <= 1"
within = "2s"
every = "2s"
[traps.nightly]
probe = "heartbeat"
name = "nightly"
within = "2s"
blind_after = "1s"
"""


def hold(talk: socket.socket) -> None:
    """Wait until the other side has had enough."""
    while talk.recv(4096):
        pass


def facts(server: Server, trap: str) -> set[str]:
    """At what stages this trap fires there."""
    alerts = server.call("/alerts")["alerts"]
    return {each["labels"]["stage"] for each in alerts if each["labels"]["trap"] == trap and each["state"] == "firing"}


def both(server: Server, home: Home, trap: str, stages: set[str], state: str) -> None:
    """Wait until the exported rules fire at just these stages; the cockpit, looking once at the same facts, says the same."""
    wait_until(lambda: facts(server, trap) == stages, 40, f"{trap} to fire as {stages or 'nothing'} (it is {facts(server, trap)})")
    (looked,) = home.json("trap", "check", trap)
    assert looked["state"] == state, looked["text"]


@contextlib.contextmanager
def small_disk(at: Path) -> Any:
    need("mount", "umount")
    at.mkdir()
    made = subprocess.run(("mount", "-t", "tmpfs", "-o", "size=8m", "cockpit-test", str(at)), capture_output=True, check=False)
    if made.returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        yield at
    finally:
        subprocess.run(("umount", "-l", str(at)), check=True)


def test_the_exported_rules_fire_on_the_same_facts_as_the_traps(home: Home, tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    context = tls_context(ca.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=90)))
    tcp, disk_name = free_port(), 'a "quoted" {disk}'
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk(tmp_path / disk_name))
        tls = stack.enter_context(serving(hold, context))
        site = contextlib.ExitStack()
        http = site.enter_context(serving(answering(body=b"all (is) well")))
        port = contextlib.ExitStack()
        port.enter_context(open_port(tcp))
        gateway = stack.enter_context(pushgateway())
        stack.callback(site.close)
        stack.callback(port.close)
        home.config(WORLD.format(disk=disk, http=http, tcp=tcp, tls=tls, ca=ca_file))
        gateway.push("nightly", done=1)
        server = stack.enter_context(living(tmp_path / "there", home, gateway.port))
        for metric in ("node_filesystem_size_bytes", 'probe_success{trap="port"}', "push_time_seconds"):
            server.until_seen(metric)
        for trap in ("small-disk", "site", "port", "certificate"):
            both(server, home, trap, set(), "armed")

        (disk / "junk").write_bytes(bytes(6 * 2**20))
        both(server, home, "small-disk", {"warn"}, "warning")
        (disk / "more").write_bytes(bytes(3 * 2**19))
        both(server, home, "small-disk", {"warn", "trip"}, "tripped")
        (alert,) = (each for each in server.call("/alerts")["alerts"] if each["labels"]["stage"] == "trip" and "disk" in str(each))
        assert alert["labels"]["severity"] == "critical"
        assert alert["annotations"]["went_wrong"] == "it filled up: {{ $value }}", "what a person wrote is no template"

        site.close()
        port.close()
        both(server, home, "site", {"trip"}, "tripped")
        both(server, home, "port", {"trip"}, "tripped")
        ca.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=9)).configure_cert(context)
        both(server, home, "certificate", {"warn"}, "warning")
        ca.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(hours=9)).configure_cert(context)
        both(server, home, "certificate", {"warn", "trip"}, "tripped")
        wait_until(lambda: facts(server, "nightly") == {"trip"}, 40, "the job that stays away to be told")
        gateway.drop("nightly")
        wait_until(lambda: facts(server, "nightly") == {"blind"}, 40, "a job that was never heard of to be blind")


def test_what_is_not_looked_at_any_more_is_blind_and_not_well(home: Home, tmp_path: Path) -> None:
    home.config('[traps.root]\nprobe="disk"\npath="/"\ntrip="used_percent >= 101"\nblind_after="1s"\n')
    place = checked(tmp_path / "there", home, f"--node-exporter=127.0.0.1:{free_port()}")
    (prometheus,) = need("prometheus")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    argv = [prometheus, f"--config.file={place / 'prometheus.yml'}", f"--storage.tsdb.path={place / 'data'}"]
    with running([*argv, f"--web.listen-address=127.0.0.1:{port}"], ready=lambda: http_ready(url)) as process:
        server = Server(url, process, place / "rules.yml")
        wait_until(lambda: facts(server, "root") == {"blind"}, 40, "a node exporter that is not there to make it blind")


RULES = """
[traps.memory]
probe = "memory"
warn = "used_percent >= 85"
trip = "swap_used_percent >= 50"
[traps.load]
probe = "load"
trip = "per_cpu >= 4"
for = "10m"
[traps.units]
probe = "systemd"
ignore = ["apt-*.service"]
allow = 1
[traps.postgres]
probe = "systemd"
unit = "postgresql.service"
[traps.errors]
probe = "promql"
url = "http://127.0.0.1:9"
query = "errors{shop=~'a|b'} # a remark"
trip = "value > 0.05"
[traps.grows]
probe = "disk"
path = "/"
trip = "used_percent >= 92"
forecast = "used_percent"
warn_within = "4h"
"""
TRICKY = [
    '"} or vector(1) #',
    "a\\",
    "{{ $labels.x }} $value ${1} %s",
    "'; # : - [x] {y: z}",
    "new\nline",
    "!!python/x *a &b",
    "~",
    "日本 ✓ 🚨",
    "\t\u0085\u2028",
]
ROOT = f'job="node",instance="{HOST}",mountpoint="/"'
CPU = f'job="node",instance="{HOST}",mode="idle"'
UNIT = f'node_systemd_unit_state{{job="node",instance="{HOST}"'
SERIES = {
    f'node_memory_MemTotal_bytes{{job="node",instance="{HOST}"}}': "100x30",
    f'node_memory_MemAvailable_bytes{{job="node",instance="{HOST}"}}': "20x10 10x19",
    f'node_memory_SwapTotal_bytes{{job="node",instance="{HOST}"}}': "0x10 100x19",
    f'node_memory_SwapFree_bytes{{job="node",instance="{HOST}"}}': "0x10 10x19",
    f'node_load5{{job="node",instance="{HOST}"}}': "7x10 8x19",
    f'node_cpu_seconds_total{{{CPU},cpu="0"}}': "1x30",
    f'node_cpu_seconds_total{{{CPU},cpu="1"}}': "1x30",
    f'{UNIT},name="a.service",state="failed"}}': "1x30",
    f'{UNIT},name="apt-x.service",state="failed"}}': "1x30",
    f'{UNIT},name="b.service",state="failed"}}': "0x10 1x19",
    f'{UNIT},name="postgresql.service",state="active"}}': "1x10 0x19",
    f'{UNIT},name="postgresql.service",state="failed"}}': "0x10 1x19",
    f'up{{job="node",instance="{HOST}"}}': "1x30",
    'errors{shop="a"}': "0x30",
    'errors{shop="b"}': "0x10 1x19",
    f"node_filesystem_size_bytes{{{ROOT}}}": "1000x200",
    f"node_filesystem_free_bytes{{{ROOT}}}": "900-2x200",
    f"node_filesystem_avail_bytes{{{ROOT}}}": "900-2x200",
}


def test_memory_load_units_queries_and_trends_are_judged_by_the_bounds_of_the_traps(home: Home, tmp_path: Path) -> None:
    home.config(RULES)
    place = checked(tmp_path / "there", home)
    soon = {"memory", "memory warns", "units", "postgres", "errors"}
    fires = {"9m": set(), "12m": soon, "25m": soon | {"load"}, "140m": set(), "180m": {"grows warns"}}
    asked = [
        {
            "expr": 'count by (alertname) (ALERTS{alertstate="firing",stage!="blind"})',
            "eval_time": when,
            "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(names)],
        }
        for when, names in fires.items()
    ]
    series = [{"series": name, "values": values} for name, values in SERIES.items()]
    tests = [{"interval": "1m", "input_series": series, "promql_expr_test": asked}]
    (place / "tests.yml").write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}))
    (promtool,) = need("promtool")
    argv = (promtool, "test", "rules", "tests.yml")
    done = subprocess.run(argv, cwd=place, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hostile_names_paths_and_texts_stay_what_they_are(home: Home, tmp_path: Path) -> None:
    texts = [clean(each, 200) for each in SAID.values()] + TRICKY
    traps = "".join(
        f"[traps.t{at}]\nprobe='tcp'\nhost='127.0.0.1'\nport=1\nsend={toml(text)}\nwent_wrong={toml(text)}\nlabels={{team={toml(text)}}}\n"
        f"[traps.d{at}]\nprobe='disk'\npath={toml('/' + text)}\ntrip='used_percent >= 92'\nmounted=true\n"
        for at, text in enumerate(texts)
    )
    home.config(traps)
    place = checked(tmp_path / "there", home)
    rules = yaml.safe_load((place / "rules.yml").read_text())["groups"][0]["rules"]
    assert {each["labels"]["stage"] for each in rules} >= {"trip", "blind"}
    sent = [
        each["tcp"]["query_response"][0]["send"]
        for each in yaml.safe_load((place / "blackbox.yml").read_text())["modules"].values()
    ]
    assert sent == [text.removesuffix("\n") for text in texts]


def toml(text: str) -> str:
    """A TOML string."""
    return '"' + "".join(char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text) + '"'


def test_the_whole_example_config_goes_or_says_why_not(home: Home, tmp_path: Path) -> None:
    home.config(Path("config.example.toml").resolve().read_text("utf-8"))
    done = home.run("export", "prometheus")
    assert done.returncode == 1, "some traps of it cannot go"
    for trap, why in (("workers", "process-exporter"), ("nginx-errors", "reads no logs"), ("shop", "a secret is not written")):
        line = next(line for line in done.stderr.splitlines() if line.startswith(f"{trap}: not exported"))
        assert why in line
        assert f"# {line}" in done.stdout.splitlines()
    checked(tmp_path / "there", home)
    assert "keyring:" not in printed(home, "--blackbox")


NAMES = """
[traps.good]
probe = "dns"
name = "shop.example"
server = "127.0.0.1:{port}"
expect = ["192.0.2.10"]
[traps.prefix]
probe = "dns"
name = "shop.example"
server = "127.0.0.1:{port}"
expect = ["192.0.2.1"]
[traps.mail]
probe = "dns"
type = "MX"
name = "shop.example"
server = "127.0.0.1:{port}"
expect = ["10 mail.shop.example"]
[traps.other-kind]
probe = "dns"
type = "AAAA"
name = "shop.example"
server = "127.0.0.1:{port}"
"""


def test_names_are_asked_for_as_the_traps_do(home: Home, tmp_path: Path) -> None:
    dnsmasq, blackbox = need("dnsmasq", "prometheus-blackbox-exporter")
    port, asks = free_port(), free_port()
    home.config(NAMES.format(port=port))
    place = checked(tmp_path / "there", home)
    serves = [dnsmasq, "--keep-in-foreground", f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv"]
    serves += ["--no-hosts", "--conf-file=/dev/null", "--pid-file=", "--user=", "--local=/example/"]
    serves += ["--address=/shop.example/192.0.2.10", "--mx-host=shop.example,mail.shop.example,10"]
    config = f"--config.file={place / 'blackbox.yml'}"
    with (
        running(serves, ready=lambda: listening(port)),
        running([blackbox, f"--web.listen-address=127.0.0.1:{asks}", config], ready=lambda: listening(asks)),
    ):
        for trap, state in (("good", "armed"), ("prefix", "tripped"), ("mail", "armed"), ("other-kind", "tripped")):
            url = f"http://127.0.0.1:{asks}/probe?module=cockpit_{trap}&target=127.0.0.1:{port}"
            with urllib.request.urlopen(url, timeout=20) as answer:
                assert f"probe_success {int(state == 'armed')}" in answer.read().decode(), trap
            assert home.json("trap", "check", trap)[0]["state"] == state
