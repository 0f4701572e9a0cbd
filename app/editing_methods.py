"""How the editor makes avatars of photos and videos: which methods there are, and starting one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.editing_stickers import add_sticker
from app.jobs import tasks
from app.jobs.job import Job
from app.notices import Notice
from app.opening import Found
from app.prompt import Prompt, PromptChoice, first_enabled
from avatars.methods import find_methods, taking
from avatars.methods.base import Kind, Method, Photo, Video

if TYPE_CHECKING:
    from app.aim import Aim
    from app.editor import Editor

LOOK = PromptChoice(
    "look", "Look at the photo first", "Check the face, move its points, change options."
)
STICK = PromptChoice("sticker", "Sticker here", "It lies on the skin and moves with it.")
CANCEL = PromptChoice("cancel", "Cancel")
_BEST = "The sharpest in which the face looks ahead."
Points = tuple[tuple[float, float], ...]
INPUTS: Mapping[str, Kind] = {"photo": Photo, "video": Video}


def choices(
    kind: str, editor: "Editor", methods: Sequence[Method] | None = None
) -> tuple[PromptChoice, ...]:
    """The methods that take a kind of input, that of last time first, each with what it needs."""
    known = find_methods() if methods is None else methods
    last = editor.settings.last_method.get(kind)
    takers = sorted(taking(INPUTS[kind], known), key=lambda method: method.info.id != last)
    offered = tuple(_choice(method, editor) for method in takers)
    if kind == "video":
        # Any method that takes a photo can be given the best frame of a video.
        frames = [_choice(method, editor) for method in taking(Photo, known)]
        offered += tuple(
            replace(each, label=f"{each.label} of its best frame", detail=f"{each.detail} {_BEST}")
            for each in frames
        )
    return offered


def weights_folder(editor: "Editor") -> Path:
    """Where downloaded weights lie."""
    chosen = editor.settings.weights_folder
    return Path(chosen).expanduser() if chosen else editor.places.data / "weights"


def _choice(method: Method, editor: "Editor") -> PromptChoice:
    info = method.info
    missing = [name for name in info.weights if not _is_present(name, weights_folder(editor))]
    speed = {
        "fast": "Takes under two minutes without a GPU.",
        "slow": "Takes long without a GPU.",
        "no": "Needs a CUDA GPU.",
    }[info.cpu]
    why_not = ""
    if info.cpu == "no" and editor.settings.device == "cpu":
        why_not = "It needs a GPU, and Preferences say to use the CPU."
    elif missing:
        commands = " and ".join(f"`avatar-gui weights get {name}`" for name in missing)
        why_not = f"Its weights are not on this machine: {commands} brings them."
    return PromptChoice(info.id, info.title, speed, enabled=not why_not, why_not=why_not)


def _is_present(name: str, folder: Path) -> bool:
    from avatars.weights import weights_named

    return weights_named(name).is_present(folder)


def offer_methods(editor: "Editor", found: Found, *, ask: bool, at: "Aim | None" = None) -> None:
    """Ask which method should take a photo or video, or start the default one.

    A picture let go over an avatar may as well be a sticker for its skin.
    """
    kind, path = found.kind, found.path
    offered = choices(kind, editor)
    default = first_enabled(offered)
    if not offered:
        editor.notify(
            Notice(
                f"{path.name} is a {kind}, and no method that is installed takes one.",
                "Drop a photo of the person instead, such as a sharp frame of the clip.",
                "warning",
            )
        )
        return

    sticks = kind == "photo" and ask and editor.document.avatar is not None

    def start(method: str) -> None:
        if method == STICK.id:
            add_sticker(editor, path, at)
            return
        if method == LOOK.id:
            from app.reconstruct_state import take

            take(editor, path)
            editor.wants.add("panel:Reconstruct")
            return
        editor.reconstruct(path, method, editor.settings.last_options.get(method, {}))

    if not ask and default:
        start(default)
        return
    if sticks and found.is_cut_out:
        default = STICK.id
    text = f"How should {path.name} become an avatar?"
    if sticks:
        text = f"Lay {path.name} on the skin, or make an avatar of it?"
    looks = [LOOK] if kind == "photo" else []
    editor.ask(
        Prompt(
            kind="choose-method",
            title="Use this picture" if sticks else "Build an avatar",
            text=text,
            choices=(*([STICK] if sticks else []), *offered, *looks, CANCEL),
            act=start,
            path=path,
            default=default,
        )
    )


def start_reconstruction(
    editor: "Editor",
    path: Path,
    method: str,
    values: Mapping[str, Any],
    face: int | None,
    landmarks: Points | None = None,
) -> Job:
    """Start making an avatar; its result becomes one undo step."""
    settings = editor.settings
    kind = next(
        (
            kind
            for kind, input_kind in INPUTS.items()
            if method in {each.info.id for each in taking(input_kind, find_methods())}
        ),
        "photo",
    )
    editor.change_settings(
        last_method={**settings.last_method, kind: method},
        last_options={**settings.last_options, method: dict(values)},
    )
    recipe = tasks.Recipe(
        path=path,
        method=method,
        options=dict(values),
        face=face,
        landmarks=landmarks,
        device=settings.device,
        weights=weights_folder(editor),
    )

    def apply(made: tasks.Made) -> None:
        editor.apply_avatar(made.document, f"Reconstruct {made.document.name}")
        for warning in made.warnings:
            editor.notify(Notice(warning, severity="warning"))
        editor.notify(
            Notice(f"{made.document.name} is ready.", action_id="save", action_label="Save")
        )

    return editor.start(partial(tasks.reconstruct, recipe), f"Reconstruct {path.stem}", apply)
