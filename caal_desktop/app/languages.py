"""The language of the program: of its texts, and of its numbers and dates with them.

English is a language with a file of its own: it holds the plurals ("1 answer", "2 answers"), which the texts in the
code cannot tell apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from caal_desktop.resource_files import resource_root

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "caal_desktop"
_FALLBACK = "en"


def install_language(app: QCoreApplication, system: QLocale | None = None, folder: Path | None = None) -> QTranslator:
    """Show texts in the first of the user's languages that there is a translation into, else in English.

    Numbers, money and dates follow the language of the texts, as it is written in the user's region: a date must not be
    in another language than its sentence. So do the texts of Qt's own, such as the standard buttons.

    Args:
        app: the application, which keeps the translator.
        system: the user's languages and region; the platform's settings when None.
        folder: holds the translations; the program's own when None.

    Returns:
        The translator in use.
    """
    system = QLocale.system() if system is None else system
    path = str(resource_root() / "translations" if folder is None else folder)
    # Qt looks first in the translator that was installed last. English is below the others: what is not translated yet
    # needs its plurals, too.
    english = QTranslator(app)
    english.load(f"{_NAME}_{_FALLBACK}", path)
    app.installTranslator(english)
    translator = QTranslator(app)
    if not translator.load(system, _NAME, "_", path):
        translator = english
    texts = QLocale(translator.language() or _FALLBACK)
    qt = QTranslator(app)
    if qt.load(texts, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(qt)
    if translator is not english:
        app.installTranslator(translator)
    is_known = system.language() is not QLocale.Language.C
    QLocale.setDefault(QLocale(texts.language(), system.territory() if is_known else QLocale.Country.UnitedStates))
    return translator
