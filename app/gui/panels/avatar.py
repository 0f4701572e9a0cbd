"""Avatar: what is open, its shape, and what can be made of it."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui.panels.base import Panel
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.document import Document
    from app.editor import Editor
    from avatars.kinds.uv_avatar import UvAvatar

PANEL = Panel("avatar", "Avatar", "left")
BETA = 3.0
"""Standard deviations that shape sliders reach."""


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    document = editor.shown
    with ui.scope("Avatar"):
        if document.is_empty:
            _empty(ui, editor)
            return
        _head(ui, editor)
        _facts(ui, document)
        _outputs(ui, editor)
        if document.avatar is not None:
            _shape(ui, editor, document.avatar)


def _empty(ui: Ui, editor: "Editor") -> None:
    ui.empty(
        icons.ICON_FA_CIRCLE_USER,
        "No avatar yet",
        "Drop a photo on the window to make one, or open an .avatar file.",
    )
    if ui.button(f"{icons.ICON_FA_FOLDER_OPEN}  Open...##Open", width=-1):
        editor.wants.add("open-dialog")


def _head(ui: Ui, editor: "Editor") -> None:
    """The small picture and the name."""
    document = editor.shown
    thumb = document.origin.thumb if document.origin is not None else None
    if thumb is not None and ui.picture("thumb", thumb, px(64), px(64)):
        imgui.same_line(0, px(12))
    imgui.begin_group()
    name = ui.edit_text("##Name", document.name, "Name")
    if name.finished:
        editor.set_name(name.value)
    path = editor.path
    if path is not None:
        ui.muted(path.name)
        ui.tooltip(str(path))
    elif document.avatar is not None:
        ui.muted("Not saved yet")
    else:
        ui.muted("Splats to look at")
    imgui.end_group()
    ui.space(2)


def _facts(ui: Ui, document: "Document") -> None:
    avatar, splats = document.avatar, document.splats
    if avatar is not None:
        ui.fact("Splats", f"{len(avatar):,}")
        size = avatar.maps.rgb.shape[0]
        ui.fact("Maps", f"{size} × {size}")
        ui.fact("Head", avatar.head.version or avatar.head.name)
    elif splats is not None:
        ui.fact("Splats", f"{splats.means.shape[0]:,}")
        ui.fact("Colour", f"harmonics of degree {splats.sh_degree}")
    origin = document.origin
    if origin is None:
        return
    made = origin.provenance
    ui.fact("Method", made.method.replace("-", " ").capitalize())
    if origin.source is not None:
        ui.fact("Photo", f"{origin.source.width} × {origin.source.height}")
        ui.fact("Face", f"{origin.source.face_px:.0f} pixels wide")
    if made.created:
        ui.fact("Made", made.created[:16].replace("T", " "))
    ui.fact("By", f"{made.program} {made.version}")


def _outputs(ui: Ui, editor: "Editor") -> None:
    ui.space(2)
    has_avatar = editor.document.avatar is not None
    gap = px(6)
    columns = ui.fitting([f"{icons.ICON_FA_FILE_EXPORT}  Colours (.png)"], 2, gap)
    half = (imgui.get_content_region_avail().x - gap * (columns - 1)) / columns
    save = f"{icons.ICON_FA_FLOPPY_DISK}  Save##Save"
    if ui.button(save, has_avatar, "Write an .avatar file", width=half, accent=editor.is_dirty):
        editor.do("save")
    if columns > 1:
        ui.same_line(6)
    as_other = f"{icons.ICON_FA_FILE_EXPORT}  Save as...##Save as"
    if ui.button(as_other, has_avatar, "Write another file", width=half):
        editor.do("save-as")
    rows = (
        ("Splats (.ply)", "export-ply", "The face as it is now, for other programs"),
        ("Colours (.png)", "export-uv", "The colour map, to be painted elsewhere"),
        ("Turntable", "turntable", "A clip that goes once round the head"),
        ("Screenshot", "screenshot", "A picture of what is shown"),
    )
    for number, (label, action, tip) in enumerate(rows):
        if number % columns:
            ui.same_line(6)
        if ui.button(label, _can(editor, action), tip, width=half):
            editor.do(action)


def _can(editor: "Editor", action_id: str) -> bool:
    from app.actions import action

    return action(action_id).enabled(editor)


def _shape(ui: Ui, editor: "Editor", avatar: "UvAvatar") -> None:
    betas = avatar.identity.betas.tolist()
    betas += [0.0] * (avatar.head.shape_count - len(betas))
    words = avatar.head.shape_names
    named = [number for number, name in enumerate(words) if not name[-1:].isdigit()]
    rest = [number for number in range(len(betas)) if number not in named]
    is_shaped = any(abs(value) > 1e-6 for value in betas)
    icon = icons.ICON_FA_ROTATE_LEFT if is_shaped else ""
    is_open, reset = ui.section("Shape", action=icon, tooltip="Back to the average head")
    if reset:
        editor.do("reset-shape")
    if not is_open:
        return
    with ui.dense():
        for number in named:
            label = words[number].replace("_", " ").capitalize()
            _beta(ui, editor, f"{label}##{words[number]}", number, betas[number])
    with ui.scope("Coefficients"):
        title = "All coefficients" if named else "Coefficients"
        if rest and ui.section(title, is_open=not named)[0]:
            with ui.dense():
                for number in rest:
                    _beta(ui, editor, f"betas_{number:03d}", number, betas[number])


def _beta(ui: Ui, editor: "Editor", label: str, number: int, value: float) -> None:
    drag = ui.slider(
        label,
        value,
        -BETA,
        BETA,
        reset=0.0,
        format="%+.1f",
        tooltip="Standard deviations from the average head",
    )
    if drag.is_edited:
        what = label.partition("##")[0]
        editor.set_betas(number, drag.value, drag.finished, f"Change {what.lower()}")
