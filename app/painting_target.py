"""What a stroke paints on: a layer's picture, its mask, or a layer that it brings with it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from app.brush_settings import brush_of
from app.notices import Notice
from app.selection import selected

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.layer import Layer
    from avatars.edits.strokes import Tool
    from avatars.edits.tiles import TiledImage

MASK_EDIT = "document.mask"
"""In ``editor.panel``: id of the layer whose mask the brush paints, if one."""

_LABELS = {
    "brush": "Brush stroke",
    "erase": "Erase",
    "smudge": "Smudge",
    "blur": "Blur",
    "clone": "Clone",
}


@dataclass(frozen=True, eq=False)
class Target:
    """What a stroke paints on.

    Attributes:
        layer: the layer, as it is before the stroke.
        field: its picture or its mask.
        is_new: whether the document does not have it yet.
        label: of the undo step.
    """

    layer: "Layer"
    field: Literal["image", "mask"]
    is_new: bool
    label: str

    def with_picture(self, image: "TiledImage") -> "Layer":
        """The layer with another picture or mask."""
        if self.field == "image":
            return replace(self.layer, image=image)
        return replace(self.layer, mask=image)

    @property
    def picture(self) -> "TiledImage":
        """What is there before the stroke."""
        found = self.layer.image if self.field == "image" else self.layer.mask
        assert found is not None
        return found


def target_of(editor: "Editor", tool: "Tool") -> Target | None:
    """What a tool would paint on now; None where it has nothing to work on."""
    from avatars.edits.layer import Layer
    from avatars.edits.stack import fresh_id, fresh_name
    from avatars.edits.tiles import TiledImage

    document = editor.document
    assert document.avatar is not None
    size, layer = document.avatar.maps.size, selected(editor)
    if layer is not None and editor.panel.get(MASK_EDIT) == layer.id and tool in ("brush", "erase"):
        masked = layer if layer.mask is not None else replace(layer, mask=full_mask(size))
        return Target(masked, "mask", False, f"Mask {layer.name}")
    if layer is not None and layer.kind in ("paint", "geometry") and layer.image is not None:
        if layer.kind == "paint" or tool in ("brush", "erase"):
            return Target(layer, "image", False, _label(tool, layer))
    elif layer is not None and tool == "erase":
        # What has no picture of its own to rub out loses it by a mask, which can be taken away.
        masked = layer if layer.mask is not None else replace(layer, mask=full_mask(size))
        return Target(masked, "mask", False, f"Erase from {layer.name}")
    if tool == "erase":
        return None
    fresh = Layer(
        id=fresh_id(document.layers),
        name=fresh_name(document.layers, "Paint"),
        kind="paint",
        image=TiledImage.empty(size),
    )
    return Target(fresh, "image", True, _LABELS[tool])


def full_mask(size: int) -> "TiledImage":
    """A mask [R, R] that hides nothing."""
    import numpy as np

    from avatars.edits.tiles import TiledImage

    return TiledImage.from_pixels(np.full((size, size, 4), 255, np.uint8))


def _label(tool: "Tool", layer: "Layer") -> str:
    return f"{layer.name} stroke" if layer.kind == "geometry" and tool == "brush" else _LABELS[tool]


def usable_target(editor: "Editor", tool: "Tool") -> Target | None:
    """What a stroke can be painted on now; where there is nothing the person is told why."""
    avatar = editor.document.avatar
    if avatar is None:
        return None
    source = brush_of(editor).source
    if tool == "clone" and (source is None or source.avatar.head is not avatar.head):
        words = "The clone brush has no source yet."
        editor.notify(Notice(words, "Hold Ctrl and click the skin to copy from."))
        return None
    target = target_of(editor, tool)
    if target is None:
        words = "There is nothing to erase."
        editor.notify(Notice(words, "Choose a layer in the Layers panel first."))
        return None
    if not target.is_new and not target.layer.visible:
        editor.notify(Notice(f"'{target.layer.name}' is hidden.", "Show it to paint on it."))
        return None
    return target
