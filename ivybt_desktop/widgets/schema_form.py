"""`SchemaForm`: a form made from declared fields.

The same widget shows a strategy's parameters, costs, execution and preferences; whoever declares a
field gets label, control, unit, range, help, default and validation from the declaration alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.fields import FieldInfo
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.field_editors import ChoiceEditor, NumberEditor
from ivybt_desktop.widgets.field_row import DOT_WIDTH, FieldRow
from ivybt_desktop.widgets.field_words import check

# The label column has one width in all forms, so that controls of stacked sections line up.
_LABEL_WIDTH = SIZES.grid * 28


class SchemaForm(QWidget):
    """Rows of declared fields.

    Parameters
    ----------
    fields : sequence of FieldInfo
        What `engine.fields.describe` returns, or a part of it.
    wide : collection of str
        Fields whose control takes the whole row, in place of its label.

    Attributes
    ----------
    changed : Signal(str, object)
        Name and value while the person drags or types. The value may be unusable (out of range,
        or the text of a number field that holds no number); the row is marked then.
    committed : Signal(str, object)
        The same when the drag, the typing or the choice is done.
    """

    changed = Signal(str, object)
    committed = Signal(str, object)

    def __init__(
        self, fields: Sequence[FieldInfo] = (), parent: QWidget | None = None, *, wide: Collection[str] = ()
    ) -> None:
        super().__init__(parent)
        self._wide = frozenset(wide)
        self._rows: dict[str, FieldRow] = {}
        self._judged: dict[str, str] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(SIZES.grid)
        self._grid.setColumnMinimumWidth(0, DOT_WIDTH)
        self._grid.setColumnMinimumWidth(1, _LABEL_WIDTH)
        self._grid.setColumnStretch(2, 1)
        self.set_fields(fields)

    @property
    def fields(self) -> tuple[FieldInfo, ...]:
        """The declared fields in order."""
        return tuple(row.info for row in self._rows.values())

    def row(self, name: str) -> FieldRow:
        """Return the row of a field."""
        return self._rows[name]

    def set_fields(self, fields: Sequence[FieldInfo]) -> None:
        """Show other fields, at their defaults; the same ones are left as they are."""
        if tuple(fields) == self.fields:
            return
        for row in self._rows.values():
            for part in (*row.parts, row.error):
                self._grid.removeWidget(part)
                part.hide()
                part.deleteLater()
            row.deleteLater()
        self._judged = {}
        self._rows = {info.name: self._make_row(info, 2 * at) for at, info in enumerate(fields)}

    def values(self) -> dict[str, Any]:
        """Return the value of every field, shown or not."""
        return {name: row.value() for name, row in self._rows.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show values without emitting; other names are ignored."""
        for name, row in self._rows.items():
            if name in values:
                row.set_value(values[name])

    def set_errors(self, errors: Mapping[str, str]) -> None:
        """Mark the named fields and clear the others.

        Parameters
        ----------
        errors : mapping of str to str
            Sentence without a full stop by field name. A sentence about several fields stands once,
            under the last of them.
        """
        names = [name for name in self._rows if errors.get(name)]
        last = {errors[name]: name for name in names}
        for name, row in self._rows.items():
            sentence = errors.get(name, "")
            row.set_error(sentence, spoken=last.get(sentence) == name)

    def set_hidden(self, names: Collection[str]) -> None:
        """Leave out fields that have no effect now; they keep their values."""
        for name, row in self._rows.items():
            row.set_hidden(name in names)

    def set_unit(self, info: FieldInfo, *, start: float | None = None, reach: float | None = None) -> None:
        """Take another unit, step or range of one field.

        Parameters
        ----------
        info : FieldInfo
            The field as it reads now.
        start : float, optional
            Value that turning an optional number on begins with.
        reach : float, optional
            Upper end of the slider, where the range itself is too wide for one.
        """
        row = self._rows[info.name]
        if isinstance(row.editor, NumberEditor):
            row.editor.start, row.editor.reach = start, reach
        if row.info != info:
            row.set_info(info)

    def set_words(self, name: str, words: Mapping[str | None, tuple[str, str]]) -> None:
        """Give the choices of a field titles and tooltips; the key `None` is the empty choice."""
        editor = self._rows[name].editor
        if isinstance(editor, ChoiceEditor):
            editor.set_words(words)

    def set_placeholder(self, name: str, text: str) -> None:
        """Show what stands in for an empty value."""
        self._rows[name].editor.set_placeholder(text)

    def focus_field(self, name: str) -> None:
        """Give the keyboard to a field."""
        self._rows[name].editor.focus_target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _make_row(self, info: FieldInfo, line: int) -> FieldRow:
        row = FieldRow(info, self, wide=info.name in self._wide)
        if row.is_wide:
            self._grid.addWidget(row.dot, line, 0)
            self._grid.addWidget(row.editor, line, 1, 1, 2)
        else:
            for column, part in enumerate(row.parts):
                self._grid.addWidget(part, line, column)
        self._grid.addWidget(row.error, line + 1, 1, 1, 2)
        row.changed.connect(self._judge)
        row.changed.connect(self.changed)
        row.committed.connect(self._judge)
        row.committed.connect(self.committed)
        return row

    def _judge(self, name: str, value: Any) -> None:
        # Only what this value alone says; what fields say together comes through `set_errors`.
        sentence = check(self._rows[name].info, value)
        if sentence != self._judged.get(name, ""):
            self._judged[name] = sentence
            self._rows[name].set_error(sentence, spoken=True)
