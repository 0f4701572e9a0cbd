"""What commands do: the functions behind the table of actions."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.presets import PRESETS, preset
from app.view import ViewOrbit

if TYPE_CHECKING:
    from app.editor import Editor

Run = Callable[["Editor"], None]
Check = Callable[["Editor"], bool]


def always(editor: "Editor") -> bool:
    """Whether a command can be run that always can."""
    return True


def wants(what: str) -> Run:
    """A command that only the window can carry out."""
    return lambda editor: editor.wants.add(what)


def toggle(name: str) -> Run:
    """A command that switches an overlay of the window, kept in ``panel``."""

    def run(editor: "Editor") -> None:
        editor.panel[name] = not editor.panel.get(name, False)

    return run


def is_on(name: str) -> Check:
    """Whether such an overlay is on."""
    return lambda editor: bool(editor.panel.get(name, False))


def has_avatar(editor: "Editor") -> bool:
    """Whether an avatar is open."""
    return editor.document.avatar is not None


def has_arkit(editor: "Editor") -> bool:
    """Whether the face has ARKit weights."""
    return editor.document.arkit is not None


def has_something(editor: "Editor") -> bool:
    """Whether there is anything to look at."""
    return not editor.document.is_empty


def has_photo(editor: "Editor") -> bool:
    """Whether the avatar keeps the photo it was made from, and its camera."""
    origin = editor.document.origin
    return origin is not None and origin.photo is not None and origin.camera is not None


def has_camera(editor: "Editor") -> bool:
    """Whether the avatar keeps the camera of its photo."""
    origin = editor.document.origin
    return origin is not None and origin.camera is not None


def frame(editor: "Editor") -> None:
    """Look at the document from the same direction, all of it in the picture."""
    document = editor.document
    editor.set_orbit(editor.view.orbit.framed(document.centre, document.distance))
    editor.set_options(camera="free", wipe=None)


def reset_camera(editor: "Editor") -> None:
    """Look at the document from the front."""
    document = editor.document
    editor.set_orbit(ViewOrbit().framed(document.centre, document.distance))
    editor.set_options(camera="free", wipe=None)


def look_from(azimuth: float, elevation: float = 0.0) -> Run:
    """A command that looks from a direction, radians."""

    def run(editor: "Editor") -> None:
        turned = ViewOrbit(azimuth=azimuth, elevation=0.0).orbited(0.0, elevation)
        editor.set_orbit(
            replace(
                editor.view.orbit,
                azimuth=turned.azimuth,
                elevation=turned.elevation,
                roll=0.0,
            )
        )
        editor.set_options(camera="free", wipe=None)

    return run


def mesh(editor: "Editor") -> None:
    """Show or hide the head's triangles."""
    editor.set_options(mesh_overlay=not editor.view.options.mesh_overlay)


def wipe(editor: "Editor") -> None:
    """Compare with the photo, which is seen through its own camera; or stop comparing."""
    if editor.view.options.wipe is None:
        editor.set_options(wipe=0.5, camera="source")
    else:
        editor.set_options(wipe=None)


def source_camera(editor: "Editor") -> None:
    """Look through the photo's camera, or leave it."""
    if editor.view.options.camera == "source":
        editor.set_options(camera="free", wipe=None)
    else:
        editor.set_options(camera="source")


def randomise(editor: "Editor") -> None:
    """A face of a few weights drawn at random, mostly alike on both sides."""
    chosen = random.choice([each for each in PRESETS if each.weights])
    weights = {name: weight * random.uniform(0.4, 1.1) for name, weight in chosen.weights.items()}
    other = random.choice([each for each in PRESETS if each.group == "Visemes"])
    for name, weight in other.weights.items():
        weights[name] = min(1.0, weights.get(name, 0.0) + weight * random.uniform(0.0, 0.7))
    editor.set_face({name: min(weight, 1.0) for name, weight in weights.items()}, "Random face")


def make_face(preset_id: str) -> Run:
    """A command that makes a face; while one is driven, it is laid over that for as long."""
    each = preset(preset_id)

    def run(editor: "Editor") -> None:
        driver = editor.driver
        if driver.follower is None and driver.player is None:
            editor.set_face(each.weights, f"{each.label} face")
        elif each.weights:
            driver.show_expression(dict(each.weights))
        else:
            driver.clear_expression()

    return run


def open_last(editor: "Editor") -> None:
    """Open the file that was open last."""
    if editor.settings.recent:
        editor.open_path(Path(editor.settings.recent[0]))


def cancel_jobs(editor: "Editor") -> None:
    """Cancel all jobs that people see."""
    for job in editor.jobs:
        editor.cancel(job)


def theme(editor: "Editor") -> None:
    """Change between dark and light."""
    editor.change_settings(theme="light" if editor.settings.theme == "dark" else "dark")
