"""Motions: cut, played at another rate, smoothed, written and read."""

import io
import json
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avatars.errors import NewerFile, UnreadableFile
from avatars.files.any_motion import is_motion, read_any_motion
from avatars.files.flame_motion import flame_motion, write_flame_folder
from avatars.files.motion_file import is_motion_file, read_motion, write_motion
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.motion import Motion
from renderer.errors import UserError

ONE_FILE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)


def motion(frames: int = 12, expressions: int = 4, fps: float = 30.0, seed: int = 0) -> Motion:
    """Numbers drawn from a seed, everything within sensible bounds."""
    random = torch.Generator().manual_seed(seed)

    def uniform(width: int) -> torch.Tensor:
        return torch.rand(frames, width, generator=random) - 0.5

    widths = {"transl": 3, "eyelids": 2}
    states = HeadState(
        expression=uniform(expressions),
        **{
            item.name: uniform(widths.get(item.name, 3))
            for item in fields(HeadState)
            if item.name != "expression"
        },
    )
    return Motion(
        states=states,
        arkit=torch.rand(frames, 52, generator=random),
        fps=fps,
        valid=torch.rand(frames, generator=random) > 0.2,
        head="built-in 1",
        names=tuple(f"expr_{number:03d}" for number in range(expressions)),
        fingerprint="abc",
    )


def same(one: HeadState, other: HeadState, tolerance: float = 1e-6) -> bool:
    return all(
        torch.allclose(getattr(one, f.name), getattr(other, f.name), atol=tolerance)
        for f in fields(HeadState)
    )


def test_a_motion_comes_back_from_its_file(tmp_path: Path) -> None:
    written = motion()
    write_motion(tmp_path / "a.npz", written)
    read = read_motion(tmp_path / "a.npz")
    assert same(read.states, written.states)
    assert torch.equal(read.arkit, written.arkit)
    assert torch.equal(read.valid, written.valid)
    assert (read.fps, read.head, read.names) == (30.0, "built-in 1", written.names)
    assert read.fingerprint == "abc"
    assert is_motion_file(tmp_path / "a.npz")
    assert is_motion(tmp_path / "a.npz")


def test_the_file_holds_what_is_documented_and_no_pickle(tmp_path: Path) -> None:
    write_motion(tmp_path / "a.npz", motion())
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert {"version", "fps", "head", "names", "expression", "arkit_names", "arkit"} <= set(
            arrays
        )
        assert arrays["jaw_pose"].shape == (12, 3)
        assert arrays["eyelids"].shape == (12, 2)
        assert arrays["valid"].dtype == np.bool_
        assert tuple(arrays["arkit_names"]) == ARKIT_NAMES


def changed(path: Path, **changes: object) -> Path:
    with np.load(path) as arrays:
        content = dict(arrays)
    for name, value in changes.items():
        if value is None:
            content.pop(name)
        else:
            content[name] = np.asarray(value)
    np.savez(path, **content)
    return path


def test_arkit_columns_are_found_by_name(tmp_path: Path) -> None:
    write_motion(tmp_path / "a.npz", motion())
    order = np.random.default_rng(0).permutation(52)
    with np.load(tmp_path / "a.npz") as arrays:
        names, values = arrays["arkit_names"][order], arrays["arkit"][:, order]
    changed(tmp_path / "a.npz", arkit_names=names, arkit=values)
    assert torch.equal(read_motion(tmp_path / "a.npz").arkit, motion().arkit)


@pytest.mark.parametrize(
    "changes",
    [
        {"jaw_pose": np.zeros((3, 3), np.float32)},
        {"expression": np.zeros((12, 5), np.float32)},
        {"valid": np.ones(12)},
        {"fps": 0.0},
        {"fps": np.nan},
        {"transl": np.full((12, 3), np.inf, np.float32)},
        {"transl": np.full((12, 3), 1e9, np.float32)},
        {"arkit_names": np.array(["jawOpen"] * 52)},
        {"eyelids": None},
        {"names": np.arange(4)},
        {"version": "one"},
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict) -> None:
    write_motion(tmp_path / "a.npz", motion())
    with pytest.raises(UnreadableFile):
        read_motion(changed(tmp_path / "a.npz", **changes))


def test_a_newer_file_says_so_and_a_pickle_is_never_opened(tmp_path: Path) -> None:
    write_motion(tmp_path / "a.npz", motion())
    with pytest.raises(NewerFile):
        read_motion(changed(tmp_path / "a.npz", version=99))
    write_motion(tmp_path / "b.npz", motion())
    objects = np.empty(12, object)
    objects[:] = json
    with zipfile.ZipFile(tmp_path / "b.npz") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], object), allow_pickle=True)
    content["valid.npy"] = stream.getvalue()
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.raises(UnreadableFile, match="Python objects"):
        read_motion(tmp_path / "b.npz")


@ONE_FILE
@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_crashes(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "a.npz"
    write_motion(path, motion(3))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        read = read_any_motion(path)
    except UnreadableFile:
        return
    assert bool(torch.isfinite(read.arkit).all())


@ONE_FILE
@given(content=st.binary(max_size=300))
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(UserError):
        read_any_motion(tmp_path / "x.npz")


def test_trimming_keeps_the_frames_between() -> None:
    whole = motion()
    part = whole.trimmed(3, 7)
    assert len(part) == 4
    assert same(part.states.at(0), whole.states.at(3))
    with pytest.raises(ValueError, match="no part"):
        whole.trimmed(5, 5)


def test_resampling_keeps_the_length_in_time_and_the_frames_it_meets() -> None:
    whole = motion(frames=13, fps=30.0)
    twice = whole.resampled(60.0)
    assert twice.fps == 60.0
    assert abs(twice.seconds - whole.seconds) <= 1 / 30
    assert same(twice.states.at(6), whole.states.at(3), 1e-5)
    half = whole.states.at(3).blend(whole.states.at(4), 0.5)
    assert same(twice.states.at(7), half, 1e-5)
    assert same(whole.resampled(30.0).states, whole.states, 1e-5)


@given(seconds=st.floats(-1, 3))
def test_a_moment_lies_between_its_frames(seconds: float) -> None:
    whole = motion(frames=6, fps=3.0)
    _, weights = whole.at(seconds)
    place = min(max(seconds * 3, 0), 5)
    around = whole.arkit[[int(np.floor(place)), int(np.ceil(place))]]
    assert bool((weights >= around.amin(0) - 1e-5).all())
    assert bool((weights <= around.amax(0) + 1e-5).all())


def test_smoothing_takes_noise_and_keeps_rest_and_length() -> None:
    whole = motion(frames=60)
    smooth = whole.smoothed(0.5)
    assert len(smooth) == 60
    for name in ("expression", "global_orient", "transl"):
        before, after = getattr(whole.states, name), getattr(smooth.states, name)
        assert float(after.diff(dim=0).abs().mean()) < 0.4 * float(before.diff(dim=0).abs().mean())
    assert whole.smoothed(0.0) is whole
    still = whole.resampled(30.0).trimmed(0, 1)
    assert same(still.smoothed(1.0).states, still.states, 1e-5)


def test_smoothing_turns_near_a_half_turn_takes_the_short_way() -> None:
    whole = motion(frames=20)
    angles = torch.zeros(20, 3)
    angles[:, 1] = torch.where(torch.arange(20) % 2 == 0, 3.1, -3.1)
    states = HeadState(**{**vars(whole.states), "global_orient": angles})
    smooth = Motion(**{**vars(whole), "states": states}).smoothed(0.3)
    assert float(smooth.states.global_orient[:, 1].abs().min()) > 3.05


def test_flame_folders_come_back(tmp_path: Path) -> None:
    fields_ = {
        "expression": np.random.default_rng(0).normal(size=(3, 100)),
        "jaw_pose": np.full((3, 3), 0.1),
        "leye_pose": np.full((3, 3), 0.2),
        "reye_pose": np.full((3, 3), -0.2),
        "transl": np.arange(9.0).reshape(3, 3),
    }
    made = flame_motion(fields_, head="FLAME 2023")
    assert write_flame_folder(tmp_path, made, torch.ones(10)) == 3
    with np.load(tmp_path / "flame_param" / "00001.npz") as frame:
        assert frame["expr"].shape == (1, 100)
        assert frame["shape"].shape == (300,)
        assert frame["shape"][:10].tolist() == [1.0] * 10
        assert frame["eyes_pose"].shape == (1, 6)
        assert frame["static_offset"].shape == (1, 5143, 3)
    with np.load(tmp_path / "canonical_flame_param.npz") as frame:
        assert frame["jaw_pose"].tolist() == [[0.3, 0.0, 0.0]]
    back = read_any_motion(tmp_path)
    assert same(back.states, made.states, 1e-5)
    assert not back.has_arkit
    with pytest.raises(UserError, match="FLAME head"):
        write_flame_folder(tmp_path, motion(), torch.ones(4))
