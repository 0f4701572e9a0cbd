"""`avatar-gui track`: a video or photo becomes a motion file."""

import argparse
from collections.abc import Callable
from pathlib import Path

from app import opening
from app.avatar_io import head_named
from app.notices import say
from app.paths import paths
from avatars.files.flame_motion import write_flame_folder
from avatars.files.motion_file import write_motion
from avatars.head.model import HeadModel
from avatars.progress import Progress, Report
from avatars.reenact import is_flame
from avatars.tracking.clip import TrackedClip, track_photo, track_video
from avatars.tracking.video import is_video_file
from renderer.errors import UserError

LANDMARKER = "face_landmarker.task"


def run(options: argparse.Namespace) -> int:
    """Track and write; exit code 0.

    Raises:
        UserError: the input or a flag cannot be used, or nobody is seen.
    """
    output: Path = options.output
    if output.suffix.lower() != ".npz":
        raise UserError(f"{output.name} is no motion file.", "End the name in .npz.")
    check_face(options.face)
    head = head_named(options.head)
    if options.flame_folder is not None and not is_flame(head.version):
        raise UserError(
            f"--flame-folder needs a FLAME head, and the head in use is '{head.name}'.",
            "Import one with 'avatar-gui head import' and choose it with 'avatar-gui head use'.",
        )
    clip = tracked(options.input, head, options.face, Progress(say_tenths()))
    for warning in clip.warnings:
        say(f"Warning: {warning}")
    if options.flame_folder is not None:
        count = write_flame_folder(options.flame_folder, clip.motion, clip.betas)
        say(f"Wrote {options.flame_folder} ({count} frames)")
    write_motion(output, clip.motion)
    frames = "frame" if len(clip.motion) == 1 else "frames"
    say(f"Wrote {output} ({len(clip.motion)} {frames} at {clip.motion.fps:g} per second)")
    return 0


def tracked(path: Path, head: HeadModel, face: int | None, progress: Progress) -> TrackedClip:
    """The motion in a video or photo; what the window and the commands both call.

    Raises:
        UnreadableFile: neither a picture nor a video that can be read.
        NoFaceFound: nobody can be followed.
        Cancelled: the user asked to stop.
    """
    task = landmarker()
    if _is_video(path):
        return track_video(path, head, progress, face=face, task=task)
    progress.report(0.0, "Looking for a face")
    return track_photo(path, head, face=face, task=task)


def say_tenths() -> Callable[[Report], None]:
    """A listener that prints what is being done when that changes, and every tenth of the way."""
    last = ("", -1)

    def listen(report: Report) -> None:
        nonlocal last
        now = (report.note.split(",")[0], int(10 * report.fraction))
        if now != last:
            last = now
            say(f"{report.fraction:4.0%}  {now[0]}")

    return listen


def landmarker() -> Path | None:
    """MediaPipe's expression model where the weights folder holds it."""
    found = paths().data / "weights" / LANDMARKER
    return found if found.is_file() else None


def check_face(number: int | None) -> None:
    """Nothing, if ``--face`` is left out or counts from 1.

    Raises:
        UserError: it does not.
    """
    if number is not None and number < 1:
        raise UserError(f"--face {number} is no number of a face.", "Count from 1, left to right.")


def _is_video(path: Path) -> bool:
    start = opening.first_bytes(path)
    if opening.is_photo(start):
        return False
    return is_video_file(start) or path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp")
