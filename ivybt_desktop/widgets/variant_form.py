"""`VariantForm`: choose a kind, then its fields. Sizing, allocation, each gate and each further strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.fields import FieldInfo
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.field_row import DOT_WIDTH
from ivybt_desktop.widgets.kind import Slot
from ivybt_desktop.widgets.schema_form import SchemaForm


class VariantForm(QWidget):
    """One row that chooses the kind, the sentence of that kind, and a form of its fields.

    Parameters
    ----------
    slot : Slot
        What it holds at first.
    first : str, optional
        Kind that counts as unchanged; without one every kind does.

    Attributes
    ----------
    changed, committed : Signal(str, object)
        As those of `SchemaForm`; the kind is the field ``<prefix>.name``.
    """

    changed = Signal(str, object)
    committed = Signal(str, object)

    def __init__(self, slot: Slot, *, first: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first = first
        field = self._kind_field(slot)
        # The titles of kinds are sentences almost: they take the row, the section's title is their label.
        self.kind, self.fields = SchemaForm((field,), wide=(field.name,)), SchemaForm()
        self.sentence = QLabel()
        self.sentence.setProperty("role", "label")
        self.sentence.setWordWrap(True)
        self.sentence.setContentsMargins(DOT_WIDTH, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        for part in (self.kind, self.sentence, self.fields):
            column.addWidget(part)
        for form in (self.kind, self.fields):
            form.changed.connect(self.changed)
            form.committed.connect(self.committed)
        self._slot: Slot | None = None
        self._show_slot(slot)

    def show_slot(self, slot: Slot, values: Mapping[str, Any], errors: Mapping[str, str]) -> None:
        """Show a kind with its values; what did not change is left alone."""
        self._show_slot(slot)
        for form in (self.kind, self.fields):
            form.set_values(values)
            form.set_errors(errors)

    def _show_slot(self, slot: Slot) -> None:
        if slot == self._slot:
            return
        self._slot = slot
        field = self._kind_field(slot)
        self.kind.set_unit(field)
        self.kind.set_words(field.name, {kind.name: (kind.title, kind.help) for kind in slot.kinds})
        self.sentence.setText(slot.sentence)
        self.sentence.setVisible(bool(slot.sentence))
        self.fields.set_fields(slot.fields)
        self.fields.setVisible(bool(slot.fields))

    def _kind_field(self, slot: Slot) -> FieldInfo:
        names = tuple(kind.name for kind in slot.kinds)
        # An id that is not known here stays in sight until another one is chosen.
        names = names if slot.kind in names else (*names, slot.kind)
        return FieldInfo(
            name=f"{slot.prefix}.name", type="choice", default=self._first or slot.kind, low=None,
            high=None, step=None, choices=names, unit="", help="", optional=False, title=slot.label,
        )  # fmt: skip
