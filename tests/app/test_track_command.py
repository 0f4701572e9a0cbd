"""`track`, `reenact`, `render --motion` and what `info` says of motions, as typed."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from app.clips import write_clip
from app.main import main
from avatars.avatar import Identity
from avatars.files.avatar_file import StoredAvatar, write_avatar
from avatars.files.flame_motion import flame_motion
from avatars.files.manifest import Framing, Provenance
from avatars.files.motion_file import read_motion, write_motion
from avatars.head.arkit import state_from_arkit
from avatars.head.tables import ARKIT_NAMES
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.motion import Motion
from avatars.sampling import sample_table
from avatars.tracking.video import has_sound
from tests.avatars.synthetic_photo import head
from tests.avatars.test_video_tracking import ffmpeg, scenery, written

FRAMES = 12


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def avatar_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grey built-in head."""
    table = sample_table(head(), 3000)
    maps = initial_maps(head(), table, 32)
    avatar = UvAvatar(head(), Identity(torch.zeros(2), None, "x"), maps, table, "textured-head")
    made = Provenance("avatar-gui", "0", "textured-head", {}, 0, "now")
    stored = StoredAvatar(
        avatar=avatar,
        state=head().neutral(),
        provenance=made,
        source=None,
        camera=None,
        render=Framing(),
    )
    path = tmp_path_factory.mktemp("a") / "someone.avatar"
    write_avatar(path, stored)
    return path


def speaking(fps: float = 24.0) -> Motion:
    arkit = torch.zeros(FRAMES, 52)
    arkit[:, ARKIT_NAMES.index("jawOpen")] = torch.linspace(0, 0.9, FRAMES)
    turn = torch.zeros(FRAMES, 3)
    turn[:, 1] = torch.linspace(0, 0.4, FRAMES)
    states = replace(state_from_arkit(head(), arkit), global_orient=turn)
    return Motion(
        states=states,
        arkit=arkit,
        fps=fps,
        valid=torch.ones(FRAMES, dtype=torch.bool),
        head=head().version,
        names=head().expression_names,
        fingerprint=head().fingerprint,
    )


@pytest.fixture
def motion_file(tmp_path: Path) -> Path:
    write_motion(tmp_path / "speaking.npz", speaking())
    return tmp_path / "speaking.npz"


def pictures(clip: Path) -> tuple[list[np.ndarray], float]:
    capture = cv2.VideoCapture(str(clip))
    fps = capture.get(cv2.CAP_PROP_FPS)
    found = []
    while True:
        done, frame = capture.read()
        if not done:
            break
        found.append(np.asarray(frame, int))
    capture.release()
    return found, fps


def test_a_motion_drives_an_avatar_frame_by_frame(
    avatar_file: Path, motion_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    line = ["reenact", str(avatar_file), "--driver", str(motion_file), "-o", str(out)]
    assert main([*line, "--size", "64", "--neutral-frame", "0"]) == 0
    frames, fps = pictures(out)
    assert (len(frames), fps) == (FRAMES, 24.0)
    assert frames[0].shape == (64, 64, 3)
    assert np.abs(frames[-1] - frames[0]).mean() > 2
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["out.mp4"]


def test_a_folder_takes_pictures_with_alpha(
    avatar_file: Path, motion_file: Path, tmp_path: Path
) -> None:
    line = ["reenact", str(avatar_file), "--driver", str(motion_file), "--size", "64"]
    line += ["--background", "transparent"]
    assert main([*line, "-o", str(tmp_path / "frames")]) == 0
    names = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert names == [f"{number:05d}.png" for number in range(FRAMES)]
    picture = cv2.imread(str(tmp_path / "frames" / names[3]), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (64, 64, 4)
    assert picture[0, 0, 3] == 0
    assert main([*line, "-o", str(tmp_path / "shot_%03d.png")]) == 0
    assert (tmp_path / "shot_011.png").exists()


def test_a_motion_is_played_by_render_too(
    avatar_file: Path, motion_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    line = ["render", str(avatar_file), "-o", str(out), "--size", "64"]
    assert main([*line, "--motion", str(motion_file)]) == 0
    frames, fps = pictures(out)
    assert (len(frames), fps) == (FRAMES, 24.0)
    assert main([*line, "--motion", str(motion_file), "--fps", "12"]) == 0
    assert len(pictures(out)[0]) == FRAMES // 2
    assert main([*line, "--motion", str(motion_file), "--turntable"]) == 2


def test_info_describes_a_motion(motion_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(motion_file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["frames"], told["fps"]) == ("motion", FRAMES, 24.0)
    assert told["head"] == head().version


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--jaw-strength", "-1"], "--jaw-strength"),
        (["--neutral-frame", "99"], "no frame 99"),
        (["--size", "63"], "even"),
        (["--smooth", "-1"], "--smooth"),
        (["--face", "0"], "Count from 1"),
        (["--background", "transparent"], "folder"),
        (["--side-by-side"], "no pictures"),
        (["--camera", "source"], "no picture's camera"),
        (["--relativ"], "--relative"),
    ],
)
def test_a_wrong_flag_of_reenact_is_explained_and_leaves_nothing(
    flags: list[str],
    told: str,
    avatar_file: Path,
    motion_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out.mp4"
    line = ["reenact", str(avatar_file), "--driver", str(motion_file), "-o", str(out)]
    assert main([*line, *flags]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_a_flame_motion_needs_a_flame_head_for_other_avatars(
    avatar_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flame = flame_motion({"expression": np.zeros((3, 100)), "jaw_pose": np.zeros((3, 3))})
    np.savez(tmp_path / "flame_param.npz", expr=flame.states.expression, jaw_pose=np.zeros((3, 3)))
    line = ["reenact", str(avatar_file), "--driver", str(tmp_path / "flame_param.npz")]
    assert main([*line, "-o", str(tmp_path / "out.mp4")]) == 2
    assert "head import" in capsys.readouterr().err


def test_track_explains_what_it_cannot_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = written(tmp_path / "a.mp4", scenery(0, 8))
    out = tmp_path / "m.npz"
    assert main(["track", str(clip), "-o", str(out)]) == 2
    assert "No human face" in capsys.readouterr().err
    assert main(["track", str(clip), "-o", str(tmp_path / "m.csv")]) == 2
    assert main(["track", str(tmp_path / "none.mp4"), "-o", str(out)]) == 2
    flame = ["track", str(clip), "-o", str(out), "--flame-folder", str(tmp_path / "f")]
    capsys.readouterr()
    assert main(flame) == 2
    assert "head import" in capsys.readouterr().err
    assert not out.exists()
    assert not (tmp_path / "f").exists()


def test_sound_goes_with_the_pictures(tmp_path: Path) -> None:
    source = written(tmp_path / "a.mp4", scenery(0, 10), sound=True)
    opus = ffmpeg(source, "-i", str(source), "-c:a", "libopus", to=tmp_path / "b.mkv")
    for number, sound in enumerate((source, opus)):
        out = tmp_path / f"{number}.mp4"
        frames = [np.full((32, 32, 3), 9, np.uint8)] * 10
        assert write_clip(out, iter(frames), 25.0, sound=sound) == 10
        assert has_sound(out)
        assert len(pictures(out)[0]) == 10


@pytest.mark.slow
def test_a_video_drives_with_its_sound_and_beside_itself(
    shared: Path, avatar_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = shared / "media" / "video_man_talking.mp4"
    tone = ["-f", "lavfi", "-i", "sine=duration=1"]
    short = ffmpeg(
        tmp_path / "x.mp4", "-i", str(film), *tone, "-t", "0.8", "-c:a", "aac",
        to=tmp_path / "film.mp4",
    )  # fmt: skip
    out = tmp_path / "out.mp4"
    line = ["reenact", str(avatar_file), "--driver", str(short), "-o", str(out)]
    assert main([*line, "--size", "64", "--side-by-side", "--smooth", "0.1"]) == 0
    frames, fps = pictures(out)
    assert (len(frames), fps) == (20, 25.0)
    assert frames[0].shape == (64, 128, 3)
    assert has_sound(out)
    capsys.readouterr()
    assert main(["track", str(short), "-o", str(tmp_path / "m.npz")]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "%" in captured.err
    motion = read_motion(tmp_path / "m.npz")
    assert (len(motion), motion.fps) == (20, 25.0)
    assert bool(motion.valid.all())
