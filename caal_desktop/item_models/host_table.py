"""The hosts of a model as a Qt table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from caal_desktop.item_models.foreign_text import tooltip_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caal_desktop.llm.models.endpoints import EndpointInfo

Index = QModelIndex | QPersistentModelIndex

UNKNOWN = "—"


class HostTableModel(QAbstractTableModel):
    """One row for each host, one column for each figure; an unknown figure is a dash, never a zero.

    Args:
        format_tokens: puts a number of tokens into words.
        format_price: puts US dollars per million tokens into words; None stands for a price that is not known.
        format_seconds: puts a measured time in seconds into words.
    """

    def __init__(
        self,
        format_tokens: Callable[[int], str],
        format_price: Callable[[float | None], str],
        format_seconds: Callable[[float], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._format_tokens, self._format_price, self._format_seconds = format_tokens, format_price, format_seconds
        self._hosts: Sequence[EndpointInfo] = ()
        self._columns: tuple[tuple[str, str, Callable[[EndpointInfo], str]], ...] = (
            (self.tr("Host"), "", self._name),
            (self.tr("In"), self.tr("USD per million tokens sent"), lambda host: self._price(host, "prompt")),
            (self.tr("Out"), self.tr("USD per million tokens answered"), lambda host: self._price(host, "completion")),
            (self.tr("Uptime"), self.tr("Requests answered in the last half hour"), self._uptime),
            (self.tr("First word"), self.tr("Median time to the first token, last half hour"), self._latency),
            (self.tr("Tokens/s"), self.tr("Median speed of answers, last half hour"), self._throughput),
            (self.tr("Context"), self.tr("Tokens it holds at once"), lambda host: self._count(host.context_length)),
            (
                self.tr("Longest answer"),
                self.tr("Tokens of one answer"),
                lambda host: self._count(host.max_completion_tokens),
            ),
            (
                self.tr("Precision"),
                self.tr("How the weights are rounded: the fewer bits, the less exact"),
                lambda host: host.quantization or UNKNOWN,
            ),
        )

    def set_hosts(self, hosts: Sequence[EndpointInfo]) -> None:
        """Replace the hosts."""
        self.beginResetModel()
        self._hosts = hosts
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of hosts."""
        return 0 if parent.isValid() else len(self._hosts)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the title or the explanation of a column."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        title, explanation, _ = self._columns[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip_text(explanation) if explanation else None
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return explanation or None
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._alignment(section)
            case _:
                return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a figure, as it is shown or spoken."""
        if not index.isValid() or not 0 <= index.row() < len(self._hosts):
            return None
        host = self._hosts[index.row()]
        title, _, value = self._columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return value(host)
            case Qt.ItemDataRole.AccessibleTextRole:
                if index.column() == 0:
                    return value(host)
                return self.tr("{column}: {value}").format(column=title, value=value(host))
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip_text(self._note(host)) or None
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._alignment(index.column())
            case _:
                return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if 0 < column < len(self._columns) - 1 else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def _name(self, host: EndpointInfo) -> str:
        return self.tr("{host} (troubled)").format(host=host.provider_name) if host.is_degraded else host.provider_name

    def _note(self, host: EndpointInfo) -> str:
        notes = []
        if host.is_degraded:
            notes.append(self.tr("Has trouble at the moment; requests are sent elsewhere where possible."))
        if host.discount:
            notes.append(
                self.tr("A discount of {percent} % is announced.").format(
                    percent=QLocale().toString(round(host.discount * 100))
                )
            )
        if host.supported_parameters is not None and "tools" not in host.supported_parameters:
            notes.append(self.tr("This host offers no tools."))
        return "\n".join(notes)

    def _price(self, host: EndpointInfo, which: str) -> str:
        return self.tr("varies") if host.pricing.varies else self._format_price(getattr(host.pricing, which))

    def _uptime(self, host: EndpointInfo) -> str:
        if host.uptime is None:
            return UNKNOWN
        return self.tr("{percent} %").format(percent=QLocale().toString(host.uptime, "f", 1))

    def _latency(self, host: EndpointInfo) -> str:
        return UNKNOWN if host.latency_ms is None else self._format_seconds(host.latency_ms / 1000)

    def _throughput(self, host: EndpointInfo) -> str:
        return UNKNOWN if host.throughput is None else QLocale().toString(round(host.throughput))

    def _count(self, tokens: int | None) -> str:
        return UNKNOWN if tokens is None else self._format_tokens(tokens)
