"""One photo onto the head model: fit, project, fill, refine. No weights beyond mediapipe's own."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from avatars.methods.base import MethodInfo, Photo
from avatars.options import option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from avatars.kinds.uv_avatar import UvAvatar
    from avatars.maps import AttributeMaps
    from avatars.progress import Progress
    from avatars.reconstruction import Reconstruction
    from avatars.resources import Resources
    from avatars.texturing.seen import View
    from avatars.tracking.still import Still
    from avatars.training.photo_refinement import PhotoTarget


@dataclass(frozen=True)
class TexturedHeadOptions:
    """What can be chosen."""

    quality: Literal["quick", "fine"] = option("fine", help="quick: half the splats, fewer steps")
    steps: int = option(0, low=0, high=200, help="Refinement steps; 0 chooses by quality")
    distance: float = option(
        0.0, low=0.0, high=20.0, help="Metres from camera to face; 0 reads the file or guesses"
    )


@dataclass(frozen=True)
class _Quality:
    splats: int
    map_size: int
    steps: int
    grain: float  # area of each splat of hair, relative


QUALITIES = {"quick": _Quality(50_000, 256, 24, 2.0), "fine": _Quality(100_000, 512, 40, 1.0)}
HAIR_SHARE = 5
"""One splat of hair of its own, at most, for so many of the head."""
LANDMARKER = "face_landmarker.task"
"""MediaPipe's expression model: where the weights folder holds it, it seeds the expression."""
CROP = 512  # pixels a side of the working picture


class TexturedHead:
    """The method."""

    info = MethodInfo(id="textured-head", title="Textured head", takes=Photo, cpu="fast")
    Options = TexturedHeadOptions

    def reconstruct(
        self, source: Photo, options: TexturedHeadOptions, res: "Resources", progress: "Progress"
    ) -> "Reconstruction":
        """The avatar of the person in a photo.

        Raises:
            UnreadableFile: the picture cannot be read.
            NoFaceFound: nobody is there, or the face cannot be used.
            Cancelled: the user asked to stop.
        """
        from avatars.tracking.still import look_at_photo

        progress.report(0.0, "Looking for a face")
        task = res.weights / LANDMARKER
        found = task if task.is_file() else None
        still = look_at_photo(source.path, source.face, CROP, found, source.landmarks)
        return reconstructed(still, source.path.stem, options, res, progress.part(0.15, 1.0))


def reconstructed(
    still: "Still",
    name: str,
    options: TexturedHeadOptions,
    res: "Resources",
    progress: "Progress",
) -> "Reconstruction":
    """The avatar of a photo that was looked at.

    Raises:
        Cancelled: the user asked to stop.
    """
    import numpy as np
    import torch

    from avatars.avatar import Identity
    from avatars.files.manifest import Source
    from avatars.files.source_photo import source_jpeg
    from avatars.kinds.uv_avatar import UvAvatar, initial_maps
    from avatars.reconstruction import Reconstruction
    from avatars.sampling import sample_table
    from avatars.texturing.build import textured
    from avatars.texturing.hair_layer import hair_layer
    from avatars.texturing.hair_paint import joined
    from avatars.texturing.hair_sheets import Grain
    from avatars.texturing.hair_texture import with_hair
    from avatars.texturing.seen import View
    from avatars.texturing.wisps import wisps
    from avatars.tracking.covered import cover_ears
    from avatars.tracking.fit import fit_landmarks
    from avatars.tracking.hanging import hanging_hair
    from avatars.tracking.lips import lips_where_seen
    from avatars.tracking.outline import fit_outline
    from avatars.tracking.residual import bake_residual

    quality = QUALITIES[options.quality]
    head = res.head.to("cpu")
    progress.report(0.0, "Fitting the head")
    focal = options.distance * still.pixels_per_metre if options.distance else still.focal
    size = still.matte.shape[0]
    scores = dict(still.scores) or None
    landmarks = lips_where_seen(still.image, still.landmarks)
    fit = fit_landmarks(head, landmarks, (size, size), focal=focal, scores=scores)
    offsets = bake_residual(head, fit, landmarks).offsets
    progress.report(0.1, "Fitting hair and outline")
    hair = np.zeros_like(still.matte) if still.hair is None else still.hair
    ears = cover_ears(head, fit, offsets, hair, still.inside)
    seen = (still.matte, still.inside)
    hanging = hanging_hair(head, fit, ears.offsets, still.landmarks, hair, *seen)
    falls = None if hanging is None else hanging.apart
    outline = fit_outline(head, fit, ears.offsets, *seen, falls)
    progress.report(0.2, "Reading colours")
    vertices = head.pose(fit.state, fit.betas, outline.offsets)
    points = landmarks[:, :2]
    view = View(fit.camera, vertices, still.image, still.matte, still.inside, points)
    skin = view if hanging is None else _without(view, hanging.apart)
    looks = textured(head, fit, outline.offsets, skin, size=quality.map_size, seed=res.seed)
    layer = None
    if still.hair is not None:
        looks, paint = with_hair(head, looks, view, still.hair, ears.share, res.seed)
        if paint is not None:
            rest = head.shaped(fit.betas, outline.offsets).vertices.detach()
            grain = Grain(quality.grain, quality.splats // HAIR_SHARE)
            layer = hair_layer(head, rest, view, paint, hanging, grain)
    table = sample_table(head, quality.splats)
    maps = initial_maps(head, table, quality.map_size)
    maps = replace(maps, rgb=torch.from_numpy(looks.rgb))
    if looks.offset is not None:
        maps = replace(maps, offset=torch.from_numpy(looks.offset))
    identity = Identity(fit.betas, outline.offsets, name)
    avatar = UvAvatar(head, identity, maps.padded(), table, TexturedHead.info.id)
    progress.report(0.35, "Refining")
    steps = options.steps or quality.steps
    refined = _refined(avatar, _target(fit, skin, looks), res, steps, progress.part(0.35, 1.0))
    made = replace(avatar, maps=refined, loose=layer)
    with torch.no_grad():
        there = res.rasterizer.rasterize(
            made.to(res.device).pose(fit.state.to(res.device)), fit.camera.to(res.device)
        )
    fringe = wisps(head, view, looks.person, there.alpha.cpu().numpy())
    return Reconstruction(
        avatar=replace(made, loose=joined([part for part in (layer, fringe) if part is not None])),
        state=fit.state,
        source=Source(still.width, still.height, still.square, still.face_px),
        camera=fit.camera,
        warnings=still.warnings,
        photo=source_jpeg(still.image),
    )


def _without(view: "View", hanging: "NDArray[np.bool_]") -> "View":
    """The view as skin and scalp see it: hair that hangs before them is not theirs."""
    import numpy as np

    matte = np.where(hanging, 0, view.matte).astype(np.float32)
    return replace(view, matte=matte, inside=view.inside & ~hanging)


def _target(fit: Any, view: Any, looks: Any) -> "PhotoTarget":
    """The photo as the refinement wants it: person only, weighted where the head is."""
    import torch

    from avatars.texturing.seen import foreground_extended
    from avatars.training.photo_refinement import PhotoTarget

    def tensor(values: "NDArray[np.float32]") -> torch.Tensor:
        return torch.from_numpy(values.astype("float32"))

    return PhotoTarget(
        camera=fit.camera,
        state=fit.state,
        rgb=tensor(foreground_extended(view.image, view.matte > 0.9)),
        alpha=tensor(view.matte),
        weight=tensor(looks.weight),
        trust=tensor(looks.trust),
        facing=tensor(looks.facing),
    )


def _refined(
    avatar: "UvAvatar",
    target: "PhotoTarget",
    res: "Resources",
    steps: int,
    progress: "Progress",
) -> "AttributeMaps":
    """Refined maps, back on the CPU; computed where the rasteriser draws."""
    from avatars.training.photo_refinement import refine

    device = res.device
    there = replace(
        target,
        camera=target.camera.to(device),
        state=target.state.to(device),
        **{
            name: getattr(target, name).to(device)
            for name in ("rgb", "alpha", "weight", "trust", "facing")
        },
    )
    camera = target.camera
    moved = avatar.to(device)

    def preview(maps: "AttributeMaps") -> "NDArray[np.uint8]":
        shown = moved.pose(there.state, maps)
        frame = res.rasterizer.draw(shown, camera.scaled(0.5), (1.0, 1.0, 1.0))
        pixels: NDArray[np.uint8] = frame.rgba.cpu().numpy()
        return pixels

    return refine(moved, there, res.rasterizer, steps, progress, preview).to("cpu")


METHOD = TexturedHead()
