"""File dialogs that belong to layers."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app import editing_styles as styles
from app import layer_transfer as transfer
from app.editing_stickers import add_sticker
from app.selection import selected

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.files import FileDialogs

PICTURES = (".png", ".webp", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
STYLES = (*PICTURES, ".t7", ".onnx")


def doers(editor: "Editor", files: "FileDialogs") -> dict[str, Callable[[], None]]:
    """What is done about wishes that have to do with layers, by their names."""
    return {
        "sticker-dialog": partial(_sticker, editor, files),
        "layer-dialog": partial(_layer, editor, files),
        "map-dialog": partial(_map, editor, files),
        "layer-export-dialog": partial(_export, editor, files),
        "style-dialog": partial(_style, editor, files),
    }


def _sticker(editor: "Editor", files: "FileDialogs") -> None:
    def take(chosen: list[Path]) -> None:
        add_sticker(editor, chosen[0])

    files.open_files(PICTURES, take, title="Add a sticker")


def _layer(editor: "Editor", files: "FileDialogs") -> None:
    def take(chosen: list[Path]) -> None:
        transfer.import_png(editor, chosen[0])

    files.open_files(PICTURES, take, title="Import a map as a layer")


def _map(editor: "Editor", files: "FileDialogs") -> None:
    def take(chosen: list[Path]) -> None:
        editor.easel.watch.bring(chosen[0])

    files.open_files(PICTURES, take, title="Import a map and watch it")


def _export(editor: "Editor", files: "FileDialogs") -> None:
    layer = selected(editor)
    if layer is None:
        return
    layer_id = layer.id
    name = "".join(each if each.isalnum() or each in " -_" else "_" for each in layer.name)

    def write(chosen: list[Path]) -> None:
        transfer.export_png(editor, layer_id, chosen[0])

    files.save_file(f"{name or 'layer'}.png", ".png", write, title="Export layer")


def _style(editor: "Editor", files: "FileDialogs") -> None:
    def take(chosen: list[Path]) -> None:
        styles.choose(editor, replace(styles.choice_of(editor), path=chosen[0]))

    files.open_files(STYLES, take, title="Choose a style")
