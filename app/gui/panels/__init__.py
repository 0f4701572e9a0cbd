"""One file per panel; each draws itself from the editor and calls the editor's methods.

Panels keep nothing but text that is being typed, in ``editor.panel``, and know nothing of each
other. A new panel is a file with ``PANEL`` and ``draw``, and a name in ``PANELS``.
"""

PANELS: tuple[str, ...] = (
    *("reconstruct", "avatar", "layers", "history", "expression", "texture", "drive", "view"),
    *("timeline", "uv"),
    *("jobs", "log", "selfcheck", "preferences"),
)
"""Modules in the order in which tabs stand; order matters to people, so it is written."""
