"""Colours, sizes and the style sheet; everything else reads them from here."""
