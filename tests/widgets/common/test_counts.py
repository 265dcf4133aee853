"""What is counted, as a translator's plural has it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale

from caal_desktop.llm.translation import Count, Duration, Unit
from caal_desktop.widgets.common.formats import format_value


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("unit", Unit)
def test_every_unit_has_words(unit: Unit) -> None:
    assert format_value(Count(3, unit)) == f"3 {unit}s"


@pytest.mark.usefixtures("qapp")
def test_a_large_count_has_the_digit_groups_of_the_region() -> None:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        assert format_value(Count(12_345, Unit.CHARACTER)) == "12.345 characters"
    finally:
        QLocale.setDefault(before)


@pytest.mark.usefixtures("qapp")
def test_a_duration_is_told_in_its_unit() -> None:
    assert format_value(Duration(180)) == "3 minutes"
