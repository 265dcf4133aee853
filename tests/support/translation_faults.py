"""What would be wrong on the screen with a translators' file: from a value left out to a crash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.support.source_texts import read_ts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_VALUE: Final = re.compile(r"\{[A-Za-z_]\w*\}")
_NUMBER: Final = re.compile(r"%L?n")  # either way: a language may group digits where English does not
_MNEMONIC: Final = re.compile(r"&(&|[^\s&])")


def translation_faults(ts: Path) -> list[str]:
    """Return what is wrong with each translation, unfinished ones among them: they are shown as well."""
    return [
        f"{text.context}: {text.source!r} is {translation!r}: {fault}"
        for text in read_ts(ts)
        if any(text.translations)
        for translation in text.translations
        for fault in _faults(text.source, translation)
    ]


def _faults(source: str, translation: str) -> Iterator[str]:
    if not translation.strip():
        yield "one of its forms is empty"
        return
    wanted, found = set(_VALUE.findall(source)), set(_VALUE.findall(translation))
    if missing := wanted - found:
        yield f"it lacks {', '.join(sorted(missing))}"
    if unknown := found - wanted:
        yield f"nothing fills {', '.join(sorted(unknown))}"
    if re.search("[{}]", _VALUE.sub("", translation)):
        yield "it has a brace around no value"
    if len(_NUMBER.findall(source)) != len(_NUMBER.findall(translation)):
        yield "the number stands in it another number of times"
    if _mnemonics(source) != _mnemonics(translation):
        yield "it has another number of underlined letters"


def _mnemonics(text: str) -> int:
    return sum(letter != "&" for letter in _MNEMONIC.findall(text))
