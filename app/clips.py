"""Video files out, H.264 through the ffmpeg that imageio-ffmpeg brings."""

import secrets
from collections.abc import Iterable
from pathlib import Path

from app.pictures import Pixels
from renderer.errors import UserError


def write_clip(path: Path, frames: Iterable[Pixels], fps: float) -> int:
    """Write [H, W, 3] uint8 frames of one even size as .mp4 and return how many there were.

    What the name held before stays until the clip is complete.

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
