"""`avatar-gui evaluate`: how close an avatar's picture comes to the photo."""

import argparse
import json
import sys

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from app.avatar_io import load_avatar
from app.notices import say
from avatars.errors import HeadMismatch
from avatars.tracking.fit import OVAL
from avatars.tracking.still import Still, look_at_photo
from renderer.rasterizer import choose_rasterizer

SIZE = 512
CHIN = 152
Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


def run(options: argparse.Namespace) -> int:
    """Measure and print; exit code 0.

    Raises:
        UserError: the avatar keeps no camera, or the photo cannot be used.
    """
    stored = load_avatar(options.avatar)
    if stored.camera is None or stored.source is None:
        raise HeadMismatch(
            f"{options.avatar} was not made from a photo.", "Evaluate an avatar of `reconstruct`."
        )
    still = look_at_photo(options.photo, None, SIZE)
    rasterizer = choose_rasterizer(options.device, announce=say)
    avatar = stored.avatar.to(rasterizer.device)
    camera = stored.camera.scaled(SIZE / stored.camera.width)
    splats = avatar.pose(stored.state.to(rasterizer.device))
    drawn = rasterizer.rasterize(splats, camera.to(rasterizer.device))
    rgb = drawn.rgb.detach().cpu().numpy()
    alpha = drawn.alpha.detach().cpu().numpy()[..., None]
    scores = compare(rgb + 1 - alpha, still)
    bare = compare(rgb + 1 - alpha, still, with_clothes=False)
    crop = [round(value, 2) for value in stored.source.crop]
    result = {**scores, "crop": crop, "without_clothes_and_hands": bare}
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name in ("face", "head"):
            row = scores[name]
            sys.stdout.write(
                f"{name}: {row['psnr']:.2f} dB, SSIM {row['ssim']:.4f} (without clothes and hands "
                f"{bare[name]['psnr']:.2f} dB)\n"
            )
    return 0


def compare(
    drawn: Image, still: Still, *, with_clothes: bool = True
) -> dict[str, dict[str, float]]:
    """PSNR and SSIM inside face and head of a drawing over white against the photo over white.

    Args:
        drawn: [S, S, 3] 0..1.
        still: the photo, made from its file anew.
        with_clothes: whether clothes and hands count as part of the person.
    """
    matte = _person(still, with_clothes=with_clothes)
    photo = still.image * matte[..., None] + 1 - matte[..., None]
    drawn = np.clip(drawn, 0, 1).astype(np.float32)
    squares = ((drawn - photo) ** 2).mean(axis=2)
    similar = structural_similarity(  # type: ignore[no-untyped-call]
        photo,
        drawn,
        channel_axis=2,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )[1].mean(axis=2)
    result: dict[str, dict[str, float]] = {}
    for name, mask in regions(still, with_clothes=with_clothes).items():
        error = float(squares[mask].mean()) if mask.any() else 1.0
        result[name] = {
            "psnr": round(-10 * float(np.log10(max(error, 1e-10))), 3),
            "ssim": round(float(similar[mask].mean()) if mask.any() else 0.0, 5),
        }
    return result


def regions(still: Still, *, with_clothes: bool = True) -> dict[str, Mask]:
    """``face``: the filled FaceMesh oval; ``head``: the person above the chin line.

    Without clothes and hands both leave out what covers the head or hangs below it.
    """
    face = np.zeros(still.matte.shape, np.uint8)
    ring = np.round(still.landmarks[list(OVAL), :2]).astype(np.int32)
    cv2.fillPoly(face, [ring], (1,))
    rows = np.arange(still.matte.shape[0])[:, None]
    person = _person(still, with_clothes=with_clothes) > 0.5
    inside = face > 0 if with_clothes else (face > 0) & person
    return {"face": inside, "head": person & (rows < still.landmarks[CHIN, 1])}


def _person(still: Still, *, with_clothes: bool) -> Image:
    return still.person if with_clothes and still.person is not None else still.matte
