"""Floor 2: faces. Heads, avatars, edits, tracking and training; knows no window and no settings.

Map: ``head`` is the animated surface (FLAME-format files and the built-in head).
Conventions are those of the package ``renderer``, the only other package this one imports.
"""
