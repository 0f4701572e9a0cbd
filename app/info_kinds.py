"""What `info` says of avatars, heads, photos and videos."""

from dataclasses import asdict
from pathlib import Path

import cv2

from app.info import Description
from avatars.files.any_motion import read_any_motion
from avatars.files.avatar_file import read_manifest
from avatars.head.importing import read_head
from avatars.tracking.photo import open_photo
from renderer.disk import open_input, shown
from renderer.errors import UnreadableFile


def describe_avatar(path: Path) -> Description:
    """An avatar file, from its manifest alone.

    Raises:
        NewerFile: written by a newer program.
        UnreadableFile: damaged or no avatar file.
    """
    manifest = read_manifest(path)
    source = manifest.source
    facts: dict[str, object] = {
        "splats": manifest.splats,
        "sh_degree": 0,
        "dropped": 0,
        "method": manifest.method,
        "head": manifest.head.name,
        "map_size": manifest.map_size,
        "layers": len(manifest.layers),
        "source": None
        if source is None
        else {
            "width": source.width,
            "height": source.height,
            "crop": list(source.crop),
            "face_px": source.face_px,
        },
        "render": asdict(manifest.render),
        "provenance": {**asdict(manifest.provenance), "options": dict(manifest.provenance.options)},
    }
    made = manifest.provenance
    lines = [
        f"{shown(path)}: avatar '{manifest.name}'",
        f"  splats     {manifest.splats:,}",
        f"  maps       {manifest.map_size} x {manifest.map_size}",
        f"  method     {manifest.method}",
        f"  head       {manifest.head.name} ({manifest.head.version})",
        f"  layers     {len(manifest.layers)}",
        f"  made by    {made.program} {made.version}, seed {made.seed}, {made.created}",
    ]
    if source is not None:
        lines.append(
            f"  photo      {source.width} x {source.height}, face {source.face_px:.0f} px wide"
        )
    return Description("avatar", facts, "\n".join(lines))


def describe_head(path: Path) -> Description:
    """A head model file.

    Raises:
        UnreadableFile: damaged, hostile, or no head.
    """
    head = read_head(path, path.stem).head
    facts: dict[str, object] = {
        "vertices": head.vertex_count,
        "faces": head.face_count,
        "betas": head.shape_count,
        "expressions": head.expression_count,
        "expression_names": list(head.expression_names),
        "version": head.version,
    }
    text = (
        f"{shown(path)}: head model {head.version}\n"
        f"  vertices   {head.vertex_count:,}\n  faces      {head.face_count:,}\n"
        f"  betas      {head.shape_count}\n  expressions {head.expression_count}"
    )
    return Description("head", facts, text)


def describe_motion(path: Path) -> Description:
    """A motion file of ours or of another program.

    Raises:
        UnreadableFile: damaged, or no motion.
    """
    motion = read_any_motion(path)
    seen = int(motion.valid.sum())
    facts: dict[str, object] = {
        "frames": len(motion),
        "fps": motion.fps,
        "seconds": round(motion.seconds, 3),
        "valid": seen,
        "head": motion.head,
        "expressions": len(motion.names),
        "arkit": motion.has_arkit,
    }
    text = (
        f"{shown(path)}: motion\n  frames     {len(motion)} at {motion.fps:g} fps, "
        f"{motion.seconds:.1f} s\n  valid      {seen}\n  head       {motion.head}"
    )
    return Description("motion", facts, text)


def describe_photo(path: Path) -> Description:
    """A picture.

    Raises:
        UnreadableFile: damaged, or too large.
    """
    photo = open_photo(path)
    facts: dict[str, object] = {"width": photo.width, "height": photo.height}
    text = f"{shown(path)}: photo\n  size       {photo.width} x {photo.height}"
    return Description("photo", facts, text, photo.warnings)


def describe_video(path: Path) -> Description:
    """A clip.

    Raises:
        UnreadableFile: it cannot be decoded.
    """
    open_input(path).close()  # says what is wrong with the file itself
    capture = cv2.VideoCapture(str(path))
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    readable, _ = capture.read()
    capture.release()
    if not readable:
        raise UnreadableFile(
            f"{shown(path)} cannot be decoded as a video.",
            "Convert it to an .mp4 with H.264 and try again.",
        )
    facts: dict[str, object] = {"frames": frames, "fps": fps, "width": width, "height": height}
    text = (
        f"{shown(path)}: video\n  size       {width} x {height}\n"
        f"  frames     {frames} at {fps:g} fps"
    )
    return Description("video", facts, text)
