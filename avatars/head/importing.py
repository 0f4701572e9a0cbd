"""Brings a head from somebody's file or folder into the one class, and completes what it lacks."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avatars.errors import UnreadableFile
from avatars.head import arkit, arkit_fit, landmarks, regions
from avatars.head.correspond import Correspondence, correspond
from avatars.head.flame_extras import with_extras
from avatars.head.flame_file import is_flame, read_flame
from avatars.head.head_file import FORMAT, read_head_file
from avatars.head.ict_file import ict_folder, read_ict
from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES, MEDIAPIPE
from avatars.npz import read_npz

_SUPPORTED = (
    "Import a FLAME .pkl or .npz, an ICT-FaceKit folder, or a head file that this program wrote."
)


@dataclass(frozen=True, eq=False)
class ImportedHead:
    """A head from a file or folder, and what was there.

    Attributes:
        head: the complete head.
        found: companions that were there, one phrase each.
        missing: what was not there and what that means, one phrase each.
        derived: what was worked out with the built-in head, with its errors.
    """

    head: HeadModel
    found: tuple[str, ...]
    missing: tuple[str, ...]
    derived: tuple[str, ...] = ()


def read_head(path: Path, name: str) -> ImportedHead:
    """Any supported head with its companions, not completed yet.

    Args:
        path: a FLAME file, a folder with one, an ICT-FaceKit folder, or our own head file.
        name: what the head will be called.

    Raises:
        UnreadableFile: nothing usable there; nothing has been written then.
    """
    if path.is_symlink() and not path.exists():
        raise UnreadableFile(
            f"{path} is a symbolic link that leads nowhere or back to itself.",
            "Name the file or folder itself instead.",
        )
    if not path.exists():
        raise UnreadableFile(f"There is no file or folder {path}.", "Check the path.")
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if path.is_dir() and ict_folder(path) is not None:
        head = read_ict(path, name)
        found = (f"{head.shape_count} identity and {head.expression_count} expression modes",)
    elif path.suffix.lower() == ".npz" and path.is_file() and is_own(path):
        head = replace(read_head_file(path), name=name)
    else:
        model = flame_in(path) if path.is_dir() else path
        if not is_flame(model):
            raise UnreadableFile(f"{path} is not a head in a known format.", _SUPPORTED)
        extras = with_extras(read_flame(model, name), model.parent)
        head, found, missing = extras.head, extras.found, extras.missing
    return ImportedHead(head, found, missing)


def is_own(path: Path) -> bool:
    """Whether a .npz is a head file of ours.

    Raises:
        UnreadableFile: it is no .npz at all.
    """
    stored = read_npz(path, only=("format",)).get("format")
    return stored is not None and str(stored) == FORMAT


def flame_in(folder: Path) -> Path:
    """The one FLAME model of a folder: the generic variant where there are several.

    Raises:
        UnreadableFile: none, or no way to choose.
    """
    others = ("mask", "embedding", "texture", "albedo", "static", "dynamic")
    models = [
        path
        for path in sorted(folder.iterdir())
        if is_flame(path) and not any(word in path.stem.lower() for word in others)
    ]
    if not models:
        raise UnreadableFile(f"{folder} holds no head in a known format.", _SUPPORTED)
    sexed = [path for path in models if "male" in path.stem.lower()]
    general = [path for path in models if path not in sexed]
    if len(general) == 1:
        return general[0]
    if not general and len(sexed) == 1:
        return sexed[0]
    names = ", ".join(path.name for path in models)
    raise UnreadableFile(
        f"{folder} holds several head models ({names}).", "Name the one file to import."
    )


def completed(imported: ImportedHead, reference: HeadModel | None) -> ImportedHead:
    """The same with regions, landmarks and ARKit names carried over from the built-in head.

    What the head brings itself stays as it is; without a reference nothing is added.
    """
    head, derived = _completed(imported.head, reference)
    return replace(imported, head=head, derived=derived)


def _completed(head: HeadModel, reference: HeadModel | None) -> tuple[HeadModel, tuple[str, ...]]:
    incomplete = (
        head.arkit is None
        or MEDIAPIPE not in head.landmarks
        or any(name not in head.regions for name in (reference.regions if reference else ()))
    )
    if reference is None or not incomplete:
        return head, ()
    fit = correspond(reference, head)
    lines = [f"built-in head fitted to it: median distance {fit.residual * 1000:.1f} mm"]
    given = set(head.regions)
    head = replace(head, regions={**regions.transferred(fit), **head.regions})
    added = len(set(head.regions) - given)
    if added:
        lines.append(f"{added} regions taken over from the built-in head")
    if MEDIAPIPE not in head.landmarks and MEDIAPIPE in reference.landmarks:
        head = replace(head, landmarks={**head.landmarks, MEDIAPIPE: landmarks.fitted(fit)})
        lines.append(f"{landmarks.COUNT} MediaPipe landmarks placed")
    if head.arkit is None and reference.arkit is not None:
        head, line = _with_arkit(head, fit)
        lines.append(line)
    return head, tuple(lines)


def _with_arkit(head: HeadModel, fit: Correspondence) -> tuple[HeadModel, str]:
    fitted = arkit_fit.fitted_table(fit)
    head = replace(head, arkit=fitted.table)
    back = arkit.round_trip(head)
    mapped = len(ARKIT_NAMES) - len(back.unmapped)
    known = fitted.residual[np.isfinite(fitted.residual)]
    left = f"{np.median(known):.0%}" if len(known) else "all"
    return head, (
        f"{mapped} of {len(ARKIT_NAMES)} ARKit names mapped; motion left out: median {left}; "
        f"round trip of a weight of 1: mean error {back.mean:.3f}, largest {back.largest:.2f}"
    )
