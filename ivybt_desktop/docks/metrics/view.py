"""The Metrics panel: warnings, large numbers, the grouped list, and what the numbers rest on."""

from __future__ import annotations

import html
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.docks.metrics.headline import HeadlineGrid
from ivybt_desktop.docks.metrics.model import NAME, UNIT, VALUE, MetricModel
from ivybt_desktop.docks.metrics.state import MetricsState
from ivybt_desktop.theme.icons import icon
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.proof_pill import ProofPill

_MINIMUM_WIDTH = SIZES.grid * 72
_WIDTH, _HEIGHT = SIZES.grid * 74, SIZES.grid * 150
_UNIT_WIDTH = SIZES.grid * 10


class MetricTable(QTableView):
    """The list; Ctrl+C copies the selected lines, or all of them, with headers.

    Parameters
    ----------
    model : MetricModel
        Its rows.
    """

    def __init__(self, model: MetricModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._metrics = model
        self.setAccessibleName("Metrics")
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(SIZES.table_row)
        self.verticalHeader().setMinimumSectionSize(SIZES.table_row)
        self.horizontalHeader().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(VALUE, QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(UNIT, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(UNIT, _UNIT_WIDTH)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy lines."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.copied())
            return
        super().keyPressEvent(event)

    def copied(self) -> str:
        """Return the selected lines (all without a selection) as tab-separated text with headers."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = chosen or range(self._metrics.rowCount())
        lines = [line for line in (self._metrics.line(row) for row in rows) if line is not None]
        return "\n".join(["Metric\tValue\tUnit", *(f"{x.title}\t{x.value}\t{x.unit}" for x in lines)])


class MetricsView(QWidget):
    """Passive: shows states; texts that are rarely wanted are asked for when they are (`ask`).

    Attributes
    ----------
    proof_asked : Signal()
        The badge of the run's look-ahead proof was clicked.
    """

    proof_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setMinimumWidth(_MINIMUM_WIDTH)
        self._explain: Callable[[str], str] = str
        self._copied: Callable[[], str] = str
        self.empty = _text("empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.warnings = _text("warning")
        self.headlines = HeadlineGrid(self._tip)
        self.model = MetricModel(self._tip, self)
        self.table = MetricTable(self.model)
        self.footer = _text("label")
        self.receipt, self.pill = _text("label"), ProofPill("run")
        self.pill.clicked.connect(self.proof_asked)
        self.copy = QToolButton()
        self.copy.setText("Copy all")
        self.copy.setToolTip("Copy every metric with full precision, tab separated with headers")
        self.copy.setProperty("role", "quiet")
        self.copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copy.clicked.connect(self._copy)
        self._body = QWidget()
        self.model.modelReset.connect(self._span_headings)
        self._arrange()

    def sizeHint(self) -> QSize:
        """Return a narrow column: what is wider goes to the chart."""
        return QSize(_WIDTH, _HEIGHT)

    def ask(self, explain: Callable[[str], str], copied: Callable[[], str]) -> None:
        """Take who writes the text about a metric, and all metrics as tab-separated text."""
        self._explain, self._copied = explain, copied

    def show_state(self, state: MetricsState) -> None:
        """Show a state."""
        self.empty.setText(state.empty)
        self.empty.setVisible(bool(state.empty))
        self._body.setVisible(not state.empty)
        if state.empty:
            return
        self.warnings.setText("\n".join(f"\N{WARNING SIGN} {line}." for line in state.warnings))
        self.warnings.setVisible(bool(state.warnings))
        self.headlines.show_headlines(state.headlines)
        self.model.set_groups(state.groups)
        self.footer.setText("\n".join(f"{line}." for line in state.footer))
        self.pill.show_badge(state.badge)
        self.receipt.setText(f"Receipt {state.receipt.removeprefix('sha256:')[:12]}")
        meaning = "The same receipt means the same prices, settings and code."
        self.receipt.setToolTip(f"{state.receipt}\n{meaning}")

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self.headlines.set_theme(tokens)
        self.model.set_theme(tokens)
        self.copy.setIcon(icon("mdi6.content-copy", tokens))
        self.table.viewport().update()

    def _arrange(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.empty)
        outer.addWidget(self._body)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(SIZES.padding, SIZES.padding, SIZES.padding, SIZES.padding)
        column.setSpacing(SIZES.padding)
        column.addWidget(self.warnings)
        column.addWidget(self.headlines)
        column.addWidget(self.table, 1)
        column.addWidget(self.footer)
        column.addWidget(self.receipt)
        last = QHBoxLayout()
        last.addWidget(self.pill)
        last.addStretch(1)
        last.addWidget(self.copy)
        column.addLayout(last)

    def _span_headings(self) -> None:
        self.table.clearSpans()
        for row in range(self.model.rowCount()):
            if self.model.is_heading(row):
                self.table.setSpan(row, NAME, 1, 3)

    def _tip(self, name: str) -> str:
        # Rich text wraps; plain text would make a tooltip as wide as the formula.
        lines = (html.escape(line) for line in self._explain(name).split("\n"))
        return "".join(f"<p>{line}</p>" for line in lines)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._copied())


def _text(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
