"""The program's own icons: one set of SVG files, drawn in any colour."""

from __future__ import annotations

import logging
from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from caal_desktop.resource_files import read_resource

logger = logging.getLogger(__name__)

_NOTHING = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@cache
def _svg(name: str) -> bytes:
    # An icon is drawn at a dozen sizes and densities.
    try:
        return read_resource(f"icons/{name}.svg")
    except OSError as error:
        # A window without pictures is better than none.
        logger.error("An icon is missing: %s", error)  # noqa: TRY400 - the message says it all
        return _NOTHING


@lru_cache(maxsize=256)
def _render(name: str, rgba: int, pixels: int) -> QPixmap:
    svg = _svg(name).replace(b"currentColor", QColor.fromRgba(rgba).name().encode())
    renderer = QSvgRenderer(QByteArray(svg))
    pixmap = QPixmap(QSize(pixels, pixels))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return pixmap


def icon_pixmap(name: str, colour: QColor, size: int, device_pixel_ratio: float = 1.0) -> QPixmap:
    """Return one icon as a pixmap.

    Args:
        name: the SVG file's name without its ending; it draws in ``currentColor``.
        colour: the colour it takes.
        size: the edge in device-independent pixels.
        device_pixel_ratio: of the screen that it is drawn on.
    """
    pixmap = QPixmap(_render(name, colour.rgba(), round(size * device_pixel_ratio)))
    pixmap.setDevicePixelRatio(device_pixel_ratio)
    return pixmap


def icon(name: str, colour: QColor, disabled: QColor | None = None) -> QIcon:
    """Return one icon at the sizes and densities that buttons and menus need."""
    result = QIcon()
    for size in (16, 24):
        for ratio in (1.0, 1.5, 2.0):
            result.addPixmap(icon_pixmap(name, colour, size, ratio))
            if disabled is not None:
                result.addPixmap(icon_pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return result


def application_icon() -> QIcon:
    """Return the program's own icon, in its own colours."""
    result = QIcon()
    for pixels in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(QPixmap(_render("caal", 0xFFFFFFFF, pixels)))
    return result
