"""Maps, loose splats and states as small arrays, and back; every array's shape is checked.

==================  ==========================================================================
array               content, and the error it makes
==================  ==========================================================================
``map_rgb``         uint16 of 0..1: 8e-6; colours outside are cut
``map_opacity``     uint16 of 0..1: 8e-6
``map_scales``      float16 millimetres: 5e-4 of the value, at least 3e-11 m
``map_quats``       int16 of -1..1: 2e-5 rad
``map_offset``      float16 millimetres: 5e-4 of the value, at least 3e-11 m
``map_valid``       one bit per texel
``loose_*``         as the maps; ``loose_face`` int32, ``loose_barycentrics`` float32
``state_*``         float32
==================  ==========================================================================

A map that is the same everywhere is stored as one texel.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.files.archive import Hostile
from avatars.head.state import HeadState
from avatars.kinds.attributes import Loose
from avatars.maps import CHANNELS, AttributeMaps
from avatars.npz import Arrays

_MOST_MM = 1e4  # ten metres; a head has nothing larger
_STATE = ("expression", "jaw_pose", "neck_pose", "leye_pose", "reye_pose")
_STATE_FIELDS = (*_STATE, "global_orient", "transl", "eyelids")


def pack_maps(maps: AttributeMaps) -> Arrays:
    """The arrays of maps."""
    packed = {
        "map_rgb": _shares(maps.rgb),
        "map_opacity": _shares(maps.opacity),
        "map_scales": _millimetres(maps.scales),
        "map_quats": _signed(maps.quats),
        "map_offset": _millimetres(maps.offset),
    }
    arrays = {name: _single(array) for name, array in packed.items()}
    arrays["map_valid"] = np.packbits(maps.valid.cpu().numpy())
    return arrays


def unpack_maps(arrays: Arrays, size: int) -> AttributeMaps:
    """Maps [R, R] of their arrays.

    Raises:
        Hostile: an array is missing or makes no map.
    """
    kinds = {"rgb": "u2", "opacity": "u2", "scales": "f2", "quats": "i2", "offset": "f2"}
    maps: dict[str, NDArray[Any]] = {}
    for name, channels in CHANNELS.items():
        tail = (channels,) if channels else ()
        array = _taken(arrays, f"map_{name}", kinds[name])
        if array.shape not in ((size, size, *tail), (1, 1, *tail)):
            raise Hostile(f"'map_{name}' has a wrong shape")
        maps[name] = _number(f"map_{name}", array)
    quats = maps["quats"]
    if not bool((np.linalg.norm(quats, axis=-1) > 0.5).all()):
        raise Hostile("'map_quats' holds values that are no rotations")
    bits = _taken(arrays, "map_valid", "u1")
    if bits.shape != ((size * size + 7) // 8,):
        raise Hostile("'map_valid' has a wrong shape")
    valid = np.unpackbits(bits, count=size * size).reshape(size, size).astype(np.bool_)
    whole = {
        name: np.broadcast_to(array, (size, size, *array.shape[2:])) for name, array in maps.items()
    }
    return AttributeMaps.from_numpy({**whole, "valid": valid})


def pack_loose(loose: Loose | None) -> Arrays:
    """The arrays of loose splats; none for None."""
    if loose is None:
        return {}
    return {
        "loose_face": loose.face.cpu().numpy().astype(np.int32),
        "loose_barycentrics": _float32(loose.barycentrics),
        "loose_offset": _millimetres(loose.offset),
        "loose_rgb": _shares(loose.rgb),
        "loose_opacity": _shares(loose.opacity),
        "loose_scales": _millimetres(loose.scales),
    }


def unpack_loose(arrays: Arrays, faces: int) -> Loose | None:
    """Loose splats on a head of F ``faces``, if the arrays hold some.

    Raises:
        Hostile: an array is missing, of another length than the rest, or names no face.
    """
    if "loose_face" not in arrays:
        return None
    face = _taken(arrays, "loose_face", "i4")
    count = face.shape[0] if face.ndim == 1 else -1
    if face.size and not (int(face.min()) >= 0 and int(face.max()) < faces):
        raise Hostile("'loose_face' names faces that do not exist")
    kinds = {"barycentrics": "f4", "offset": "f2", "rgb": "u2", "opacity": "u2", "scales": "f2"}
    fields: dict[str, Tensor] = {"face": torch.from_numpy(face.astype(np.int64))}
    for name, kind in kinds.items():
        array = _taken(arrays, f"loose_{name}", kind)
        if array.shape != ((count,) if name == "opacity" else (count, 3)):
            raise Hostile(f"'loose_{name}' has a wrong shape")
        fields[name] = torch.from_numpy(_number(f"loose_{name}", array))
    weights = fields["barycentrics"]
    if not bool((weights.abs().amax(dim=-1) <= 10).all()):
        raise Hostile("'loose_barycentrics' holds absurd values")
    return Loose(**fields)


def pack_state(state: HeadState) -> Arrays:
    """The arrays of one state."""
    return {f"state_{name}": _float32(getattr(state, name)) for name in _STATE_FIELDS}


def unpack_state(arrays: Arrays, expressions: int) -> HeadState:
    """The state of its arrays, for a head of E ``expressions``.

    Raises:
        Hostile: an array is missing or of a wrong size.
    """
    fields = {name: floats(arrays, f"state_{name}", (None,)) for name in _STATE_FIELDS}
    if fields["expression"].shape[0] > expressions:
        raise Hostile("'state_expression' is longer than the head allows")
    return HeadState(**{name: torch.from_numpy(array) for name, array in fields.items()})


def floats(
    arrays: Arrays, name: str, shape: tuple[int | None, ...], *, most: float = 1e4
) -> NDArray[np.float32]:
    """A float32 array of this shape (None: any length), all finite and none above ``most``.

    Raises:
        Hostile: it is missing, or not so.
    """
    array = _taken(arrays, name, "f4")
    fits = array.ndim == len(shape) and all(
        want in (None, have) for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise Hostile(f"'{name}' has a wrong shape")
    if array.size and not bool((np.abs(array) <= most).all()):
        raise Hostile(f"'{name}' holds absurd values")
    return array.astype(np.float32)


def _taken(arrays: Arrays, name: str, kind: str) -> NDArray[Any]:
    if name not in arrays:
        raise Hostile(f"it has no '{name}'")
    if arrays[name].dtype != np.dtype(kind):
        raise Hostile(f"'{name}' holds other numbers than expected")
    return arrays[name]


def _number(name: str, array: NDArray[Any]) -> NDArray[np.float32]:
    """Stored numbers as the program uses them: shares of 1, metres, or as they are."""
    if array.dtype == np.uint16:
        return array.astype(np.float32) / np.float32(65535)
    if array.dtype == np.int16:
        return array.astype(np.float32) / np.float32(32767)
    least = 0.0 if name.endswith("scales") else -_MOST_MM
    if not bool(((array >= least) & (array <= _MOST_MM)).all()):  # false for NaN too
        raise Hostile(f"'{name}' holds absurd values")
    scale = 1000 if array.dtype == np.float16 else 1
    number: NDArray[np.float32] = array.astype(np.float32) / np.float32(scale)
    return number


def _single(array: NDArray[Any]) -> NDArray[Any]:
    first = array[:1, :1]
    return first if bool((array == first).all()) else array


def _shares(values: Tensor) -> NDArray[np.uint16]:
    shares: NDArray[np.uint16] = np.round(np.clip(_float32(values), 0, 1) * 65535).astype(np.uint16)
    return shares


def _signed(values: Tensor) -> NDArray[np.int16]:
    units = torch.nn.functional.normalize(values, dim=-1)
    signed: NDArray[np.int16] = np.round(np.clip(_float32(units), -1, 1) * 32767).astype(np.int16)
    return signed


def _millimetres(values: Tensor) -> NDArray[np.float16]:
    return np.clip(_float32(values) * 1000, -_MOST_MM, _MOST_MM).astype(np.float16)


def _float32(values: Tensor) -> NDArray[np.float32]:
    return values.detach().cpu().numpy().astype(np.float32)
