"""From moving pictures to head states: the fit of a frame, files of every kind, live and whole."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from avatars.errors import MissingWeights, NoFaceFound, UnreadableFile
from avatars.head.tables import ARKIT_NAMES
from avatars.progress import Cancelled, Progress
from avatars.tracking.calibration import Calibration
from avatars.tracking.clip import track_photo, track_video
from avatars.tracking.fit import MESH
from avatars.tracking.frame_fit import FrameFit, FrameFitter, Lens, bounded, look_weights
from avatars.tracking.landmark_rig import LandmarkRig, Pose
from avatars.tracking.person import FITTED, Person, PersonRig
from avatars.tracking.smoothing import OneEuro, calmed, gaussian
from avatars.tracking.task_mesh import TaskMesh
from avatars.tracking.tracker import LiveTracker
from avatars.tracking.video import CutFinder, Video, has_sound, mean_rate
from tests.avatars.synthetic_photo import head

LENS = Lens(focal=1100.0, distance=0.8, x=256.0, y=250.0)


@pytest.fixture(scope="module")
def rig() -> LandmarkRig:
    return LandmarkRig(head())


def somebody(rig: LandmarkRig, seed: int = 0) -> Person:
    random = np.random.default_rng(seed)
    return Person(random.normal(size=rig.betas) * 0.5, np.zeros((MESH, 3)))


def face(**weights: float) -> np.ndarray:
    values = np.zeros(len(ARKIT_NAMES))
    for name, value in weights.items():
        values[ARKIT_NAMES.index(name)] = value
    return values


def seen(rig: LandmarkRig, person: Person, orient, transl, arkit) -> np.ndarray:
    """Landmarks [478, 2] of a person before the lens, by the rig that photos are fitted with."""
    pose = Pose(orient[None], transl[None], person.betas[None], arkit[None])
    return LENS.pixels(rig.points(pose)[0])


def resting() -> FrameFit:
    zero = np.zeros(3)
    return FrameFit(zero, zero, np.zeros(52), (0.0, 0.0), np.zeros((MESH, 2)), 0.0)


def test_a_persons_points_are_those_of_the_slower_rig(rig: LandmarkRig) -> None:
    random = np.random.default_rng(1)
    person = somebody(rig)
    orient, transl = random.normal(size=3) * 0.3, random.normal(size=3) * 0.1
    arkit = random.uniform(0, 0.8, 52)
    fast, slopes = PersonRig(rig, person).derivatives(orient, transl, arkit, FITTED)
    pose = Pose(orient[None], transl[None], person.betas[None], arkit[None])
    slow, every = rig.derivatives(pose)
    assert np.abs(fast - slow[:MESH]).max() < 1e-9
    assert np.abs(slopes[:, :, :6] - every[:MESH, :, :6]).max() < 1e-6
    assert np.abs(slopes[:, :, 6:] - every[:MESH][:, :, 6 + rig.betas + FITTED]).max() < 1e-6


@given(seed=st.integers(0, 500), tight=st.floats(0.05, 2))
def test_bounded_steps_are_the_least_squares_ones(seed: int, tight: float) -> None:
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(20, 6)), random.normal(size=20)
    low, high = -tight * random.uniform(0, 1, 6), tight * random.uniform(0.1, 1, 6)
    step = bounded(a.T @ a, a.T @ b, low, high)
    best = lsq_linear(a, b, (low, high)).x
    assert (step >= low - 1e-12).all()
    assert (step <= high + 1e-12).all()
    assert np.linalg.norm(a @ step - b) <= np.linalg.norm(a @ best - b) * 1.02 + 1e-9


@pytest.mark.parametrize(
    "weights",
    [
        {"jawOpen": 0.7},
        {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8},
        {"eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.9},
        {"browInnerUp": 0.7, "jawOpen": 0.3},
    ],
)
def test_a_known_face_is_found_from_scratch(rig: LandmarkRig, weights: dict[str, float]) -> None:
    person = somebody(rig)
    orient, transl = np.array([0.1, -0.3, 0.15]), np.array([0.02, -0.01, 0.05])
    points = seen(rig, person, orient, transl, face(**weights))
    fitter = FrameFitter(PersonRig(rig, person), LENS)
    fit = fitter.fit(points, fitter.coarse(points, resting()), steps=10, follow=False)
    assert fit.residual_mm < 0.5
    assert np.abs(fit.orient - orient).max() < 0.02
    for name, value in weights.items():
        assert fit.arkit[ARKIT_NAMES.index(name)] == pytest.approx(value, abs=0.2)


def test_the_gaze_is_told_from_the_irises(rig: LandmarkRig) -> None:
    person = somebody(rig)
    looking = look_weights(rig.joint_angles, (0.3, -0.15))
    points = seen(rig, person, np.zeros(3), np.zeros(3), looking)
    fitter = FrameFitter(PersonRig(rig, person), LENS)
    fit = fitter.fit(points, resting(), steps=6, follow=False)
    assert fit.gaze[0] == pytest.approx(0.3, abs=0.05)
    assert fit.gaze[1] == pytest.approx(-0.15, abs=0.06)
    assert fit.arkit[ARKIT_NAMES.index("eyeLookOutLeft")] > 0.3
    assert fit.arkit[ARKIT_NAMES.index("eyeBlinkLeft")] < 0.15


def test_calibration_makes_a_stranger_fit_better(rig: LandmarkRig) -> None:
    stranger = somebody(rig, 4)
    calibration = Calibration(rig, LENS, Person.average(rig))
    fitter = FrameFitter(PersonRig(rig, Person.average(rig)), LENS)
    frames = []
    for number in range(6):
        turn = np.array([0.05 * number - 0.1, 0.12 * number - 0.3, 0.0])
        arkit = face(jawOpen=0.1 * number, browInnerUp=0.3 * (number % 2))
        points = seen(rig, stranger, turn, np.zeros(3), arkit)
        fit = fitter.fit(points, fitter.coarse(points, resting()), steps=10, follow=False)
        frames.append((points, fit))
        calibration.add(points, fit)
    calibration.start()
    known = FrameFitter(PersonRig(rig, calibration.result()), LENS)
    before = np.mean([fit.residual_mm for _, fit in frames])
    after = np.mean([known.fit(p, f, steps=6, follow=False).residual_mm for p, f in frames])
    assert after < 0.6 * before


def test_the_filter_is_calm_at_rest_and_prompt_in_motion() -> None:
    random = np.random.default_rng(0)
    euro = OneEuro(0.7, 5.0, 0.3)
    noise = 0.02 * random.normal(size=(200, 1))
    still = np.array([euro.filtered(row, n / 30) for n, row in enumerate(noise)])
    assert still[60:].std() < 0.45 * noise.std()
    euro.reset()
    jump = np.array([euro.filtered(np.array([float(n >= 30)]), n / 30) for n in range(60)])
    assert jump[34] > 0.8
    again = euro.filtered(np.array([5.0]), 100.0)
    assert again == pytest.approx(5.0)  # a long pause starts anew


def test_whole_clips_are_calmed_without_lag() -> None:
    times = np.arange(300) / 30
    wave = np.where(times > 5, np.sin(4 * (times - 5)), 0.0)[:, None]
    noisy = wave + 0.02 * np.random.default_rng(0).normal(size=wave.shape)
    smooth = calmed(noisy, 30.0, np.array([0.12]), np.array([0.4]))
    assert smooth[:120].std() < 0.3 * 0.02
    assert np.abs(smooth[160:] - wave[160:]).mean() < 0.04
    assert np.array_equal(gaussian(noisy, 30.0, 0.0), noisy)


def written(path: Path, frames: list[np.ndarray], fps: float = 25.0, sound: bool = False) -> Path:
    """A clip of pictures [H, W, 3], with a tone if asked."""
    import imageio_ffmpeg

    height, width = frames[0].shape[:2]
    extra = []
    if sound:
        extra = ["-f", "lavfi", "-i", f"sine=duration={len(frames) / fps}"]
    writer = imageio_ffmpeg.write_frames(
        str(path), (width, height), fps=fps, macro_block_size=2, output_params=[]
    )
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame).tobytes())
    writer.close()
    if extra:
        ffmpeg(path, "-i", str(path), *extra, "-c:v", "copy", "-c:a", "aac", to=path)
    return path


def ffmpeg(beside: Path, *arguments: str, to: Path) -> Path:
    import subprocess

    import imageio_ffmpeg

    made = beside.with_name("made" + to.suffix)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments, str(made)]
    subprocess.run(command, check=True, capture_output=True)
    made.replace(to)
    return to


def scenery(seed: int, count: int, size: tuple[int, int] = (96, 160)) -> list[np.ndarray]:
    """Frames of a picture that slowly moves."""
    import cv2

    random = np.random.default_rng(seed)
    small = random.integers(0, 255, (6, 10, 3)).astype(np.uint8)
    large = cv2.resize(small, (size[1] + 40, size[0] + 40), interpolation=cv2.INTER_CUBIC)
    return [large[n : n + size[0], n : n + size[1]] for n in range(count)]


def test_frames_come_upright_in_order_and_in_time(tmp_path: Path) -> None:
    top = scenery(0, 10)
    for frame in top:
        frame[:30] = 255
        frame[30:] //= 3
    clip = written(tmp_path / "a.mp4", top)
    turned = ffmpeg(
        clip, "-display_rotation", "90", "-i", str(clip), "-c", "copy", to=tmp_path / "t.mp4"
    )
    with Video(clip) as video:
        assert (video.width, video.height, video.fps) == (160, 96, 25.0)
        frames = list(video.frames())
    assert len(frames) == 10
    assert [round(frame.seconds, 2) for frame in frames[:3]] == [0.0, 0.04, 0.08]
    with Video(turned) as video:
        assert (video.width, video.height) == (96, 160)
        first = next(iter(video.frames())).rgb
    # Turned by 90 degrees anticlockwise, what was above is on the left.
    assert first.shape == (160, 96, 3)
    assert first[:, :20].mean() > 200
    assert first[:, 60:].mean() < 130


def test_cuts_are_found_and_pans_flashes_and_noise_are_none() -> None:
    random = np.random.default_rng(0)
    shots = [*scenery(1, 20), *scenery(2, 20)]
    noisy = [np.clip(f + random.normal(0, 6, f.shape), 0, 255).astype(np.uint8) for f in shots]
    bright = np.clip(noisy[8].astype(int) + 60, 0, 255).astype(np.uint8)
    noisy[8] = bright
    finder = CutFinder()
    assert [n for n, frame in enumerate(noisy) if finder.is_cut(frame)] == [20]


def test_the_rate_of_uneven_frames_is_their_mean() -> None:
    even = np.arange(50) / 25
    assert mean_rate(even, 25.0) == (25.0, False)
    uneven = np.sort(np.concatenate([even, even[:10] + 0.02]))
    fps, varies = mean_rate(uneven, 25.0)
    assert varies
    assert fps == pytest.approx(60 / 2.0, rel=0.05)


def test_sound_is_noticed(tmp_path: Path) -> None:
    assert has_sound(written(tmp_path / "a.mp4", scenery(0, 5), sound=True))
    assert not has_sound(written(tmp_path / "Audio: b.mp4", scenery(0, 5)))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.mp4", b"no video at all, but long enough", "not a video"),
        ("a.m3u8", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "not a video"),
        ("a.mp4", b"\0\0\0\x18ftypmp42" + bytes(40), "cannot be decoded|cut short"),
        ("a.wav", b"RIFF\x24\0\0\0WAVEfmt ", "sound but no pictures"),
        ("a.mp4", b"", "empty"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match=told):
        Video(tmp_path / name)


def test_sound_alone_is_told_apart_from_damage(tmp_path: Path) -> None:
    sound = ffmpeg(
        tmp_path / "x.m4a", "-f", "lavfi", "-i", "sine=duration=0.3", to=tmp_path / "s.m4a"
    )
    with pytest.raises(UnreadableFile, match="sound but no pictures"):
        Video(sound)
    clip = written(tmp_path / "a.mp4", scenery(0, 10))
    clip.write_bytes(clip.read_bytes()[:900])
    with pytest.raises(UnreadableFile, match="cut short"):
        Video(clip)


@settings(max_examples=15, deadline=None)
@given(content=st.binary(min_size=20, max_size=400))
def test_random_bytes_with_the_mark_of_a_video_are_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("v") / "a.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + content)
    with pytest.raises(UnreadableFile):
        track_video(path, head(), Progress())


def test_a_video_without_a_face_is_refused(tmp_path: Path) -> None:
    clip = written(tmp_path / "a.mp4", scenery(0, 12))
    with pytest.raises(NoFaceFound, match="No human face"):
        track_video(clip, head(), Progress())


def test_live_tracking_of_an_empty_room_says_nobody() -> None:
    with LiveTracker(head()) as tracker:
        for number, frame in enumerate(scenery(0, 3)):
            found = tracker.track(frame, number / 30)
            assert not found.is_valid
            assert found.quality == 0.0
            assert not found.state.expression.any()


def test_a_file_that_is_no_landmarker_says_so(tmp_path: Path) -> None:
    (tmp_path / "face_landmarker.task").write_bytes(b"no model")
    with pytest.raises(MissingWeights):
        TaskMesh(tmp_path / "face_landmarker.task")


def film(shared: Path, name: str, first: int, end: int) -> list[np.ndarray]:
    with Video(shared / "media" / name) as video:
        frames = []
        for number, frame in enumerate(video.frames()):
            if number >= end:
                break
            if number >= first:
                frames.append(frame.rgb)
    return frames


@pytest.mark.slow
def test_a_real_video_is_tracked_in_every_frame(shared: Path) -> None:
    clip = track_video(shared / "media" / "video_woman_expressive.mp4", head(), Progress())
    motion = clip.motion
    assert (len(motion), motion.fps) == (360, 30.0)
    assert bool(motion.valid.all())
    assert clip.warnings == ()
    assert float(motion.arkit[:, ARKIT_NAMES.index("jawOpen")].max()) > 0.4
    assert float(motion.arkit[:, ARKIT_NAMES.index("eyeBlinkLeft")].max()) > 0.6
    assert float(motion.states.global_orient.abs().max()) < 0.5


@pytest.mark.slow
def test_cuts_lost_faces_and_several_people(shared: Path, tmp_path: Path) -> None:
    man = film(shared, "video_man_talking.mp4", 0, 20)
    woman = film(shared, "video_woman_expressive.mp4", 0, 14)
    nobody = [np.full_like(man[0], 90)] * 6
    clip = track_video(written(tmp_path / "a.mp4", [*man, *nobody, *woman]), head(), Progress())
    assert 26 in clip.cuts
    assert not bool(clip.motion.valid[21:26].any())
    assert torch.equal(clip.motion.arkit[23], clip.motion.arkit[19])
    assert any("shots" in warning for warning in clip.warnings)
    pair = [np.hstack([one, other]) for one, other in zip(man, woman, strict=False)]
    both = written(tmp_path / "b.mp4", pair)
    left = track_video(both, head(), Progress(), face=1)
    right = track_video(both, head(), Progress(), face=2)
    assert np.nanmax(left.landmarks[:, :, 0]) < 512 < np.nanmin(right.landmarks[:, :, 0])
    largest = track_video(both, head(), Progress())
    assert any("2 faces" in warning for warning in largest.warnings)
    with pytest.raises(NoFaceFound, match="no face 3"):
        track_video(both, head(), Progress(), face=3)
    with pytest.raises(NoFaceFound, match="half are needed"):
        track_video(written(tmp_path / "c.mp4", [*man[:6], *nobody * 2]), head(), Progress())


@pytest.mark.slow
def test_live_tracking_follows_loses_and_finds_again(shared: Path) -> None:
    frames = film(shared, "video_man_talking.mp4", 0, 40)
    empty = np.full_like(frames[0], 90)
    with LiveTracker(head()) as tracker:
        good = [tracker.track(frame, n / 25) for n, frame in enumerate(frames)]
        lost = [tracker.track(empty, (40 + n) / 25) for n in range(16)]
        back = [tracker.track(frame, (56 + n) / 25) for n, frame in enumerate(frames[:8])]
    assert all(found.is_valid and found.quality > 0.7 for found in good)
    assert not any(found.is_valid for found in lost[2:])
    assert torch.equal(lost[-1].arkit, lost[3].arkit)
    assert lost[-1].quality == 0.0
    assert back[-1].is_valid
    apart = back[-1].state.global_orient - good[7].state.global_orient
    assert float(apart.abs().max()) < 0.06


@pytest.mark.slow
def test_a_photo_is_one_row_and_tracking_can_be_cancelled(shared: Path) -> None:
    clip = track_photo(shared / "media" / "photo_woman_open_mouth.jpg", head())
    assert len(clip.motion) == 1
    assert float(clip.motion.arkit[0, ARKIT_NAMES.index("jawOpen")]) > 0.4
    progress = Progress(lambda report: progress.cancel() if report.fraction > 0.02 else None)
    with pytest.raises(Cancelled):
        track_video(shared / "media" / "video_man_talking.mp4", head(), progress)


def test_a_state_held_is_the_very_last_one() -> None:
    """Rows of frames without a face repeat the last with one, and the first before any."""
    from avatars.tracking.clip import _held

    rows = np.arange(12.0).reshape(6, 2)
    held = _held(rows, np.array([False, True, False, False, True, False]))
    assert held[:, 0].tolist() == [2.0, 2.0, 2.0, 2.0, 8.0, 8.0]
