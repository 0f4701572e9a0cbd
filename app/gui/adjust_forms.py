"""Colours of regions, reshaping and styles as forms."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app import editing_layers as edits
from app import editing_styles as styles
from app.gui.job_parts import progress_of
from app.gui.ui import Ui
from app.notices import notice_of
from app.region_names import WHOLE, regions_of, title_of
from app.selection import select, selected
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.layer import Layer

QUICK = (
    ("Hair", "hair"),
    ("Skin", "skin"),
    ("Lips", "lips"),
    ("Left iris", "iris_left"),
    ("Right iris", "iris_right"),
    ("Left brow", "brow_left"),
    ("Right brow", "brow_right"),
    ("Upper teeth", "teeth_upper"),
    ("Lower teeth", "teeth_lower"),
    ("All", None),
)
"""What people want in another colour most."""


def adjust_form(ui: Ui, editor: "Editor") -> None:
    """Draw the colours of regions."""
    if not ui.section("Colours of parts")[0]:
        return
    avatar = editor.shown.avatar
    assert avatar is not None
    known = regions_of(avatar)
    quick = [(label, name) for label, name in QUICK if name is None or name in known]
    layer = selected(editor)
    now = ""
    if layer is not None and layer.kind == "adjust":
        now = next((label for label, name in quick if name == layer.region), "")
    pressed = ui.button_grid([label for label, _ in quick], 3, now)
    for label, name in quick:
        if label == pressed:
            _adjust(editor, name)
    if layer is None or layer.kind != "adjust":
        ui.muted("Choose a part to change its colour; its texture stays.")
        return
    _sliders(ui, editor, layer)


def _adjust(editor: "Editor", region: str | None) -> None:
    """Choose the layer that changes a region's colours, or make one."""
    for layer in reversed(editor.document.layers):
        if layer.kind == "adjust" and layer.region == region:
            select(editor, layer.id)
            return
    try:
        edits.add_adjust(editor, region)
    except UserError as problem:
        editor.notify(notice_of(problem))


def _sliders(ui: Ui, editor: "Editor", layer: "Layer") -> None:
    now = layer.adjustment

    def put(final: bool, **changes: Any) -> None:
        adjustment = replace(now, **changes)
        edits.set_layer(editor, layer.id, layer.name, final=final, adjustment=adjustment)

    with ui.dense():
        rows = (
            ("Hue", "hue", 1.0, -180, "%+.0f°"),
            ("Saturation", "saturation", 100.0, -100, "%+.0f"),
            ("Brightness", "brightness", 100.0, -100, "%+.0f"),
            ("Contrast", "contrast", 100.0, -100, "%+.0f"),
        )
        for label, name, unit, low, form in rows:
            value = getattr(now, name) * unit
            drag = ui.slider(label, value, low, -low, format=form, reset=0.0)
            if drag.is_edited:
                put(drag.finished, **{name: drag.value / unit})
    changed, wanted = ui.toggle("New colour", now.color is not None, tooltip="Replace the colour")
    if changed:
        put(True, color=(0.45, 0.22, 0.15) if wanted else None)
    elif now.color is not None:
        picked = ui.color("Colour##new colour", now.color)
        if picked.is_edited:
            put(picked.finished, color=picked.value)


def shape_form(ui: Ui, editor: "Editor") -> None:
    """Draw the brushes that reshape."""
    if not ui.section("Shave, thin, puff", is_open=False)[0]:
        return
    labels = {title: kind for kind, (title, _, _) in edits.GEOMETRY.items()}
    layer = selected(editor)
    pressed = ui.button_grid(list(labels), 3)
    if pressed is not None:
        edits.add_geometry(editor, labels[pressed])
        editor.set_tool("brush")
    if layer is None or layer.kind != "geometry":
        ui.muted("Adds a layer on which the brush reshapes: hair, beard, cheeks.")
        return
    now = layer.reshape
    rows = (
        ("Visible", "opacity", -1.0, 0.0, 100.0, "%+.0f %%"),
        ("Size", "scale", -3.0, 2.0, 1.0, "%+.1f"),
        ("To the skin", "flatten", 0.0, 1.0, 100.0, "%.0f %%"),
        ("Outwards", "puff", -0.01, 0.01, 1000.0, "%+.1f mm"),
    )
    with ui.dense():
        for label, name, low, high, unit, form in rows:
            value = getattr(now, name) * unit
            drag = ui.slider(label, value, low * unit, high * unit, format=form, reset=0.0)
            if drag.is_edited:
                reshape = replace(now, **{name: drag.value / unit})
                edits.set_layer(editor, layer.id, layer.name, final=drag.finished, reshape=reshape)


def style_form(ui: Ui, editor: "Editor") -> None:
    """Draw what lays the look of a picture over the head."""
    if not ui.section("Style", is_open=False)[0]:
        return
    chosen = styles.choice_of(editor)
    name = chosen.path.name if chosen.path is not None else "Choose a picture..."
    if ui.button(f"{icons.ICON_FA_IMAGE}  {name}##Choose", width=-1):
        editor.wants.add("style-dialog")
    ui.tooltip("A picture, or a style network (.t7, .onnx)")
    if not chosen.is_network:
        at = ui.segmented("Take", int(chosen.method == "palette"), ("Brushwork", "Colours"))
        method: styles.Method = "palette" if at else "texture"
        chosen = replace(chosen, method=method)
    drag = ui.slider("Strength", 100 * chosen.strength, 0, 100, format="%.0f %%")
    if drag.changed:
        chosen = replace(chosen, strength=drag.value / 100)
    avatar = editor.shown.avatar
    names = (None, *(() if avatar is None else regions_of(avatar)))
    at = ui.combo(
        "Only on",
        names.index(chosen.region) if chosen.region in names else 0,
        [WHOLE if each is None else title_of(each) for each in names],
    )
    chosen = replace(chosen, region=names[at])
    styles.choose(editor, chosen)
    layer = selected(editor)
    if drag.is_edited and layer is not None and layer.kind == "style":
        edits.set_layer(
            editor, layer.id, "Style strength", final=drag.finished, opacity=chosen.strength
        )
    job = styles.job_of(editor)
    if job is not None:
        with ui.card("job"):
            ui.heading(job.title)
            progress_of(ui, job)
            if ui.button("Cancel", job.state != "cancelling", width=-1):
                editor.cancel(job)
        return
    imgui.begin_group()
    label = f"{icons.ICON_FA_WAND_MAGIC_SPARKLES}  Lay it over the head##Apply"
    if ui.button(label, chosen.path is not None, width=-1, accent=True):
        styles.start(editor)
    imgui.end_group()
