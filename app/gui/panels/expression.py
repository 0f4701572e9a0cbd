"""Expression and pose: the 52 ARKit sliders, faces by name, head and gaze."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.face_groups import GROUPS, FaceGroup, FaceRow, linked, partner, readable
from app.gui import theme
from app.gui.panels.base import Panel
from app.gui.pose_forms import coefficients, gaze, head_turn
from app.gui.theme import px
from app.gui.ui import Ui
from app.presets import PRESETS, Preset
from avatars.head.arkit_names import ARKIT_NAMES

if TYPE_CHECKING:
    from app.editor import Editor

PANEL = Panel("expression", "Expression", "right")
SEARCH, LINKED = "expression.search", "expression.linked"
LABELS = 92
"""Pixels at scale 1 of the labels of sliders; little, so that two sliders stand in a row."""
_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
_TIP = "Double-click to type (up to 2), right-click to reset"


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    document = editor.shown
    with ui.scope("Expression"):
        if document.avatar is None:
            _empty(ui, is_splats=document.splats is not None)
            return
        if document.arkit is None:
            ui.muted("This head has no ARKit table, so its face is moved by coefficients.")
        else:
            _bar(ui, editor)
            words = str(editor.panel.get(SEARCH, "")).strip().lower()
            if words:
                _found(ui, editor, words)
                return
            _presets(ui, editor)
            for group in GROUPS:
                _group(ui, editor, group)
        head_turn(ui, editor)
        gaze(ui, editor)
        coefficients(ui, editor)


def _empty(ui: Ui, *, is_splats: bool) -> None:
    if is_splats:
        words = "This file holds splats without a head, so there is no face to move."
    else:
        words = "Drop a photo on the window or open an avatar; its face is moved here."
    ui.empty(icons.ICON_FA_FACE_SMILE, "No face yet", words)


def _bar(ui: Ui, editor: "Editor") -> None:
    """Search, and what is done to the whole face."""
    gap = imgui.get_style().item_spacing.x / 2
    icon = imgui.get_frame_height() + px(4)
    width = imgui.get_content_region_avail().x - 3 * (icon + gap)
    text = str(editor.panel.get(SEARCH, ""))
    editor.panel[SEARCH] = ui.search("Search", text, "Search", width=width)
    is_linked = _is_linked(editor)
    imgui.same_line(0, gap)
    if ui.icon_button(
        icons.ICON_FA_LINK if is_linked else icons.ICON_FA_LINK_SLASH,
        "Link",
        "Left and right move together" if is_linked else "Left and right move by themselves",
        pressed=is_linked,
        width=icon,
    ):
        editor.panel[LINKED] = not is_linked
    imgui.same_line(0, gap)
    if ui.icon_button(icons.ICON_FA_DICE, "Randomise", "Make a random face", width=icon):
        editor.do("randomise-face")
    imgui.same_line(0, gap)
    tip = "Put the whole face at rest"
    if ui.icon_button(icons.ICON_FA_ROTATE_LEFT, "Reset all", tip, width=icon):
        editor.reset_face()


def _is_linked(editor: "Editor") -> bool:
    return bool(editor.panel.get(LINKED, True))


def _presets(ui: Ui, editor: "Editor") -> None:
    faces = [each for each in PRESETS if each.group == "Expressions"]
    visemes = [each for each in PRESETS if each.group == "Visemes"]
    if ui.section("Faces")[0]:
        _preset_grid(ui, editor, faces, 3)
    if ui.section("Speech", is_open=False)[0]:
        _preset_grid(ui, editor, visemes, 6)


def _preset_grid(ui: Ui, editor: "Editor", presets: list[Preset], columns: int) -> None:
    shown = editor.shown.arkit
    chosen = next((each.label for each in presets if shown == _weights(each)), "")
    label = ui.button_grid([each.label for each in presets], columns, chosen)
    for each in presets:
        if each.label == label:
            editor.set_face(each.weights, f"Face: {each.label}")


def _weights(preset: Preset) -> tuple[float, ...]:
    return tuple(preset.weights.get(name, 0.0) for name in ARKIT_NAMES)


def _group(ui: Ui, editor: "Editor", group: FaceGroup) -> None:
    is_moved = any(_value(editor, name) for name in group.names)
    is_open, reset = ui.section(
        group.title,
        action=icons.ICON_FA_ROTATE_LEFT if is_moved else "",
        tooltip=f"Reset {group.title.lower()}",
    )
    if reset:
        label = f"Reset {group.title.lower()}"
        editor.set_arkit(dict.fromkeys(group.names, 0.0), final=True, label=label)
    if not is_open:
        return
    with ui.dense(), ui.labels(LABELS):
        for row in group.rows:
            _row(ui, editor, row)


def _row(ui: Ui, editor: "Editor", row: FaceRow) -> None:
    left = row.names[0]
    if len(row.names) == 1:
        _slider(ui, editor, f"{row.label}##{left}", left, 0.0)
        return
    if _moves_as_one(editor, row):
        # Eyes that look the same way look to a side, not in or out.
        label = {"eyeLookInLeft": "To right", "eyeLookOutLeft": "To left"}.get(left, row.label)
        _slider(ui, editor, f"{label}##{left}", left, 0.0)
        return
    ui.label(row.label, f"{row.names[0]}, {row.names[1]}")
    gap = px(10)
    letter = imgui.calc_text_size("R").x + px(5)
    width = (imgui.get_content_region_avail().x - gap) / 2
    for number, (name, side) in enumerate(zip(row.names, "LR", strict=True)):
        if number:
            imgui.same_line(0, gap)
        imgui.push_style_color(imgui.Col_.text, theme.rgba(theme.colors().muted, 0.8))
        imgui.align_text_to_frame_padding()
        imgui.text_unformatted(side)
        imgui.pop_style_color()
        imgui.same_line(0, px(5))
        _slider(ui, editor, f"##{name}", name, width - letter)


def _moves_as_one(editor: "Editor", row: FaceRow) -> bool:
    """Whether one slider can stand for both sides: they are linked, and alike."""
    others = [partner(name) for name in row.names]
    if not _is_linked(editor) or None in others:
        return False
    # As it was before a drag: rows must not change under the pointer.
    weights = editor.document.arkit
    return weights is None or all(
        weights[_INDEX[name]] == weights[_INDEX[other]]
        for name, other in zip(row.names, others, strict=True)
        if other is not None
    )


def _slider(ui: Ui, editor: "Editor", label: str, name: str, width: float) -> None:
    value = _value(editor, name)
    drag = ui.slider(
        label, value, 0.0, 1.0, reset=0.0, beyond=2.0, width=width, tooltip=f"{name}. {_TIP}."
    )
    if not drag.is_edited:
        return
    values = linked(name, drag.value) if _is_linked(editor) else {name: drag.value}
    editor.set_arkit(values, final=drag.finished, label=readable(name))


def _value(editor: "Editor", name: str) -> float:
    weights = editor.shown.arkit
    return 0.0 if weights is None else weights[_INDEX[name]]


def _found(ui: Ui, editor: "Editor", words: str) -> None:
    """What a search finds: faces by name, then sliders with their full names."""
    presets = [each for each in PRESETS if words in each.label.lower()]
    names = [
        name
        for group in GROUPS
        for name in group.names
        if words in name.lower() or all(part in readable(name).lower() for part in words.split())
    ]
    if not presets and not names:
        words = str(editor.panel[SEARCH]).strip()
        ui.empty(
            icons.ICON_FA_MAGNIFYING_GLASS,
            "Nothing found",
            f"No slider or face is called \N{LEFT DOUBLE QUOTATION MARK}{words}"
            "\N{RIGHT DOUBLE QUOTATION MARK}. Try smile, brow or jaw.",
        )
        return
    if presets:
        _preset_grid(ui, editor, presets, 3)
        ui.space(4)
    with ui.dense(), ui.labels(130):
        for name in names:
            _slider(ui, editor, f"{readable(name)}##{name}", name, 0.0)
