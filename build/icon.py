"""Draws the app's icon: an ivy leaf whose stem is a candle. Writes SVG, PNG, ICO and ICNS to resources/icons.

    uv run python build/make.py icon
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256">
  <rect x="8" y="8" width="240" height="240" rx="52" fill="#151A21"/>
  <rect x="9.5" y="9.5" width="237" height="237" rx="50.5" fill="none" stroke="#2A333E" stroke-width="3"/>
  <path fill="#26A69A" d="M128 30 C136 58 148 76 166 88 C184 76 206 72 230 80
    C222 104 210 122 194 134 C208 150 216 170 212 196 C186 198 164 192 146 180 L128 204 L110 180
    C92 192 70 198 44 196 C40 170 48 150 62 134 C46 122 34 104 26 80 C50 72 72 76 90 88
    C108 76 120 58 128 30 Z"/>
  <path stroke="#0E1116" stroke-width="10" stroke-linecap="round" d="M128 84 V232"/>
  <path stroke="#D6DEE6" stroke-width="10" stroke-linecap="round" d="M128 206 V232"/>
  <rect x="108" y="110" width="40" height="62" rx="5" fill="#0E1116"/>
</svg>
"""
SIZES = (16, 24, 32, 48, 64, 128, 256)
# Apple's names of the PNG entries of an .icns file.
ICNS_NAMES = {128: b"ic07", 256: b"ic08", 512: b"ic09"}


def draw(folder: Path) -> list[Path]:
    """Write the icon in every format and return the files."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    pictures = {size: render(size) for size in (*SIZES, 512)}
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "ivybt.svg": SVG.encode(),
        "ivybt.png": pictures[256],
        "ivybt.ico": ico({size: pictures[size] for size in SIZES}),
        "ivybt.icns": icns({size: pictures[size] for size in ICNS_NAMES}),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def render(size: int) -> bytes:
    """Return the icon as a PNG of ``size`` x ``size`` pixels."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(SVG.encode())).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """Return a Windows icon: a directory, then one PNG for each size."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(head) + 16 * len(pictures)
    entries, bodies = b"", b""
    for size, png in pictures.items():
        side = size % 256  # 0 stands for 256
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(png), offset + len(bodies))
        bodies += png
    return head + entries + bodies


def icns(pictures: dict[int, bytes]) -> bytes:
    """Return a macOS icon: named PNG entries behind one header."""
    body = b"".join(
        ICNS_NAMES[size] + struct.pack(">I", len(png) + 8) + png for size, png in pictures.items()
    )
    return b"icns" + struct.pack(">I", len(body) + 8) + body
