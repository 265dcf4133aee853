"""Changes to the settings that are not in force yet: checked as they are made, undone one by one, applied together.

Nothing here blocks: a file that has to be read to judge a value is checked by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.redaction import holds_secret
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, FilledText
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.storage.settings.schema import SPECS, Settings
from caal_desktop.storage.settings.setting import Group, InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE = "ca_bundle"
"""The setting whose value cannot be judged without reading the file that it names."""

_SECRET = FilledText(
    QT_TRANSLATE_NOOP("InvalidSetting", "It looks like an API key, and settings are kept in plain text.")
)
_PROXY_MISSING = FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It is needed for a proxy of your own."))
_BUNDLE_MISSING = FilledText(
    QT_TRANSLATE_NOOP("InvalidSetting", "When it is switched off, a file of certificate authorities is needed.")
)
_BUNDLE_UNCHECKED = FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It is still being checked."))


@dataclass(frozen=True, slots=True)
class _Change:
    key: str
    old: Any
    error: FilledText | None


class SettingsDraft:
    """Settings being edited.

    Args:
        base: the settings in force.
    """

    def __init__(self, base: Settings) -> None:
        self._base = base
        self._values: dict[str, Any] = {key: base.value(key) for key in SPECS}
        self._errors: dict[str, FilledText] = {}
        self._history: list[tuple[_Change, ...]] = []
        self._reset_at: int | None = None
        """The number of edits at the reset of everything; None where there was none, or it was taken back."""
        self._typed = ""
        """The setting that the last edit typed into; "" where the next edit is one of its own in any case."""
        self._checked_bundles: dict[str, FilledText | None] = {}
        """Why files of certificate authorities cannot be used, by path; None for those that can."""

    def value(self, key: str) -> Any:
        """Return a setting as it stands in the draft; where the last edit was refused, that edit."""
        return self._values[key]

    def error(self, key: str) -> FilledText | None:
        """Return why the value cannot be used, in a sentence; None where it can."""
        return self._errors.get(key)

    @property
    def errors(self) -> Mapping[str, FilledText]:
        """Why values cannot be used, by setting; settings without an effect are left out."""
        return {key: error for key, error in self._all_errors().items() if self.has_effect(key)}

    @property
    def unchecked_bundle(self) -> str:
        """The path of a file that has to be checked before the draft can be applied; "" where there is none."""
        path = self._values[BUNDLE]
        is_checked = path in self._checked_bundles or path == self._base.value(BUNDLE)
        return "" if is_checked or BUNDLE in self._errors or not self.has_effect(BUNDLE) else str(path)

    def set_bundle_error(self, path: str, error: FilledText | None) -> None:
        """Store the result of a file's check: why it cannot be used, or None."""
        self._checked_bundles[path] = error

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the settings in force, by key."""
        return {key: value for key, value in self._values.items() if value != self._base.value(key)}

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._history)

    def has_effect(self, key: str) -> bool:
        """Return whether the setting has an effect with the others as they stand."""
        when = SPECS[key].depends_on
        return when is None or self._values[when[0]] in when[1]

    def set(self, key: str, value: object) -> FilledText | None:
        """Edit a setting.

        Returns:
            Why the value cannot be used, in a sentence: the draft then cannot be applied. None where it can.
        """
        checked, error = _check(key, value)
        if checked == self._values[key] and error == self.error(key):
            return error
        # What is being typed is one edit, not one for each letter.
        if key != self._typed:
            self._history.append((_Change(key, self._values[key], self.error(key)),))
        self._typed = key if _is_typed(key) else ""
        self._put(key, checked, error)
        return error

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
        """Bring everything that the dialog shows to its default; what the program remembers by itself is kept."""
        self.set_many({key: spec.default for key, spec in SPECS.items() if spec.group is not Group.INTERNAL})
        self._reset_at = len(self._history)

    @property
    def is_reset(self) -> bool:
        """Whether everything was brought to its default, and that was not taken back since."""
        return self._reset_at is not None

    def undo(self) -> tuple[str, ...]:
        """Take back the last edit.

        Returns:
            The settings concerned; none where there is nothing to take back.
        """
        self._typed = ""
        if not self._history:
            return ()
        group = self._history.pop()
        if self._reset_at is not None and len(self._history) < self._reset_at:
            self._reset_at = None
        for change in reversed(group):
            self._put(change.key, change.old, change.error)
        return tuple(change.key for change in group)

    def rebase(self, base: Settings) -> None:
        """Rebase the draft on settings that were changed elsewhere meanwhile; edits of the draft win."""
        mine = self.changes
        self._base = base
        self._values = {key: mine.get(key, base.value(key)) for key in SPECS}

    def applied_to(self, current: Settings) -> Settings:
        """Return the settings in force with all of the draft's changes.

        Raises:
            InvalidSetting: something cannot be used, or is not known to be usable yet; nothing is changed then.
        """
        if self.unchecked_bundle:
            raise InvalidSetting(BUNDLE, _BUNDLE_UNCHECKED)
        for key, error in self.errors.items():
            raise InvalidSetting(key, error)
        # A refused value of a setting without an effect is not worth a refusal, nor worth keeping.
        return current.replace(**{key: value for key, value in self.changes.items() if key not in self._errors})

    def _put(self, key: str, value: Any, error: FilledText | None) -> None:
        self._values[key] = value
        if error is not None:
            self._errors[key] = error
        else:
            self._errors.pop(key, None)

    def _all_errors(self) -> dict[str, FilledText]:
        found = dict(self._errors)
        if (error := self._checked_bundles.get(self._values[BUNDLE])) is not None:
            found.setdefault(BUNDLE, error)
        if self._values["proxy_mode"] is ProxyMode.MANUAL and not self._values["proxy_url"]:
            found.setdefault("proxy_url", _PROXY_MISSING)
        if not self._values["trust_system_certificates"] and not self._values["ca_bundle"]:
            found.setdefault("trust_system_certificates", _BUNDLE_MISSING)
        return found


def _is_typed(key: str) -> bool:
    """Return whether a setting is typed letter by letter: a text, a number, a list; not a switch or a choice."""
    spec = SPECS[key]
    return spec.kind is not bool and not spec.choices


def _check(key: str, value: object) -> tuple[Any, FilledText | None]:
    try:
        checked = SPECS[key].check(value)
    except InvalidSetting as error:
        return value, error.reason
    if holds_secret(checked):
        return checked, _SECRET
    return checked, None
