"""Video files out, H.264 through the ffmpeg that imageio-ffmpeg brings."""

import os
import secrets
import subprocess
from collections.abc import Iterable
from pathlib import Path

from app.pictures import Pixels
from renderer.errors import UserError


def write_clip(
    path: Path,
    frames: Iterable[Pixels],
    fps: float,
    *,
    sound: Path | None = None,
    since: float = 0.0,
) -> int:
    """Write [H, W, 3] uint8 frames of one even size as .mp4 and return how many there were.

    What the name held before stays until the clip is complete.

    Args:
        path: the clip.
        frames: its pictures.
        fps: of them.
        sound: a file whose first sound track goes with them, or None.
        since: seconds of the sound that are left out at its beginning.

    Raises:
        UserError: the file cannot be written, or the size is odd.
    """
    import imageio_ffmpeg

    beside = path.parent / f".{path.stem[:40]}.{secrets.token_hex(6)}.mp4"
    count = 0
    writer = None
    try:
        for frame in frames:
            height, width = frame.shape[:2]
            if writer is None:
                if width % 2 or height % 2:
                    raise UserError(
                        f"A clip of {width} x {height} pixels cannot be encoded.",
                        "Choose an even --size.",
                    )
                writer = imageio_ffmpeg.write_frames(
                    str(beside), (width, height), fps=fps, macro_block_size=2, quality=8
                )
                writer.send(None)
            writer.send(frame.tobytes())
            count += 1
        if writer is not None:
            writer.close()
            writer = None
            if sound is not None:
                _add_sound(beside, sound, since, count / fps)
            beside.replace(path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}).",
            "Choose another folder or make room on the disk.",
        ) from error
    finally:
        if writer is not None:
            writer.close()
        beside.unlink(missing_ok=True)
    return count


def _add_sound(clip: Path, source: Path, since: float, seconds: float) -> None:
    """Put the first sound track of a file to a clip: as it is where .mp4 can hold it, else AAC.

    Args:
        clip: gets it.
        source: has it.
        since: seconds that are left out at its beginning.
        seconds: how long the clip is, beyond which the sound ends too.
    """
    import imageio_ffmpeg

    with_sound = clip.with_suffix(".sound.mp4")
    start = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-i", str(clip)]
    # Only files: a hostile container cannot name a place on the network.
    cut = ["-ss", f"{since:.3f}"] if since > 0 else []
    start += [*cut, "-protocol_whitelist", "file", "-i", os.path.abspath(source)]
    chosen = ["-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy", "-movflags", "+faststart"]
    try:
        for codec in ("copy", "aac"):
            end = ["-t", f"{seconds:.3f}"] if since > 0 else []
            command = [*start, *chosen, "-c:a", codec, *end, str(with_sound)]
            done = subprocess.run(command, capture_output=True, check=False).returncode == 0
            if done:
                with_sound.replace(clip)
                return
        raise UserError(
            f"The sound of {source} cannot be read.",
            "Convert the video to an .mp4 with H.264 and AAC and try again.",
        )
    finally:
        with_sound.unlink(missing_ok=True)
