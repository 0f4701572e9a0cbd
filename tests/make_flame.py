"""FLAME-format files without FLAME: random or egg-shaped arrays, pickled as the releases are."""

import contextlib
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.make_head import head_arrays


class _Ch:
    """Stands where chumpy's array class would; its state holds the numbers."""

    def __init__(self, values):
        self.__dict__.update(x=values, _dirty_vars={"x"}, _itr=None, _make_dense=True)


class _Csc:
    """Stands where scipy's sparse matrix class would."""

    def __init__(self, dense):
        columns = [np.flatnonzero(column) for column in dense.T]
        self.indices = np.concatenate(columns).astype(np.int32)
        self.indptr = np.cumsum([0, *map(len, columns)]).astype(np.int32)
        self.data = dense.T[
            np.repeat(np.arange(len(columns)), list(map(len, columns))), self.indices
        ]
        self._shape = dense.shape


def flame_arrays(seed: int = 0, columns: int = 36, rows: int = 30, betas=(0.0,) * 5):
    """The keys of a FLAME pickle for an egg-shaped head 1.5 m above the ground."""
    rng = np.random.default_rng(seed)
    egg = head_arrays(columns, rows, betas)
    count = len(egg["v_template"])
    directions = np.zeros((count, 3, 400))
    directions[..., :5] = egg["shapedirs"]
    # A hundred mixtures of the bumps: other coordinates for the same motions.
    mixture = rng.normal(size=(egg["exprdirs"].shape[-1], 100)) / 5
    directions[..., 300:] = egg["exprdirs"] @ mixture
    vertices = egg["v_template"] + [0, 1.5, 0]
    parents = np.array([2**32 - 1, 0, 1, 1, 1], np.uint32)
    return {
        "v_template": vertices,
        "f": egg["faces"].astype(np.uint32),
        "shapedirs": directions,
        "posedirs": rng.normal(size=(count, 3, 36)) * 1e-4,
        "J_regressor": egg["J_regressor"],
        "J": egg["J_regressor"] @ vertices,
        "weights": egg["lbs_weights"],
        "kintree_table": np.stack([parents, np.arange(5, dtype=np.uint32)]),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


def write_flame(path: Path, arrays, protocol: int = 2, plain: bool = False) -> Path:
    """A pickle as the releases are: chumpy and scipy objects inside unless ``plain``."""
    content = dict(arrays)
    with _pretended_modules():
        if not plain:
            content["shapedirs"] = _Ch(content["shapedirs"])
            content["J_regressor"] = _Csc(content["J_regressor"])
        path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def python2_array(values: np.ndarray) -> bytes:
    """Protocol 0 text of an int64 array [N] as Python 2 wrote it, with a raw byte string inside."""
    raw = "".join(f"\\x{byte:02x}" for byte in values.astype("<i8").tobytes())
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        + f"(I1\n(I{len(values)}\nt".encode()
        + b"cnumpy\ndtype\n(S'i8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\n"
        + f"S'{raw}'\ntb".encode()
    )


def write_masks(path: Path, masks) -> Path:
    """FLAME_masks.pkl: protocol 0, written by Python 2."""
    items = b"".join(
        f"S'{name}'\n".encode() + python2_array(np.asarray(ids)) + b"s"
        for name, ids in masks.items()
    )
    path.write_bytes(b"(d" + items + b".")
    return path


def write_template(path: Path, arrays, egg) -> Path:
    """head_template_mesh.obj with texture coordinates, faces in the order of the pickle."""
    lines = [f"v {x:.8f} {y:.8f} {z:.8f}" for x, y, z in arrays["v_template"]]
    lines += [f"vt {u:.8f} {v:.8f}" for u, v in egg["uvs"]]
    corners = zip(egg["faces"] + 1, egg["uv_faces"] + 1, strict=True)
    lines += ["f " + " ".join(f"{a}/{b}" for a, b in zip(f, t, strict=True)) for f, t in corners]
    path.write_text("\n".join(lines) + "\n")
    return path


@contextlib.contextmanager
def _pretended_modules() -> Iterator[None]:
    """Let the stand-in classes be pickled under the names of the real ones."""
    homes = {"chumpy.ch": ("Ch", _Ch), "scipy.sparse.csc": ("csc_matrix", _Csc)}
    before = {name: sys.modules.get(name) for name in ("chumpy", *homes)}
    try:
        sys.modules["chumpy"] = types.ModuleType("chumpy")
        for module, (name, kind) in homes.items():
            pretended = types.ModuleType(module)
            setattr(pretended, name, kind)
            kind.__module__, kind.__name__, kind.__qualname__ = module, name, name
            sys.modules[module] = pretended
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
