"""The field for an API key: masked, with Show and Paste, and a diagnosis of what was entered."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from caal_desktop.key_doctor import Diagnosis, KeyVerdict, diagnose
from caal_desktop.llm.providers.registry import DEFAULT_PROVIDER
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconButton, PaddedButton, TextLabel
from caal_desktop.widgets.common.masked_edit import MaskedEdit
from caal_desktop.widgets.common.translation import words_of

_COMPLETE = (KeyVerdict.OK, KeyVerdict.OK_CLEANED)


def _in_words(diagnosis: Diagnosis) -> str:
    text = words_of(diagnosis)
    return " ".join(part for part in (text.what, text.why, text.advice) if part)


class _KeyEdit(MaskedEdit):
    """A masked line that passes on pasted text as it is: line breaks tell where a key ends."""

    rawPasted = Signal(str)

    def paste(self) -> None:
        """Tell what is pasted before the line removes the line breaks."""
        self.rawPasted.emit(QGuiApplication.clipboard().text())


class KeyField(QWidget):
    """Takes a key and says at once what kind of text it is.

    Signals:
        edited: the user has changed the text.
        completed: a well-formed key stands in the field; carries it.
        submitted: Enter was pressed on something that may be a key; carries it.
        otherProviderWanted: the key is another provider's, and the user wants that one; carries its name and the key.
    """

    edited = Signal()
    completed = Signal(str)
    submitted = Signal(str)
    otherProviderWanted = Signal(str, str)

    SETTLE_MS = 250
    """Milliseconds without a keystroke after which a complete key is told: typed keys grow letter by letter."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._expected = DEFAULT_PROVIDER
        self._diagnosis: Diagnosis | None = None
        self._edit = _KeyEdit(name=f"{name}.edit", parent=self)
        self._edit.setAccessibleName(self.tr("API key"))
        self._edit.setClearButtonEnabled(False)
        design.keep_height(self._edit, 36)
        self._edit.setTextMargins(design.GRID // 2, 0, design.GRID // 2, 0)
        self._show = IconButton("eye", self.tr("Show the key"), name=f"{name}.show", parent=self)
        self._show.setCheckable(True)
        self._paste = IconButton("paste", self.tr("Paste"), name=f"{name}.paste", show_text=True, parent=self)
        self._note = TextLabel(name=f"{name}.note", muted=True, parent=self)
        self._note.hide()
        self._offers_other = False
        self._other = PaddedButton("", name=f"{name}.other", parent=self)
        self._other.hide()
        self._other.clicked.connect(self._emit_other_provider)
        row = QHBoxLayout()
        row.setSpacing(design.GRID // 2)
        row.addWidget(self._edit, 1)
        row.addWidget(self._show)
        row.addWidget(self._paste)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._note)
        layout.addWidget(self._other, 0, Qt.AlignmentFlag.AlignLeft)
        # Without a policy of its own it could not be moved in the tab order, and all its parts with it.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self._edit)
        self._settle = QTimer(self, interval=self.SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(self._emit_completed)
        self._edit.textEdited.connect(self._on_edited)
        self._edit.rawPasted.connect(self.paste)
        self._edit.returnPressed.connect(self._on_return)
        self._show.toggled.connect(self._on_show)
        self._paste.clicked.connect(lambda: self.paste(QGuiApplication.clipboard().text()))

    @property
    def key(self) -> str | None:
        """The key that was found in the text, and would be sent; None where there is none.

        Another provider's key counts as none: it must not be sent to this one.
        """
        found = self._diagnosis
        return found.key if found is not None and found.verdict is not KeyVerdict.OTHER_VENDOR else None

    def offer_other_provider(self) -> None:
        """Offer, from now on, to change to the provider whose key was pasted."""
        self._offers_other = True

    @property
    def text(self) -> str:
        """The text in the field."""
        return self._edit.text()

    @property
    def note(self) -> str:
        """What the field says about its text."""
        return self._note.text() if self._note.isVisibleTo(self) else ""

    def set_expected(self, provider: str, hint: str) -> None:
        """Set whose key is expected, and what an empty field shows."""
        self._expected = provider
        self._edit.setPlaceholderText(hint)

    def paste(self, text: str) -> None:
        """Replace the field's text by one that was pasted, or came from elsewhere as a whole."""
        if not text.strip():
            self._show_note(self.tr("The clipboard holds no text."))
            return
        self._diagnose(text, replace_text=True)
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edited.emit()
        self._settle.start(0)

    def clear(self) -> None:
        """Empty the field without a signal, and mask it again."""
        self._settle.stop()
        # Masked first: that a key goes is told in bullets.
        self._show.setChecked(False)
        self._edit.clear()
        self._diagnosis = None
        self._other.hide()
        self._show_note("")

    def select_all(self) -> None:
        """Take the focus and select the text, so that what is typed or pasted replaces it."""
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._edit.selectAll()

    def set_locked(self, locked: bool) -> None:
        """Lock the text while it is being checked, or unlock it."""
        self._edit.setReadOnly(locked)
        self._paste.setEnabled(not locked)

    def changeEvent(self, event: QEvent) -> None:
        """Translate the accessible name again."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._edit.setAccessibleName(self.tr("API key"))

    def _on_edited(self, text: str) -> None:
        self._diagnose(text, replace_text=False)
        self.edited.emit()
        self._settle.start(self.SETTLE_MS)

    def _on_return(self) -> None:
        self._settle.stop()
        if self.key is not None:
            self.submitted.emit(self.key)

    def _on_show(self, shown: bool) -> None:
        self._edit.set_masked(not shown)
        self._show.set_icon_name("eye-off" if shown else "eye")
        self._show.set_label(self.tr("Hide the key") if shown else self.tr("Show the key"))

    def _diagnose(self, text: str, *, replace_text: bool) -> None:
        self._diagnosis = found = diagnose(text, self._expected)
        if replace_text:
            # What is no key is shown as one line, so that the user sees what was pasted; never a whole file.
            self._edit.setText(found.key if found.key is not None else " ".join(text.split())[:200])
        other = found.provider if found.verdict is KeyVerdict.OTHER_VENDOR and found.key is not None else None
        self._other.setVisible(self._offers_other and other is not None)
        self._other.setText(self.tr("Use {vendor} with this key").format(vendor=found.vendor))
        quiet = found.verdict in (KeyVerdict.OK, KeyVerdict.EMPTY)
        self._show_note("" if quiet else _in_words(found))

    def _emit_other_provider(self) -> None:
        found = self._diagnosis
        if found is not None and found.provider is not None and found.key is not None:
            self.otherProviderWanted.emit(found.provider, found.key)

    def _emit_completed(self) -> None:
        if self._diagnosis is not None and self._diagnosis.verdict in _COMPLETE and self.key is not None:
            self.completed.emit(self.key)

    def _show_note(self, note: str) -> None:
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._edit.setAccessibleDescription(note)
