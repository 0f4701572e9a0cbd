"""What is done with the layers of what is open: each function is one labelled undo step."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.painting_target import MASK_EDIT, full_mask
from app.selection import select, selected
from avatars.errors import UserError

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.job import Job
    from avatars.edits.layer import Adjustment, Layer
    from avatars.edits.stack import Layers
    from avatars.kinds.uv_avatar import UvAvatar
    from avatars.progress import Progress

GEOMETRY = {
    "shave": ("Shave", {"flatten": 1.0, "scale": -1.5}, "Hair and beard shrink to the skin"),
    "thin": ("Thin", {"opacity": -0.6}, "Hair becomes thinner"),
    "puff": ("Puff", {"puff": 0.003}, "The skin swells"),
}
"""Brushes that reshape: name, what their layers do at full cover, and a sentence."""


# Adding.


def add(editor: "Editor", layer: "Layer", label: str) -> None:
    """Lay a layer over the one that is chosen, or over all, and choose it."""
    from avatars.edits.stack import added, fresh_name, place_of

    layers = editor.document.layers
    chosen = selected(editor)
    at = len(layers)
    if chosen is not None and any(each.id == chosen.id for each in layers):
        at = place_of(layers, chosen.id) + 1
    named = replace(layer, name=fresh_name(layers, layer.name))
    made = added(layers, named, at)
    commit(editor, label, made)
    select(editor, made[at].id)


def add_paint(editor: "Editor") -> None:
    """Add an empty layer to paint on."""
    add(editor, _blank(editor, "Paint", "paint"), "Add paint layer")


def add_adjust(
    editor: "Editor", region: str | None, adjustment: "Adjustment | None" = None, name: str = ""
) -> None:
    """Add a change of colours, of a region or of all.

    Raises:
        HeadMismatch: the head has no such region.
    """
    from avatars.edits.layer import Adjustment, Layer
    from avatars.edits.stack import fresh_id

    avatar = avatar_of(editor)
    if region is not None:
        from avatars.head.regions import vertex_mask

        vertex_mask(avatar.head, region)
    title = name or (region or "all").replace("_", " ").capitalize()
    layer = Layer(
        id=fresh_id(editor.document.layers),
        name=f"{title} colour",
        kind="adjust",
        region=region,
        adjustment=adjustment or Adjustment(),
    )
    add(editor, layer, f"Adjust {title.lower()}")


def add_geometry(editor: "Editor", kind: str) -> None:
    """Add an empty layer whose brush reshapes; see ``GEOMETRY``.

    Raises:
        KeyError: there is no such kind.
    """
    from avatars.edits.layer import Reshape

    title, reshape, _ = GEOMETRY[kind]
    layer = replace(_blank(editor, title, "geometry"), reshape=Reshape(**reshape))
    add(editor, layer, f"Add {title.lower()} layer")


def _blank(editor: "Editor", name: str, kind: Any) -> "Layer":
    from avatars.edits.layer import Layer
    from avatars.edits.stack import fresh_id
    from avatars.edits.tiles import TiledImage

    empty = TiledImage.empty(avatar_of(editor).maps.size)
    return Layer(fresh_id(editor.document.layers), name, kind, image=empty)


# Changing.


def commit(editor: "Editor", label: str, layers: "Layers", merge: str | None = None) -> None:
    """Make other layers the document's, as a step; nothing if they are the same."""
    if not _alike(layers, editor.document.layers) or editor.draft is not None:
        if _alike(layers, editor.document.layers):
            editor.set_draft(None)
            return
        editor.commit(label, replace(editor.document, layers=layers), merge)


def set_layer(editor: "Editor", layer_id: str, label: str, *, final: bool, **changes: Any) -> None:
    """Change fields of a layer; a draft until ``final``.

    Raises:
        KeyError: there is no such layer.
        ValueError: a value that no layer may have.
    """
    from avatars.edits.stack import changed

    layers = changed(editor.document.layers, layer_id, **changes)
    if final:
        commit(editor, label, layers)
    else:
        editor.set_draft(replace(editor.document, layers=layers))


def rename(editor: "Editor", layer_id: str, name: str) -> None:
    """Call a layer something else; an empty name is ignored."""
    name = name.strip()[:200]
    if name:
        set_layer(editor, layer_id, "Rename layer", final=True, name=name)


def toggle(editor: "Editor", layer_id: str) -> None:
    """Hide a layer, or show it again."""
    layer = named_layer(editor, layer_id)
    label = f"Hide {layer.name}" if layer.visible else f"Show {layer.name}"
    set_layer(editor, layer_id, label, final=True, visible=not layer.visible)


def toggle_solo(editor: "Editor", layer_id: str) -> None:
    """Show only this layer and other solo ones, or all again."""
    layer = named_layer(editor, layer_id)
    label = f"End solo of {layer.name}" if layer.solo else f"Solo {layer.name}"
    set_layer(editor, layer_id, label, final=True, solo=not layer.solo)


def add_mask(editor: "Editor", layer_id: str) -> None:
    """Give a layer a mask that hides nothing yet, for the brush to paint on."""
    if named_layer(editor, layer_id).mask is None:
        mask = full_mask(avatar_of(editor).maps.size)
        set_layer(editor, layer_id, "Add mask", final=True, mask=mask)
    editor.panel[MASK_EDIT] = layer_id


def remove_mask(editor: "Editor", layer_id: str) -> None:
    """Take a layer's mask away."""
    set_layer(editor, layer_id, "Remove mask", final=True, mask=None)
    editor.panel.pop(MASK_EDIT, None)


# Ordering.


def move(editor: "Editor", layer_id: str, to: int) -> None:
    """Put a layer at a position, counted from the lowest."""
    from avatars.edits.stack import moved

    commit(editor, "Move layer", moved(editor.document.layers, layer_id, to))


def duplicate(editor: "Editor", layer_id: str) -> None:
    """Lay a copy of a layer over it, and choose the copy."""
    from avatars.edits.stack import duplicated, place_of

    made = duplicated(editor.document.layers, layer_id)
    commit(editor, "Duplicate layer", made)
    select(editor, made[place_of(made, layer_id) + 1].id)


def delete(editor: "Editor", layer_id: str) -> None:
    """Take a layer away, and choose its neighbour."""
    from avatars.edits.stack import place_of, removed

    layers = editor.document.layers
    at, name = place_of(layers, layer_id), named_layer(editor, layer_id).name
    made = removed(layers, layer_id)
    commit(editor, f"Delete {name}", made)
    select(editor, made[min(at, len(made) - 1)].id if made else None)
    if editor.panel.get(MASK_EDIT) == layer_id:
        editor.panel.pop(MASK_EDIT)


def merge_down(editor: "Editor", layer_id: str) -> None:
    """Start making one paint layer of a layer and the one below."""
    from avatars.edits.stack import place_of

    avatar, layers = avatar_of(editor), editor.document.layers
    at = place_of(layers, layer_id)
    below = layers[at - 1].id if at else layer_id

    def make(progress: "Progress") -> "Layers":
        from avatars.edits.actions import merged_down

        return merged_down(avatar, layers, layer_id)

    def apply(made: "Layers") -> None:
        commit(editor, "Merge down", made)
        select(editor, below)

    editor.start(make, "Merge layers", apply, "light", False, quiet=True)


def bake_layers(editor: "Editor") -> "Job | None":
    """Start making all layers permanent; None if there are none."""
    document = editor.document
    if not document.layers:
        return None

    def make(progress: "Progress") -> "UvAvatar":
        from app.document import looks_of

        progress.report(0.0, "Baking the layers")
        return looks_of(document)

    def apply(made: "UvAvatar") -> None:
        editor.commit("Bake layers", replace(document, avatar=made, layers=()))
        select(editor, None)

    return editor.start(make, "Bake layers", apply, "light", False)


def named_layer(editor: "Editor", layer_id: str) -> "Layer":
    """The layer of an id.

    Raises:
        KeyError: there is none.
    """
    from avatars.edits.stack import named

    return named(editor.document.layers, layer_id)


def avatar_of(editor: "Editor") -> "UvAvatar":
    """The avatar that is open.

    Raises:
        UserError: there is none.
    """
    avatar = editor.document.avatar
    if avatar is None:
        raise UserError("There is no avatar to edit.", "Open an avatar first.")
    return avatar


def _alike(first: "Layers", second: "Layers") -> bool:
    return len(first) == len(second) and all(a is b for a, b in zip(first, second, strict=True))
