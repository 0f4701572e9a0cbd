"""`avatar-gui reconstruct`: a photo or video becomes an avatar file."""

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from app.avatar_io import write_avatar
from app.jobs.tasks import Recipe, reconstruct_stored
from app.notices import say
from app.opening import what_is
from app.pictures import encoded
from app.render import Orbit
from app.shots import front_shot
from avatars.files.avatar_file import StoredAvatar
from avatars.methods import find_methods, named, taking
from avatars.methods.base import Photo, Video
from avatars.progress import Progress, Report
from avatars.reconstruction import Reconstruction
from renderer.errors import UserError
from renderer.rasterizer import Choice, Rasterizer

DEFAULT_METHOD = "textured-head"
THUMB = 256


def run(options: argparse.Namespace) -> int:
    """Reconstruct and write; exit code 0.

    Raises:
        UserError: the input, a flag or the output cannot be used.
    """
    output: Path = options.output
    if output.suffix.lower() != ".avatar":
        raise UserError(f"{output.name} is no avatar file.", "End the name in .avatar.")
    made = reconstruct(
        options.input,
        method=options.method,
        quality=options.quality,
        face=options.face,
        head=options.head,
        device=options.device,
        seed=options.seed,
        report=say_progress(),
    )
    write_avatar(output, made)
    size = output.stat().st_size / 1e6
    say(f"Wrote {output} ({len(made.avatar):,} splats, {size:.1f} MB)")
    return 0


def reconstruct(
    path: Path,
    *,
    method: str | None,
    quality: str,
    face: int | None,
    head: str | None,
    device: Choice,
    seed: int,
    report: Callable[[Report], None] | None = None,
) -> StoredAvatar:
    """The avatar of a photo or video with its provenance.

    Raises:
        UserError: the input or a choice cannot be used.
    """
    methods = find_methods()
    chosen = named(method or DEFAULT_METHOD, methods)
    is_video = path.is_file() and what_is(path) == "video"
    kinds = (Video, Photo) if is_video else (Photo,)  # a photo's method gets a video's best frame
    if chosen.info.takes not in kinds:
        usable = [m.info.id for kind in kinds for m in taking(kind, methods)]
        raise UserError(
            f"The method '{chosen.info.id}' does not take {'videos' if is_video else 'photos'}.",
            f"Use one of: {', '.join(usable)}.",
        )
    known = {item.name for item in fields(chosen.Options)}
    recipe = Recipe(
        path=path,
        method=chosen.info.id,
        options={"quality": quality} if "quality" in known else {},
        face=face,
        device=device,
        head=head,
        seed=seed,
    )
    made = reconstruct_stored(recipe, Progress(report), announce=say, thumb=THUMB)
    for warning in made.warnings:
        say(f"Warning: {warning}")
    return made.stored


def thumbnail(made: Reconstruction, rasterizer: Rasterizer, size: int = THUMB) -> bytes:
    """A small PNG of the avatar from the front, ``size`` pixels a side."""
    avatar = made.avatar.to("cpu")
    shot = front_shot(avatar, made.state, Orbit(), size)
    device = rasterizer.device
    splats = made.avatar.to(device).pose(shot.state.to(device))
    return encoded(rasterizer.draw(splats, shot.camera, None).rgba.numpy())


def say_progress() -> Callable[[Report], None]:
    """A listener that prints each new note once, with the share done."""
    last: list[str] = []

    def listen(report: Report) -> None:
        note = report.note.split(",")[0]
        if not last or last[-1] != note:
            last.append(note)
            say(f"{report.fraction:4.0%}  {note}")

    return listen
