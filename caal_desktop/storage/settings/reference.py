"""The settings' documentation, written from their descriptions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from caal_desktop.storage.settings.document import path_of
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group

if TYPE_CHECKING:
    from caal_desktop.storage.settings.setting import SettingSpec

_HEAD = """# Settings

Every setting of the settings dialog. Where nothing else is said, `settings.json` and exported files name it as here.
This page is written from the settings' own descriptions:
`python -m caal_desktop.storage.settings.reference > docs/settings.md`.
"""


def reference() -> str:
    """Return the page, in Markdown."""
    parts = [_HEAD]
    shown = [spec for spec in SPECS.values() if spec.group is not Group.INTERNAL]
    order = list(Group)
    for group, specs in groupby(sorted(shown, key=lambda spec: order.index(spec.group)), key=lambda spec: spec.group):
        parts.append(f"## {group.value.capitalize()}\n")
        parts.extend(_entry(spec) for spec in specs)
    return "\n".join(parts)


def _entry(spec: SettingSpec) -> str:
    lines = [f"### `{spec.key}`\n", f"**{spec.label}.** {spec.description}\n"]
    facts = [f"Default: {_default(spec)}."]
    if spec.choices:
        facts.insert(0, "One of " + ", ".join(f"`{choice}`" for choice in spec.choices) + ".")
    elif spec.minimum is not None and spec.maximum is not None:
        facts.insert(0, f"From {spec.minimum:g} to {spec.maximum:g}{f' {spec.unit}' if spec.unit else ''}.")
    if spec.cell is not None:
        facts.append(f"In the files: `{'.'.join(path_of(spec))}`.")
    if spec.depends_on is not None:
        facts.append(
            f"Has an effect when `{spec.depends_on[0]}` is {' or '.join(f'`{value}`' for value in spec.depends_on[1])}."
        )
    return "\n".join([*lines, " ".join(facts) + "\n"])


def _default(spec: SettingSpec) -> str:
    value = spec.default
    if spec.choices:
        return f"`{value}`"
    if value in ("", ()):
        return "none"
    if spec.multiline:
        return "the text that the dialog shows"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())
