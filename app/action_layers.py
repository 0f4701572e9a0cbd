"""Commands on layers and brushes, as rows of the table of actions."""

from typing import TYPE_CHECKING, Any

from app import action_runs as runs
from app.action_runs import Check, Run
from app.brush_settings import brush_of, harden, resize, set_brush
from app.selection import selected

if TYPE_CHECKING:
    from app.editor import Editor

PAINTING = ("brush", "eraser", "smudge", "clone")
"""Tools that have a size."""


def use(tool: str) -> Run:
    """A command that takes a tool, or gives it back if it is in use."""

    def run(editor: "Editor") -> None:
        editor.set_tool("orbit" if editor.view.tool == tool else tool)

    return run


def uses(tool: str) -> Check:
    """Whether a tool is in use."""
    return lambda editor: editor.view.tool == tool


def leave(editor: "Editor") -> None:
    """Take back what is being dragged, else leave the tool."""
    if editor.easel.strokes.is_busy:
        editor.easel.strokes.drop()
    elif editor.draft is not None:
        editor.set_draft(None)
    else:
        editor.set_tool("orbit")


def _is_left(editor: "Editor") -> bool:
    return editor.view.tool != "orbit"


def _paints(editor: "Editor") -> bool:
    return editor.view.tool in PAINTING


def _has_layer(editor: "Editor") -> bool:
    return selected(editor) is not None


def _has_layers(editor: "Editor") -> bool:
    return bool(editor.document.layers)


def _edits_layers(editor: "Editor") -> bool:
    """Whether keys that lay hands on a layer mean it: a tool for the skin is in use."""
    return _has_layer(editor) and editor.view.tool in (*PAINTING, "sticker", "eyedropper")


def _on_layer(name: str) -> Run:
    """A command that does something with the chosen layer."""

    def run(editor: "Editor") -> None:
        from app import editing_layers

        layer = selected(editor)
        if layer is not None:
            getattr(editing_layers, name)(editor, layer.id)

    return run


def _call(name: str, *args: Any) -> Run:
    def run(editor: "Editor") -> None:
        from app import editing_layers

        getattr(editing_layers, name)(editor, *args)

    return run


def _copy(editor: "Editor") -> None:
    from app.layer_transfer import copy

    layer = selected(editor)
    copy(editor, None if layer is None else (layer.id,))


def _paste(editor: "Editor") -> None:
    from app.layer_transfer import paste

    paste(editor)


def _can_paste(editor: "Editor") -> bool:
    from app.layer_transfer import can_paste

    return can_paste(editor)


def _symmetry(editor: "Editor") -> None:
    set_brush(editor, symmetry=not brush_of(editor).symmetry)


# fmt: off
ROWS: tuple[tuple[Any, ...], ...] = (
    ("add-sticker", "Add a sticker...", (), runs.wants("sticker-dialog"), runs.has_avatar),
    ("add-paint", "New paint layer", ("Ctrl+Shift+N",), _call("add_paint"), runs.has_avatar),
    ("duplicate-layer", "Duplicate the layer", ("Ctrl+J",), _on_layer("duplicate"), _has_layer),
    ("merge-layer", "Merge down", (), _on_layer("merge_down"), _has_layer),
    ("delete-layer", "Delete the layer", ("Delete", "Backspace"), _on_layer("delete"),
     _edits_layers),
    ("copy-layers", "Copy layer", ("Ctrl+C",), _copy, _has_layers),
    ("paste-layers", "Paste layers", ("Ctrl+V",), _paste, _can_paste),
    ("import-layer", "Import a map as a layer...", (), runs.wants("layer-dialog"),
     runs.has_avatar),
    ("watch-map", "Import a map and watch it...", (), runs.wants("map-dialog"), runs.has_avatar),
    ("uv-map", "UV map", (), runs.wants("toggle-panel:UV map"), runs.has_avatar),
    ("bake-layers", "Bake layers", (), _call("bake_layers"), _has_layers),
    ("tool-sticker", "Stickers", ("S",), use("sticker"), runs.has_avatar, uses("sticker")),
    ("tool-brush", "Brush", ("B",), use("brush"), runs.has_avatar, uses("brush")),
    ("tool-eraser", "Eraser", ("E",), use("eraser"), runs.has_avatar, uses("eraser")),
    ("tool-smudge", "Smudge and blur", (), use("smudge"), runs.has_avatar, uses("smudge")),
    ("tool-clone", "Clone", (), use("clone"), runs.has_avatar, uses("clone")),
    ("tool-eyedropper", "Eyedropper", ("Ctrl+E",), use("eyedropper"), runs.has_avatar,
     uses("eyedropper")),
    ("symmetry", "Paint both sides", ("X",), _symmetry, _paints,
     lambda editor: brush_of(editor).symmetry),
    ("brush-larger", "Larger brush", ("]",), lambda editor: resize(editor, 1), _paints),
    ("brush-smaller", "Smaller brush", ("[",), lambda editor: resize(editor, -1), _paints),
    ("brush-harder", "Harder brush", ("Shift+]",), lambda editor: harden(editor, 1), _paints),
    ("brush-softer", "Softer brush", ("Shift+[",), lambda editor: harden(editor, -1), _paints),
    ("leave-tool", "Leave the tool", ("Escape",), leave, _is_left),
)
# fmt: on
