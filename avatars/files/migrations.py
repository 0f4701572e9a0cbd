"""Avatar files of earlier format versions, brought up to date one step at a time."""

from collections.abc import Callable, Mapping

from avatars.files.manifest import FORMAT_VERSION, Json
from avatars.npz import Arrays

Step = Callable[[Json, Arrays], tuple[Json, Arrays]]

STEPS: Mapping[int, Step] = {}
"""By format version: what makes its manifest and arrays those of the next version. A step returns
new objects; it may be given no arrays, when only the manifest is asked for. Version 1 is the
first, so there are none yet."""


def migrated(
    manifest: Json,
    arrays: Arrays,
    *,
    steps: Mapping[int, Step] = STEPS,
    target: int = FORMAT_VERSION,
) -> tuple[Json, Arrays]:
    """Manifest and arrays of any earlier version as those of the present one.

    Raises:
        KeyError: there is no step from the manifest's version.
    """
    while manifest["format_version"] < target:
        version = manifest["format_version"]
        manifest, arrays = steps[version](manifest, arrays)
        manifest = {**manifest, "format_version": version + 1}
    return manifest, arrays
