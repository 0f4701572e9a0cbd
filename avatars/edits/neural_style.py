"""Feed-forward style networks from a file: Johnson's fast-neural-style (.t7) and ONNX.

Nothing of the file is executed: OpenCV reads the weights. Networks were trained on one picture's
style each; see Johnson, Alahi and Fei-Fei: Perceptual losses for real-time style transfer, 2016.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from avatars.maps import nearest_valid
from renderer.disk import open_input, shown

Floats = NDArray[np.float32]

ENDINGS = (".t7", ".onnx")
MOST_BYTES = 256 << 20

_MEAN = (103.939, 116.779, 123.680)  # of blue, green and red, as Caffe's networks have it
_PAD = 32  # texels of reflected border, cut off again: convolutions see an edge as dark
_ONNX_SIDES = (None, 224, 256, 512)
_REMEDY = (
    "Use a fast-neural-style network (.t7 of Johnson's, or ONNX with one picture in and one out)."
)


def is_network(path: Path) -> bool:
    """Whether a file's name says that it is a network."""
    return path.suffix.lower() in ENDINGS


def with_network(rgb: Floats, path: Path, valid: NDArray[np.bool_]) -> Floats:
    """A map [R, R, 3], 0..1, as a style network redraws it.

    Args:
        rgb: [R, R, 3] the map.
        path: the network.
        valid: [R, R] the texels on islands; around them the network sees what they end with.

    Raises:
        UnreadableFile: missing, too large, no network, or none that makes a picture of a picture.
    """
    import torch

    with open_input(path) as handle:
        content = handle.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"{shown(path)} is larger than {MOST_BYTES >> 20} MB.", _REMEDY)
    nearest = nearest_valid(torch.from_numpy(valid)).numpy()
    filled = rgb.reshape(-1, 3)[nearest].reshape(rgb.shape)
    padded = np.pad(np.clip(filled, 0, 1), ((_PAD, _PAD), (_PAD, _PAD), (0, 0)), mode="reflect")
    torch_file = path.suffix.lower() == ".t7"
    run = _run_torch if torch_file else _run_onnx
    styled = run(path, content, padded)
    if styled.shape != padded.shape:
        grown = cv2.resize(styled, padded.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        styled = np.asarray(grown, np.float32)
    size = rgb.shape[0]
    out: Floats = np.clip(styled[_PAD : _PAD + size, _PAD : _PAD + size], 0, 1)
    return np.ascontiguousarray(out)


def _run_torch(path: Path, content: bytes, rgb: Floats) -> Floats:
    """Blue, green, red with the mean taken off, as those networks were trained."""
    net = _opened(path, lambda: cv2.dnn.readNetFromTorch(str(path), True, True))
    blob = (rgb[..., ::-1] * 255 - np.array(_MEAN, np.float32)).transpose(2, 0, 1)[None]
    found = _forward(net, np.ascontiguousarray(blob, np.float32), path)
    picture = found.transpose(1, 2, 0) + np.array(_MEAN, np.float32)
    return np.ascontiguousarray(picture[..., ::-1] / 255, np.float32)


def _run_onnx(path: Path, content: bytes, rgb: Floats) -> Floats:
    """Red, green, blue in 0..255 in; out in 0..255, or 0..1 or -1..1 where it stays within."""
    buffer = np.frombuffer(content, np.uint8)
    last: UnreadableFile | None = None
    for side in _ONNX_SIDES:
        # Some exports work at one size only, and nothing in OpenCV tells which.
        seen = rgb if side is None else cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA)
        net = _opened(path, lambda: cv2.dnn.readNetFromONNX(buffer))
        blob = np.ascontiguousarray(seen.transpose(2, 0, 1)[None] * 255, np.float32)
        try:
            found = _forward(net, blob, path)
        except UnreadableFile as error:
            last = error
            continue
        picture = found.transpose(1, 2, 0)
        if np.abs(picture).max() <= 1.5:
            picture = (picture + 1) / 2 if picture.min() < -0.05 else picture
            return np.ascontiguousarray(picture, np.float32)
        return np.ascontiguousarray(picture / 255, np.float32)
    assert last is not None
    raise last


def _opened(path: Path, read: Any) -> Any:
    try:
        net = read()
        empty = net.empty()
    except cv2.error as error:
        raise UnreadableFile(f"{shown(path)} is no network that can be read.", _REMEDY) from error
    if empty:
        raise UnreadableFile(f"{shown(path)} is no network that can be read.", _REMEDY)
    return net


def _forward(net: Any, blob: Floats, path: Path) -> Floats:
    """What the network makes of a picture [1, 3, H, W]: [3, H', W'], finite."""
    try:
        net.setInput(blob)
        found = np.asarray(net.forward(), np.float32)
    except cv2.error as error:
        raise UnreadableFile(
            f"{shown(path)} is a network that does not take a picture.", _REMEDY
        ) from error
    if found.ndim != 4 or found.shape[:2] != (1, 3) or min(found.shape[2:]) < 2:
        raise UnreadableFile(
            f"{shown(path)} is a network that does not make a picture "
            f"(it makes {list(found.shape)}).",
            _REMEDY,
        )
    if not np.isfinite(found).all():
        raise UnreadableFile(
            f"{shown(path)} makes numbers that are none.", "Download or train it again."
        )
    picture: Floats = found[0]
    return picture
