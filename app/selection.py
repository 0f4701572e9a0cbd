"""Which layer tools and panels work on."""

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.layer import Layer


def select(editor: "Editor", layer_id: str | None) -> None:
    """Choose the layer that tools and panels work on."""
    if editor.view.selected_layer != layer_id:
        editor.view = replace(editor.view, selected_layer=layer_id)


def selected(editor: "Editor") -> "Layer | None":
    """The layer that is chosen, or None."""
    wanted = editor.view.selected_layer
    return next((layer for layer in editor.shown.layers if layer.id == wanted), None)
