"""Looking at files of certificate authorities without keeping the user waiting."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.translation import FilledText
from caal_desktop.services.settings.bundle_check import NO_ANSWER, BundleCheck
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("qt_loop")
MODULE = "caal_desktop.services.settings.bundle_check.bundle_error"


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_of_the_paths_that_come_meanwhile_the_latest_is_next(
    release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def look(path: str) -> None:
        looked.append(path)
        assert release.wait(10)

    monkeypatch.setattr(MODULE, look)
    check, told = BundleCheck(), list[str]()
    check.checked.connect(lambda path, _error: told.append(path))
    for path in ("/a", "/a/b", "/a/b/c"):
        check.check(path)
        turn(until=lambda: looked)
    release.set()
    assert turn(until=lambda: "/a/b/c" in told)
    assert looked == told == ["/a", "/a/b/c"]
    run_async(check.close())


def test_a_drive_that_does_not_answer_is_told(release: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(path: str) -> None:
        looked.append(path)
        if path == "/dead":
            release.wait(10)

    monkeypatch.setattr(MODULE, look)
    check, told = BundleCheck(deadline=0.05), dict[str, FilledText | None]()
    check.checked.connect(told.__setitem__)
    check.check("/dead")
    assert turn(until=lambda: told)
    assert told == {"/dead": NO_ANSWER}
    check.check("/alive")
    assert turn(until=lambda: "/alive" in told)
    assert looked == ["/dead"], "no second worker is given away"
    release.set()
    check.check("/alive")
    assert turn(until=lambda: told["/alive"] is None)
    run_async(check.close())


@pytest.mark.parametrize(("size", "reason"), [(None, "exists"), (0, "PEM form"), (10_000_001, "too large")])
def test_what_is_wrong_with_a_file(tmp_path: Path, size: int | None, reason: str) -> None:
    path = tmp_path / "ca.pem"
    if size is not None:
        path.write_bytes(b"x" * size)
    check, told = BundleCheck(), list[FilledText]()
    check.checked.connect(lambda _path, found: told.append(found))
    check.check(str(path))
    assert turn(until=lambda: told)
    assert reason in told[0].in_words()
    run_async(check.close())
