"""`JobsView`: table of jobs with progress and a stop button per row."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.docks.jobs.model import HEADS, MESSAGE, PERCENT_ROLE, PROGRESS, STOP, JobsModel
from ivybt_desktop.docks.jobs.presenter import JobLine
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.empty_state import EmptyState

_TICK_MS = 250
_EMPTY = "Runs, sweeps and files being read appear here with progress and a stop button. F5 starts a run."
_WIDTHS = {"Job": 184, "State": 64, "Progress": 136, "Elapsed": 60, "Left": 60, "": 56}
# Room for "100%" beside a bar.
_PERCENT = 6 * SIZES.padding


class ProgressDelegate(QStyledItemDelegate):
    """Paints a slim bar with the percentage beside it."""

    def __init__(self, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.tokens = tokens

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one cell."""
        blank = QStyleOptionViewItem(option)
        self.initStyleOption(blank, index)
        text, blank.text = blank.text, ""
        style = blank.widget.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, blank, painter, blank.widget)
        percent = int(index.data(PERCENT_ROLE))
        box = QRectF(option.rect).adjusted(SIZES.padding, 0, -_PERCENT, 0)
        bar = QRectF(box.left(), box.center().y() - 2, box.width(), SIZES.grid)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.tokens.line))
        painter.drawRoundedRect(bar, 2, 2)
        if percent > 0:
            painter.setBrush(QColor(self.tokens.accent))
            bar.setWidth(bar.width() * percent / 100)
            painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(QColor(self.tokens.quiet))
        words = QRectF(box.right(), box.top(), _PERCENT - SIZES.grid, box.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class JobsView(QWidget):
    """Passive; emits what the user asks.

    Attributes
    ----------
    cancel_asked : Signal(str)
        Id of a job.
    clear_asked : Signal()
        Ended jobs should go.
    ticked : Signal()
        Emitted four times a second while a job runs.
    """

    cancel_asked = Signal(str)
    clear_asked = Signal()
    ticked = Signal()

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.model = JobsModel(tokens, self)
        self.table = self._make_table()
        self._delegate = ProgressDelegate(tokens, self.table)
        self.table.setItemDelegateForColumn(PROGRESS, self._delegate)
        self._empty = EmptyState(self.table, _EMPTY)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._empty)
        self.setFocusProxy(self.table)
        stop = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        stop.setContext(Qt.ShortcutContext.WidgetShortcut)
        stop.activated.connect(self._cancel_selected)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.ticked)
        self._buttons: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The sentence shown while there is no job."""
        return self._empty.words

    @property
    def is_ticking(self) -> bool:
        """Whether times are being refreshed."""
        return self._timer.isActive()

    def show_lines(self, lines: list[JobLine]) -> None:
        """Show the lines."""
        self.model.show(lines)
        self._show_buttons(lines)
        if lines:
            self._empty.show_body()
        else:
            self._empty.show_words(_EMPTY)
        if any(line.is_live for line in lines) != self._timer.isActive():
            (self._timer.stop if self._timer.isActive() else self._timer.start)()

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self._delegate.tokens = tokens
        self.model.set_theme(tokens)
        self.table.viewport().update()

    def _show_buttons(self, lines: list[JobLine]) -> None:
        key = tuple(f"{line.job_id}{line.is_live}" for line in lines)
        if key == self._buttons:
            return
        self._buttons = key
        for row, line in enumerate(lines):
            button = self._stop_button(line) if line.is_live else None
            self.table.setIndexWidget(self.model.index(row, STOP), button)  # type: ignore[arg-type]

    def _stop_button(self, line: JobLine) -> QToolButton:
        button = QToolButton()
        button.setText("Stop")
        button.setProperty("role", "quiet")
        button.setAccessibleName(f"Stop {line.title}")
        button.clicked.connect(lambda _checked=False, job_id=line.job_id: self.cancel_asked.emit(job_id))
        return button

    def _cancel_selected(self) -> None:
        for index in self.table.selectionModel().selectedRows():
            self.cancel_asked.emit(self.model.lines[index.row()].job_id)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Jobs")
        table.setModel(self.model)
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(SIZES.table_row)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for at, head in enumerate(HEADS):
            if head in _WIDTHS:
                header.resizeSection(at, _WIDTHS[head])
        header.setSectionResizeMode(MESSAGE, QHeaderView.ResizeMode.Stretch)
        return table
