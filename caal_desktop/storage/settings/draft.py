"""Changes to the settings that are not in force yet: checked as they are made, undone one by one, applied together.

Nothing here blocks: what only a look at a file can tell is told by somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.redaction import holds_secret
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.storage.settings.schema import SPECS, Settings
from caal_desktop.storage.settings.setting import Group, InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE = "ca_bundle"
"""The setting whose value cannot be judged without a look at the file that it names."""


@dataclass(frozen=True, slots=True)
class _Change:
    key: str
    old: Any
    problem: str


class SettingsDraft:
    """Settings being edited.

    Args:
        base: the settings in force.
    """

    def __init__(self, base: Settings) -> None:
        self._base = base
        self._values: dict[str, Any] = {key: base.value(key) for key in SPECS}
        self._problems: dict[str, str] = {}
        self._history: list[tuple[_Change, ...]] = []
        self._typed = ""
        """The setting that the last edit typed into; "" where the next edit is one of its own in any case."""
        self._looked_at: dict[str, str] = {}
        """What was found in files of certificate authorities, by path."""

    def value(self, key: str) -> Any:
        """A setting as it stands in the draft; where the last edit was refused, that edit."""
        return self._values[key]

    def problem(self, key: str) -> str:
        """Why the value cannot be used, as a short clause in English; "" where it can."""
        return self._problems.get(key, "")

    @property
    def problems(self) -> Mapping[str, str]:
        """What cannot be used, by setting; settings without an effect are left out."""
        return {key: problem for key, problem in self._all_problems().items() if self.has_effect(key)}

    @property
    def unseen_bundle(self) -> str:
        """The path of a file that somebody has to look at before the draft can be applied; "" where there is none."""
        path = self._values[BUNDLE]
        is_seen = path in self._looked_at or path == self._base.value(BUNDLE)
        return "" if is_seen or BUNDLE in self._problems or not self.has_effect(BUNDLE) else str(path)

    def note_bundle(self, path: str, problem: str) -> None:
        """Take what a look at a file has found: why it cannot be used, or ""."""
        self._looked_at[path] = problem

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the settings in force, by key."""
        return {key: value for key, value in self._values.items() if value != self._base.value(key)}

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._history)

    def has_effect(self, key: str) -> bool:
        """Whether the setting has an effect with the others as they stand."""
        when = SPECS[key].depends_on
        return when is None or self._values[when[0]] in when[1]

    def set(self, key: str, value: object) -> str:
        """Edit a setting.

        Returns:
            Why the value cannot be used, as a short clause; "" where it can. The draft then cannot be applied.
        """
        checked, problem = _check(key, value)
        if checked == self._values[key] and problem == self.problem(key):
            return problem
        # What is being typed is one edit, not one for each letter.
        if key != self._typed:
            self._history.append((_Change(key, self._values[key], self.problem(key)),))
        self._typed = key if _is_typed(key) else ""
        self._take(key, checked, problem)
        return problem

    def reset(self, key: str) -> None:
        """Bring a setting to its default."""
        # Undo brings back what was typed, not what stood there before that.
        self.set_many({key: SPECS[key].default})

    def set_many(self, values: Mapping[str, object]) -> None:
        """Edit several settings; they are taken back together."""
        before = len(self._history)
        self._typed = ""
        for key, value in values.items():
            self.set(key, value)
        self._typed = ""
        together = tuple(change for group in self._history[before:] for change in group)
        self._history[before:] = [together] if together else []

    def reset_all(self) -> None:
        """Bring everything that the dialog shows to its default; what the program remembers by itself stays."""
        self.set_many({key: spec.default for key, spec in SPECS.items() if spec.group is not Group.INTERNAL})

    def undo(self) -> tuple[str, ...]:
        """Take back the last edit.

        Returns:
            The settings concerned; none where there is nothing to take back.
        """
        self._typed = ""
        if not self._history:
            return ()
        group = self._history.pop()
        for change in reversed(group):
            self._take(change.key, change.old, change.problem)
        return tuple(change.key for change in group)

    def rebase(self, base: Settings) -> None:
        """Go on from settings that were changed elsewhere meanwhile; edits of the draft win."""
        mine = self.changes
        self._base = base
        self._values = {key: mine.get(key, base.value(key)) for key in SPECS}

    def applied_to(self, current: Settings) -> Settings:
        """The settings in force with all of the draft's changes.

        Raises:
            InvalidSetting: something cannot be used, or is not known to be usable yet; nothing is changed then.
        """
        if self.unseen_bundle:
            raise InvalidSetting(BUNDLE, "is still being looked at")
        for key, problem in self.problems.items():
            raise InvalidSetting(key, problem)
        # A refused value of a setting without an effect is not worth a refusal, nor worth keeping.
        return current.replace(**{key: value for key, value in self.changes.items() if key not in self._problems})

    def _take(self, key: str, value: Any, problem: str) -> None:
        self._values[key] = value
        if problem:
            self._problems[key] = problem
        else:
            self._problems.pop(key, None)

    def _all_problems(self) -> dict[str, str]:
        found = dict(self._problems)
        if problem := self._looked_at.get(self._values[BUNDLE], ""):
            found.setdefault(BUNDLE, problem)
        if self._values["proxy_mode"] is ProxyMode.MANUAL and not self._values["proxy_url"]:
            found.setdefault("proxy_url", "must be given for a proxy of your own")
        if not self._values["trust_system_certificates"] and not self._values["ca_bundle"]:
            found.setdefault("trust_system_certificates", "needs a file of certificate authorities when switched off")
        return found


def _is_typed(key: str) -> bool:
    """Whether a setting is entered letter by letter: a text, a number, a list; not a switch, nor one of a few."""
    spec = SPECS[key]
    return spec.kind is not bool and not spec.choices


def _check(key: str, value: object) -> tuple[Any, str]:
    try:
        checked = SPECS[key].check(value)
    except InvalidSetting as error:
        return value, error.reason
    if holds_secret(checked):
        return checked, "looks like an API key, and settings are kept in plain text"
    return checked, ""
