"""The demo server's process: start, first line, end."""

# ruff: noqa: S310 - every address here comes from the server under test

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest

from caal_desktop.demo.faults.registry import FAULTS
from caal_desktop.demo.launcher import DemoProcess, DemoStartError

COMMAND = [sys.executable, "-m", "caal_desktop.demo"]


def test_starts_on_loopback_and_stops() -> None:
    with DemoProcess(["--speed", "0", "--models", "3"]) as process:
        base_url = process.base_url
        assert base_url.startswith("http://127.0.0.1:")
        assert base_url.endswith("/api/v1")
        assert process.is_running
        with urllib.request.urlopen(f"{base_url}/models", timeout=10) as answer:
            assert len(json.load(answer)["data"]) == 3
    assert not process.is_running
    assert process.base_url == ""
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{base_url}/models", timeout=10)
    process.stop()


def test_a_second_start_is_refused() -> None:
    with DemoProcess(["--models", "1"]) as process, pytest.raises(RuntimeError, match="already"):
        process.start()


def test_a_start_that_comes_after_the_end_starts_nothing() -> None:
    """The program may be ended before the thread that starts the server has come to it."""
    process = DemoProcess(["--models", "1"])
    process.stop()
    with pytest.raises(RuntimeError, match="stopped already"):
        process.start()
    assert process.pid is None


def test_an_end_during_the_start_waits_for_the_child_and_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    process = DemoProcess(["--models", "1"])
    ending, children, popen = list[threading.Thread](), list[subprocess.Popen[bytes]](), subprocess.Popen

    def end_meanwhile(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        ending.append(threading.Thread(target=process.stop))
        ending[0].start()
        children.append(popen(*arguments, **options))
        return children[0]

    monkeypatch.setattr(subprocess, "Popen", end_meanwhile)
    with contextlib.suppress(DemoStartError):  # it may have said its address before
        process.start()
    ending[0].join(20)
    assert children[0].poll() is not None
    assert not process.is_running


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("print('no json')", "It says: no json"),
        ("print('[1]')", r"It says: \[1\]"),
        ("import sys; sys.exit('out of luck')", "out of luck"),
        ("import sys; sys.stdin.read()", "within 1 second"),
    ],
)
def test_tells_why_it_did_not_start(program: str, message: str) -> None:
    process = DemoProcess(command=[sys.executable, "-c", program], deadline=0.5 if "stdin" in program else 15)
    with pytest.raises(DemoStartError, match=message):
        process.start()
    assert not process.is_running


def test_tells_that_the_program_is_missing() -> None:
    with pytest.raises(DemoStartError, match="could not be started"):
        DemoProcess(command=["/nonexistent/caal-desktop"]).start()


def test_tells_that_the_port_is_taken() -> None:
    with DemoProcess(["--models", "1"]) as first:
        port = first.base_url.split(":")[2].partition("/")[0]
        with pytest.raises(DemoStartError, match=f"cannot listen on port {port}"):
            DemoProcess(["--port", port]).start()


def test_wrong_arguments_are_explained() -> None:
    with pytest.raises(DemoStartError, match="There is no fault 'thunder'"):
        DemoProcess(["--fault", "thunder"]).start()


def test_does_not_outlive_a_killed_parent() -> None:
    program = (
        "import os; from caal_desktop.demo.launcher import DemoProcess\n"
        "process = DemoProcess(['--models', '1']); process.start(); print(process.base_url, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    parent = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert parent.returncode == -signal.SIGKILL
    address = urlsplit(parent.stdout.strip())
    deadline = time.monotonic() + 20
    while _listens(address.port):
        assert time.monotonic() < deadline, "the server still listens"
        time.sleep(0.02)


def _listens(port: int | None) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_ends_on_sigterm_in_the_middle_of_a_stream() -> None:
    process = subprocess.Popen([*COMMAND, "--fault", "stall_after:0"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    with process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        body = {
            "model": "openai/gpt-5.4-mini",
            "stream": True,
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "x"}],
        }
        request = urllib.request.Request(
            f"{said['base_url']}/chat/completions",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {said['key']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as stream:
            assert stream.readline() == b": OPENROUTER PROCESSING\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def test_lists_the_faults() -> None:
    listing = subprocess.run([*COMMAND, "--list-faults"], capture_output=True, text=True, check=True, timeout=30).stdout
    assert [line.split()[0] for line in listing.splitlines()] == list(FAULTS)


def test_the_launcher_imports_no_server() -> None:
    program = "import sys, caal_desktop.demo.launcher as m; print([n for n in sys.modules if n in ('h11', 'asyncio')])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert found.stdout.strip() == "[]"
