"""Style layers: the look of a picture or of a style network over what is there."""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avatars.edits.layer import Layer
from avatars.edits.neural_style import is_network, with_network
from avatars.edits.palette import with_palette
from avatars.edits.pictures import bordered, read_rgba
from avatars.edits.quilting import quilted
from avatars.edits.tiles import TiledImage
from avatars.progress import Progress

Floats = NDArray[np.float32]
Method = Literal["palette", "texture", "network"]

_TEXTURE = 0.55  # of the texture's own drawing that shows; the rest is the face in its colours


def style_layer(
    beneath: Floats,
    valid: NDArray[np.bool_],
    path: Path,
    *,
    id: str,
    strength: float = 1.0,
    region: str | None = None,
    method: Method | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Layer:
    """A layer that shows a map in the style of a file; its opacity is the strength.

    Args:
        beneath: [R, R, 3] 0..1 what the layer lies over.
        valid: [R, R] the texels on islands.
        path: a picture, or a network (.t7, .onnx).
        id: of the layer.
        strength: 0..1.
        region: confines it.
        method: for a picture "texture" (colours and brushwork) or "palette" (colours alone); by
            default texture.
        seed: of the choice of patches.
        progress: told how far it is.

    Raises:
        UnreadableFile: the file is neither a picture nor a network.
        Cancelled: the user asked to stop.
    """
    progress = progress or Progress()
    progress.report(0.0, "Reading the style")
    if is_network(path):
        styled = with_network(beneath, path, valid)
    else:
        pixels = read_rgba(path)[0]
        share = pixels[..., 3:].astype(np.float32) / 255
        picture = pixels[..., :3].astype(np.float32) / 255 * share + (1 - share)
        styled = with_palette(beneath, picture, valid)
        if method != "palette":
            laid = quilted(beneath, picture, valid, seed=seed, progress=progress.part(0.1, 0.95))
            styled = styled * (1 - _TEXTURE) + laid * _TEXTURE
    progress.report(1.0, "Done")
    return Layer(
        id=id,
        name=path.stem,
        kind="style",
        image=picture_of(styled, valid),
        opacity=strength,
        region=region,
        note=path.name,
    )


def picture_of(rgb: Floats, valid: NDArray[np.bool_]) -> TiledImage:
    """An opaque picture of a map [R, R, 3], 0..1, its islands' borders continued outwards."""
    bytes8 = np.clip(np.round(rgb * 255), 0, 255).astype(np.uint8)
    opaque = np.dstack([bytes8, np.full(rgb.shape[:2], 255, np.uint8)])
    return TiledImage.from_pixels(bordered(opaque, valid))
