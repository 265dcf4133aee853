"""A walk through all windows in a language that is made of what lupdate finds: nothing plain may be left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.settings.schema import SPECS
from tests.support.plain_texts import judged
from tests.widgets.tour import Tour

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts
    from tests.support.pseudo_language import PseudoLanguage
    from tests.support.shown_texts import ShownTexts

LEAST_SHOWN = 0.94
"""The share of the texts that lupdate finds which this walk has to meet: what it misses is dead, or was not visited."""


@pytest.mark.timeout(300)
# The offscreen platform cannot do for menus what it is asked for.
@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard|propagateSizeHints)")
def test_nothing_plain_is_shown(
    speak_pseudo: Callable[[], None],
    shown_texts: ShownTexts,
    pseudo_language: PseudoLanguage,
    make_parts: Callable[..., Parts],
    open_settings: Callable[[Parts], SettingsDialog],
    qtbot: QtBot,
    demo: DemoControl,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    speak_pseudo()
    tour = Tour(shown_texts, make_parts, qtbot, demo, monkeypatch, tmp_path)
    tour.wizard()
    tour.other_ways_through_the_wizard()
    tour.main_window()
    tour.failures()
    tour.picker()
    tour.facts()
    tour.settings(open_settings)
    tour.secrets()
    tour.failed_starts()
    tour.words()
    assert shown_texts.html == set(), "Qt looks into these texts for HTML"
    assert len(shown_texts.box_titles) == 1, "boxes are titled with the program's name, and repeat nothing"
    # Words by which a setting is searched for are translated, and stand nowhere.
    searched = {spec.keywords for spec in SPECS.values()}
    sources = {number: source for number, source in enumerate(pseudo_language.sources) if source.text not in searched}
    shown = shown_texts.numbers()
    unseen = [source for number, source in sources.items() if number not in shown]
    print(f"{len(sources) - len(unseen)} of {len(sources)} texts were shown. Not shown:")
    print("\n".join(f"  {source.context}: {source.text!r}" for source in unseen))
    if wrong := judged(shown_texts.found, tour.data):
        pytest.fail("\n".join(wrong), pytrace=False)
    assert len(unseen) <= len(sources) * (1 - LEAST_SHOWN)
