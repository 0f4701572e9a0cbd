"""`avatar-gui bake`: any avatar on attribute maps, so that it can be painted on."""

import argparse
from dataclasses import replace
from pathlib import Path

from app.avatar_io import installed_flame, load_avatar, stored, write_avatar
from app.notices import say
from app.paths import paths
from app.render import is_avatar
from avatars.bake import Baked, BakeOptions, bake, remapped
from avatars.errors import HeadMismatch
from avatars.files.avatar_file import StoredAvatar
from avatars.files.gaussian_avatars import read_gaussian_avatar
from avatars.head.state import HeadState
from avatars.kinds.mesh_bound import MeshBoundAvatar
from avatars.progress import Progress
from avatars.reconstruction import Reconstruction
from avatars.resources import Resources
from renderer.errors import UserError
from renderer.rasterizer import Choice, choose_rasterizer

SIZES = (64, 4096)


def run(options: argparse.Namespace) -> int:
    """Bake and write; exit code 0.

    Raises:
        UserError: the input, a flag or the output cannot be used.
    """
    from app.reconstruct import say_progress

    if options.output.suffix.lower() != ".avatar":
        raise UserError(f"{options.output.name} is no avatar file.", "End the name in .avatar.")
    if not SIZES[0] <= options.size <= SIZES[1]:
        raise UserError(f"--size {options.size} is no map size.", f"Use {SIZES[0]} to {SIZES[1]}.")
    if not 1000 <= options.splats <= 1_000_000 or not 0 <= options.steps <= 100_000:
        raise UserError("--splats or --steps is out of range.", "Use 1000 to 1000000 and 0 up.")
    how = BakeOptions(options.size, options.splats, options.steps)
    made, baked, _ = baked_file(
        options.avatar, how, options.device, options.seed, Progress(say_progress())
    )
    write_avatar(options.output, made)
    say(
        f"Wrote {options.output}: {baked.psnr_db:.1f} dB against the original, which costs an "
        f"avatar of 28 dB {baked.loss_db:.2f} dB"
    )
    return 0


def baked_file(
    path: Path, options: BakeOptions, device: Choice, seed: int, progress: Progress
) -> tuple[StoredAvatar, Baked, tuple[MeshBoundAvatar, HeadState] | None]:
    """The avatar of a file or folder on maps, ready to be written, and how well that went.

    Last, what a folder of splats on triangles held: the avatar and its motion [T].

    Raises:
        UserError: it cannot be read, or its head is not installed.
        Cancelled: the user asked to stop.
    """
    rasterizer = choose_rasterizer(device, announce=say)
    places = paths()

    def resources(head: object) -> Resources:
        return Resources(rasterizer, head, places.data / "weights", places.cache, seed)  # type: ignore[arg-type]

    if path.is_file() and is_avatar(path):
        kept = load_avatar(path)
        avatar = kept.avatar.to(rasterizer.device)
        baked = remapped(avatar, options.size, resources(avatar.head))
        return replace(kept, avatar=baked.avatar.to("cpu")), baked, None
    if not path.is_dir() and path.suffix.lower() != ".ply":
        raise HeadMismatch(
            f"{path.name} is no avatar that can be baked.",
            "Give an .avatar file, or the folder that GaussianAvatars wrote.",
        )
    bound, motion = read_gaussian_avatar(path, installed_flame())
    there = bound.to(rasterizer.device)
    baked = bake(there, options, resources(there.head), progress, motion.to(rasterizer.device))
    made = Reconstruction(baked.avatar.to("cpu"), motion.at(0))
    told = {"size": options.size, "steps": options.steps}
    return stored(made, told, seed, None), baked, (bound, motion)
