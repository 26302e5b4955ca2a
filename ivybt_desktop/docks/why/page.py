"""An explanation as a page: two columns, numbers at the right, marks of different shape. No widgets."""

from __future__ import annotations

import html
from collections.abc import Iterator
from itertools import groupby

from ivybt_desktop.docks.why.state import FAILED, HELD, Block, Row, WhyState
from ivybt_desktop.theme.tokens import SIZES, Tokens

_SIGNS = {HELD: "\N{CHECK MARK}", FAILED: "\N{MULTIPLICATION X}", "": ""}
# Widths of mark and unit in pixels; the rest is shared by words and numbers.
_MARK, _UNIT = 14, 36
_TABLE = '<table width="100%" cellspacing="0" cellpadding="2"'


def page_of(state: WhyState, theme: Tokens) -> str:
    """Return the page as rich text; headings link to ``bar:<n>``."""
    parts = "".join(part for block in state.blocks for part in _block(block, theme))
    return f'<html><body style="color:{theme.text}">{parts}</body></html>'


def _block(block: Block, theme: Tokens) -> Iterator[str]:
    link = ""
    if block.bar >= 0 and block.label:
        link = (
            f'<a href="bar:{block.bar}" style="color:{theme.accent}; text-decoration:none">'
            f"{html.escape(block.label)}</a>"
        )
    yield (
        f'{_TABLE} bgcolor="{theme.raised}"><tr><td><b>{html.escape(block.title)}</b></td>'
        f'<td align="right" style="white-space:nowrap">{link}</td></tr></table>'
    )
    if block.sentence:
        yield _words(block.sentence, theme.quiet)
    # Marks and numbers have columns of their own: a long condition must not squeeze the numbers.
    for kind, rows in groupby(block.rows, _kind):
        if kind == "words":
            yield from (_words(row.label, theme.quiet if row.quiet else theme.text) for row in rows)
        else:
            lines = "".join(_marked(row, theme) if kind == "marks" else _number(row, theme) for row in rows)
            yield f"{_TABLE}>{lines}</table>"
    yield f'<p style="font-size:{SIZES.grid}px; margin:0">&nbsp;</p>'


def _kind(row: Row) -> str:
    if row.mark:
        return "marks"
    return "numbers" if row.value else "words"


def _words(words: str, colour: str) -> str:
    return f'{_TABLE}><tr><td style="color:{colour}">{html.escape(words)}</td></tr></table>'


def _marked(row: Row, theme: Tokens) -> str:
    ink = theme.quiet if row.quiet else theme.text
    sign_ink = theme.quiet if row.quiet else {HELD: theme.up, FAILED: theme.down}[row.mark]
    wide = "" if row.value else ' colspan="2"'
    value = f'<td align="right" style="white-space:nowrap">{html.escape(row.value)}</td>' if row.value else ""
    return (
        f'<tr><td width="{_MARK}" valign="top" style="color:{sign_ink}">{_SIGNS[row.mark]}</td>'
        f'<td style="color:{ink}"{wide}>{html.escape(row.label)}</td>{value}</tr>'
    )


def _number(row: Row, theme: Tokens) -> str:
    ink = theme.quiet if row.quiet else theme.text
    value = html.escape(row.value)
    if row.strong:
        value = f"<b>{value}</b>"
    return (
        f'<tr><td style="color:{ink}">{html.escape(row.label)}</td>'
        f'<td align="right" valign="bottom" style="color:{ink}; white-space:nowrap">{value}</td>'
        f'<td width="{_UNIT}" valign="bottom" style="color:{theme.quiet}; white-space:nowrap">'
        f"{html.escape(row.unit)}</td></tr>"
    )
