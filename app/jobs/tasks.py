"""Long work as plain functions: inputs in, results out, no window; the editor runs them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.document import Document
from app.jobs.cores import leave_one_core
from app.jobs.exports import export_ply as export_ply
from app.jobs.exports import export_png as export_png
from app.jobs.exports import export_uv as export_uv
from app.jobs.exports import turntable as turntable
from app.jobs.input_check import check_photo as check_photo
from app.opening import cannot_open, look
from avatars.progress import Progress
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.settings import Device
    from avatars.bake import BakeOptions
    from avatars.files.avatar_file import StoredAvatar
    from avatars.head.model import HeadModel
    from avatars.motion import Motion

THUMB = 256


def open_any(path: Path, progress: Progress) -> Document:
    """The document of an avatar file or of a file of splats.

    Raises:
        UserError: it cannot be opened.
        Cancelled: the user asked to stop.
    """
    leave_one_core()
    found = look(path)
    if found.problem is not None:
        raise found.problem
    if found.kind == "avatar":
        return open_avatar(found.path, progress)
    if found.kind == "splats":
        return open_splats(found.path, progress)
    if found.kind == "rigged":
        return open_rigged(found.path, progress)
    raise cannot_open(path)


def open_avatar(path: Path, progress: Progress) -> Document:
    """The document of an avatar file.

    Raises:
        UserError: damaged, of a newer version, or its head is not there.
        Cancelled: the user asked to stop.
    """
    from app.avatar_io import load_avatar
    from app.document import document_of

    progress.report(0.0, "Reading")
    stored = load_avatar(path)
    progress.report(0.6, "Preparing the face")
    return document_of(stored)


def open_splats(path: Path, progress: Progress) -> Document:
    """The document of a .ply of splats, to be looked at.

    Raises:
        UserError: damaged, or its splats are bound to a head that is not there.
        Cancelled: the user asked to stop.
    """
    from app.render import frame_splats
    from renderer.ply import read_ply

    progress.report(0.0, "Reading splats")
    found = read_ply(path)
    if any(name.startswith("binding_") for name in found.extra):
        return open_rigged(path, progress)
    progress.report(0.9, "Framing")
    centre, distance = frame_splats(found.gaussians)
    return Document(name=path.stem, splats=found.gaussians, centre=centre, distance=distance)


def open_rigged(
    path: Path,
    progress: Progress,
    device: "Device" = "auto",
    how: "BakeOptions | None" = None,
) -> Document:
    """The document of a GaussianAvatars folder, baked onto maps, with the motion it brings.

    Its splats ride on FLAME's triangles; on maps they move just so and can be painted on.

    Raises:
        UserError: damaged, or no FLAME head is installed.
        Cancelled: the user asked to stop.
    """
    from app.bake import baked_file
    from app.document import document_of
    from avatars.bake import BakeOptions
    from avatars.files.gaussian_avatars import gaussian_motion

    leave_one_core()
    stored, _, bound = baked_file(path, how or BakeOptions(), device, 0, progress)
    assert bound is not None
    return replace(document_of(stored), motion=gaussian_motion(*bound))


def demo(progress: Progress) -> Document:
    """The document of the avatar that ships.

    Raises:
        UserError: its file is missing or broken.
        Cancelled: the user asked to stop.
    """
    from app.paths import asset

    leave_one_core()
    return open_avatar(asset("demo.avatar"), progress)


def load_motion(path: Path, head: "HeadModel | None", progress: Progress) -> "Motion":
    """The motion of a file, or of a folder of FLAME parameters.

    Args:
        path: of it.
        head: that shall show it; None is the built-in one. A motion of another kind of head is
            translated where a head on this machine allows it.
        progress: told how far it is.

    Raises:
        UserError: damaged, or no motion.
        Cancelled: the user asked to stop.
    """
    leave_one_core()
    from app.reenact import translated_here
    from avatars.files.any_motion import read_any_motion
    from avatars.reenact import takes_directly

    progress.report(0.0, f"Reading {path.name}")
    motion = read_any_motion(path)
    if motion.has_arkit or (head is not None and takes_directly(motion, head)):
        return motion
    progress.report(0.5, "Translating the face")
    return translated_here(motion)


@dataclass(frozen=True, eq=False)
class Made:
    """What a reconstruction leads to.

    Attributes:
        document: with the avatar.
        warnings: sentences about the input that a person should see.
    """

    document: Document
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """What to reconstruct, and how.

    Attributes:
        path: the photo or video.
        method: id of the method.
        options: of the method, by name; others keep their defaults.
        face: which face, from 1, left to right; None is the largest.
        landmarks: of that face, put right by hand, pixels of the file; None has them found.
        device: where to compute.
        weights: folder of weights; None is the program's own.
        head: name of the head to make it on; None is the one in use.
        seed: of everything random.
    """

    path: Path
    method: str
    options: Mapping[str, bool | int | float | str]
    face: int | None = None
    landmarks: tuple[tuple[float, float], ...] | None = None
    device: "Device" = "auto"
    weights: Path | None = None
    head: str | None = None
    seed: int = 0


def reconstruct(recipe: Recipe, progress: Progress) -> Made:
    """An avatar of a photo or video, by one of the methods, as a document.

    Raises:
        UserError: the input or a choice cannot be used.
        Cancelled: the user asked to stop.
    """
    leave_one_core()
    from app.document import document_of

    made = reconstruct_stored(
        recipe, progress, announce=lambda text: progress.report(0.0, text), thumb=THUMB
    )
    return Made(document_of(made.stored, recipe.path.stem), made.warnings)


@dataclass(frozen=True, eq=False)
class MadeAvatar:
    """A reconstruction with its provenance, ready to be written.

    Attributes:
        stored: the avatar.
        warnings: sentences about the input that a person should see.
    """

    stored: "StoredAvatar"
    warnings: tuple[str, ...]


def reconstruct_stored(
    recipe: Recipe, progress: Progress, *, announce: Callable[[str], None], thumb: int
) -> MadeAvatar:
    """An avatar of a photo or video, by one of the methods, with its provenance.

    Args:
        recipe: what to do.
        progress: told how far it is.
        announce: called with sentences about the device.
        thumb: pixels a side of its small picture.

    Raises:
        UserError: the input or a choice cannot be used.
        Cancelled: the user asked to stop.
    """
    from app.avatar_io import head_named, stored
    from app.jobs.taken import taken_as_photo
    from app.paths import paths
    from app.reconstruct import thumbnail
    from avatars.methods import find_methods, named
    from avatars.methods.base import Photo
    from avatars.options import build
    from avatars.reconstruction import Reconstruction
    from avatars.resources import Resources
    from renderer.rasterizer import choose_rasterizer

    chosen = named(recipe.method, find_methods())
    options: Any = build(chosen.Options, recipe.options)
    rasterizer = choose_rasterizer(recipe.device, announce=announce)
    if rasterizer.note:
        announce(rasterizer.note)
    places = paths()
    weights = recipe.weights or places.data / "weights"
    head = head_named(recipe.head)
    resources = Resources(rasterizer, head, weights, places.cache, recipe.seed)
    kind: Any = chosen.info.takes
    if kind is Photo:
        with taken_as_photo(recipe, progress.part(0.0, 0.25)) as photo:
            begun = 0.0 if photo.path == recipe.path else 0.25
            made = chosen.reconstruct(photo, options, resources, progress.part(begun, 0.98))
    else:
        given = kind(recipe.path, recipe.face)
        made = chosen.reconstruct(given, options, resources, progress.part(0.0, 0.98))
    assert isinstance(made, Reconstruction)
    progress.report(0.98, "Finishing")
    picture = thumbnail(made, rasterizer, thumb)
    return MadeAvatar(stored(made, asdict(options), recipe.seed, picture), made.warnings)


def save_document(
    document: Document, path: Path, progress: Progress, device: "Device" = "auto"
) -> Document:
    """Write an avatar file, with a fresh small picture in it; returns the document that it holds.

    Raises:
        UserError: it cannot be written.
        Cancelled: the user asked to stop before anything was written.
    """
    leave_one_core()
    from app.document import stored_of
    from avatars.files.avatar_file import write_avatar

    progress.report(0.0, f"Saving {path.name}")
    stored = stored_of(document)
    progress.report(0.2, "Drawing its small picture")
    stored = replace(stored, thumb=_thumb(document, device) or stored.thumb)
    progress.report(0.4, f"Writing {path.name}")
    write_avatar(path, stored)
    return document


def _thumb(document: Document, device: "Device") -> bytes | None:
    """A PNG of the avatar from the front; None where it cannot be drawn: that is no loss."""
    from app.document import looks_of
    from app.pictures import encoded
    from app.render import Orbit
    from app.shots import front_shot
    from renderer.rasterizer import choose_rasterizer

    if document.head_state is None:
        return None
    try:
        avatar = looks_of(document)
        rasterizer = choose_rasterizer(device)
        shot = front_shot(avatar, document.head_state, Orbit(), THUMB)
        splats = avatar.to(rasterizer.device).pose(shot.state.to(rasterizer.device))
        return encoded(rasterizer.draw(splats, shot.camera, None).rgba.cpu().numpy())
    except UserError:
        return None
