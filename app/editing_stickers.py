"""Stickers brought to the head: from the library, from a file, dropped on the picture."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.aim import Aim
from app.editing_layers import add, set_layer
from app.notices import Notice

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.job import Job
    from avatars.edits.layer import Layer
    from avatars.kinds.uv_avatar import UvAvatar
    from avatars.progress import Progress

SMALL = 320
"""Pixels a side up to which a dropped picture is rather a sticker than a photo."""
_MOST_PIXELS = 40_000_000  # that are looked through
_CUT_OUT = 0.02  # share of transparent pixels of a picture that was cut out
_WHERE = ("cheek_left", "face", "skin")


@dataclass(frozen=True, eq=False)
class _Brought:
    layer: "Layer"
    notices: tuple[str, ...]


def add_sticker(editor: "Editor", path: Path, aim: Aim | None = None) -> "Job | None":
    """Start laying a picture on the skin.

    Args:
        editor: whose document.
        path: a picture, or one half of a pair NAME_content.png and NAME_mask.png.
        aim: where; None puts pairs where they belong and others on the left cheek.
    """
    avatar = editor.document.avatar
    if avatar is None:
        return None

    def bring(progress: "Progress") -> _Brought:
        progress.report(0.0, f"Reading {path.name}")
        return _bring(avatar, path, aim)

    def apply(made: _Brought) -> None:
        for words in made.notices:
            editor.notify(Notice(words))
        add(editor, made.layer, f"Place {made.layer.name}")
        editor.set_tool("sticker")

    return editor.start(
        bring, f"Place {path.name}", apply, "light", False, quiet=True, keeps_document=True
    )


def _bring(avatar: "UvAvatar", path: Path, aim: Aim | None) -> _Brought:
    from avatars.edits.canvas import canvas_for
    from avatars.edits.carry import suggested
    from avatars.edits.layer import Layer, Placement
    from avatars.edits.pictures import read_sticker
    from avatars.edits.sticker import warped

    found = read_sticker(path, avatar.maps.size)
    canvas = canvas_for(avatar)
    notices = found.notices
    point = None if aim is None else aim.point(canvas)
    if point is not None:
        u, v = canvas.uv_at(point)[0].tolist()
        size = min(found.size, 0.3) if found.size else _size(found.picture.aspect)
        place = Placement((u, v), size)
    elif found.uv is not None:
        place = suggested(found, canvas)
    else:
        if aim is not None:
            notices = (*notices, f"{path.name} was let go beside the head: it lies on the cheek.")
        u, v = _usual_place(avatar)
        place = Placement((u, v), _size(found.picture.aspect))
    warped(found.picture, place, canvas)  # refused here, not in the picture
    name = path.stem.removesuffix("_content").removesuffix("_mask").replace("_", " ")
    layer = Layer(
        id="sticker",
        name=name[:200].capitalize() or "Sticker",
        kind="sticker",
        picture=found.picture,
        placement=place,
        note=path.name[:200],
    )
    return _Brought(layer, notices)


def _size(aspect: float) -> float:
    """Width in u of a picture, its longer side the usual one."""
    return 0.12 / max(1.0, aspect)


def _usual_place(avatar: "UvAvatar") -> tuple[float, float]:
    from avatars.edits.canvas import canvas_for
    from avatars.errors import HeadMismatch
    from avatars.head.regions import vertex_mask

    canvas = canvas_for(avatar)
    for region in _WHERE:
        try:
            mask = vertex_mask(canvas.head, region).cpu().numpy()
        except HeadMismatch:
            continue
        rows = canvas.rows_of_faces(mask[canvas.head.faces_numpy].all(axis=1))
        rows = rows[canvas.inside[rows]]
        if len(rows):
            middle = canvas.positions[rows].mean(axis=0)
            away = ((canvas.positions[rows] - middle) ** 2).sum(axis=1)
            u, v = canvas.uv[rows[away.argmin()]].tolist()
            return u, v
    return 0.5, 0.5


# Moving it about.


def move_to(editor: "Editor", layer_id: str, aim: Aim) -> None:
    """Have a sticker follow the pointer; a draft that the newest aim replaces."""
    document, draft = editor.document, editor.draft
    avatar = document.avatar
    if avatar is None:
        return

    def find() -> tuple[float, float] | None:
        from avatars.edits.canvas import canvas_for

        canvas = canvas_for(avatar)
        point = aim.point(canvas)
        if point is None:
            return None
        u, v = canvas.uv_at(point)[0].tolist()
        return min(max(u, 0.0), 1.0), min(max(v, 0.0), 1.0)

    def show(uv: tuple[float, float] | None) -> None:
        if uv is None or editor.document is not document:
            return
        if draft is not None and editor.draft is None:
            return  # taken back meanwhile
        layer = next((each for each in editor.shown.layers if each.id == layer_id), None)
        if layer is not None and layer.placement is not None:
            place = replace(layer.placement, uv=uv)
            set_layer(editor, layer_id, "Move sticker", final=False, placement=place)

    editor.easel.hand.do(find, show, newest="sticker")


def finish_move(editor: "Editor", label: str = "Move sticker") -> None:
    """Make a drag of a sticker a step, once the hand has caught up."""
    document = editor.document

    def commit(_: None) -> None:
        if editor.document is document and editor.draft is not None:
            editor.commit_draft(label)

    editor.easel.hand.do(lambda: None, commit)


# Dropped files.


def looks_like_sticker(path: Path) -> bool:
    """Whether a picture is rather a sticker than a photo: cut out, tiny, or half of a pair.

    Decodes pictures that can be transparent: not for the main thread. False for what cannot be
    read.
    """
    from PIL import Image

    if path.name.endswith(("_content.png", "_mask.png")):
        return True
    try:
        with Image.open(path) as picture:
            if max(picture.size) <= SMALL:
                return True
            if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
                return False
            if picture.width * picture.height > _MOST_PIXELS:
                return True
            counts = picture.convert("RGBA").getchannel("A").histogram()
            return sum(counts[:128]) > _CUT_OUT * sum(counts)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
