"""What a method of photos is given: the photo, or the best frame of a video."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from avatars.progress import Progress

if TYPE_CHECKING:
    from app.jobs.tasks import Recipe
    from avatars.methods.base import Photo


@contextmanager
def taken_as_photo(recipe: "Recipe", progress: Progress) -> "Iterator[Photo]":
    """The input as a photo: of a video its best frame, which lies in a file meanwhile.

    Raises:
        UserError: the input cannot be used.
        Cancelled: the user asked to stop.
    """
    from app.opening import what_is
    from avatars.methods.base import Photo

    if what_is(recipe.path) != "video":
        yield Photo(recipe.path, recipe.face, recipe.landmarks)
        return
    from app.pictures import write_picture
    from avatars.tracking.best_frame import best_frame

    best = best_frame(recipe.path, progress, face=recipe.face)
    with TemporaryDirectory(prefix="avatar-gui-frame-") as folder:
        picture = Path(folder) / f"{recipe.path.stem}.png"
        write_picture(picture, best.rgb)
        yield Photo(picture, best.face)
