"""Layers that come and go: copied to another avatar, written to files, read from them."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.editing_layers import add, avatar_of, commit, named_layer
from app.notices import Notice
from app.selection import select

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.job import Job
    from avatars.edits.layer import Layer
    from avatars.edits.stack import Layers
    from avatars.progress import Progress

CLIPBOARD = "clipboard.layers"
"""In ``editor.panel``: layers to paste, with the avatar they come from."""


def copy(editor: "Editor", layer_ids: tuple[str, ...] | None = None) -> int:
    """Keep layers, all by default, to be pasted on this or another avatar; how many."""
    chosen = tuple(
        layer for layer in editor.document.layers if layer_ids is None or layer.id in layer_ids
    )
    if chosen:
        editor.panel[CLIPBOARD] = chosen, avatar_of(editor)
        what = f"'{chosen[0].name}'" if len(chosen) == 1 else f"{len(chosen)} layers"
        editor.notify(Notice(f"Copied {what}.", "Paste on this avatar or on another one."))
    return len(chosen)


def can_paste(editor: "Editor") -> bool:
    """Whether there are layers to paste and an avatar to paste them on."""
    return editor.document.avatar is not None and CLIPBOARD in editor.panel


def paste(editor: "Editor") -> None:
    """Start putting the copied layers on top, at the same places of this face."""
    if not can_paste(editor):
        return
    chosen, source = editor.panel[CLIPBOARD]
    avatar, layers = avatar_of(editor), editor.document.layers

    def make(progress: "Progress") -> "tuple[Layers, tuple[str, ...]]":
        from avatars.edits.canvas import canvas_for
        from avatars.edits.carry import copied

        progress.report(0.0, "Finding the places on this face")
        return copied(layers, chosen, canvas_for(source), canvas_for(avatar))

    def apply(made: "tuple[Layers, tuple[str, ...]]") -> None:
        pasted, notices = made
        for words in notices:
            editor.notify(Notice(words, severity="warning"))
        commit(editor, "Paste layers", pasted)
        if pasted:
            select(editor, pasted[-1].id)

    editor.start(make, "Paste layers", apply, "light", False, quiet=True)


# Files.


def export_png(editor: "Editor", layer_id: str, path: Path) -> "Job":
    """Start writing a layer's picture as it lies on the map."""
    layer, avatar = named_layer(editor, layer_id), avatar_of(editor)
    target = path if path.suffix.lower() == ".png" else path.with_name(path.name + ".png")

    def write(progress: "Progress") -> Path:
        from avatars.edits.actions import export_layer
        from renderer.disk import replacing

        progress.report(0.0, f"Writing {target.name}")
        content = export_layer(avatar, layer)
        with replacing(target) as handle:
            handle.write(content)
        return target

    def apply(written: Path) -> None:
        editor.notify(Notice(f"Wrote {written}."))

    return editor.start(write, f"Export {path.name}", apply, "light", False, keeps_document=True)


def import_png(editor: "Editor", path: Path) -> "Job":
    """Start adding a picture of the whole map as a layer."""
    avatar, layers = avatar_of(editor), editor.document.layers

    def read(progress: "Progress") -> "tuple[Layer, tuple[str, ...]]":
        from avatars.edits.layer import Layer
        from avatars.edits.pictures import read_map
        from avatars.edits.stack import fresh_id

        progress.report(0.0, f"Reading {path.name}")
        image, notices = read_map(path, avatar.maps.valid.numpy())
        name = path.stem[:200] or "Picture"
        return Layer(fresh_id(layers), name, "paint", image=image, note=path.name[:200]), notices

    def apply(made: "tuple[Layer, tuple[str, ...]]") -> None:
        layer, notices = made
        for words in notices:
            editor.notify(Notice(words))
        add(editor, layer, f"Import {path.name}")

    return editor.start(read, f"Import {path.name}", apply, "light", False)
