"""Driving from the editor's side: sources that start, fail and are lost; motions; recordings."""

import time
from dataclasses import replace

import pytest
import torch

from app import editing_methods
from app.driving.choice import KINDS, SourceChoice, choice_of, plain_choice
from app.driving.options import DriveOptions
from app.driving.starting import maker
from app.settings import load_settings
from avatars.files.motion_file import read_motion, write_motion
from avatars.head.arkit import state_from_arkit
from avatars.head.arkit_names import ARKIT_NAMES
from avatars.head.state import stack
from avatars.motion import Motion
from renderer.errors import UserError
from tests.make_editor import Told, arkit_head, document, editor, settle

JAW = ARKIT_NAMES.index("jawOpen")
CAMERA = SourceChoice("camera")


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def made(tmp_path):
    opened = editor(tmp_path)
    opened.open_document(document())
    return opened


def start(made, choice=CAMERA) -> Told:
    made.driving.start(choice)
    made.poll()
    source = made.driving.source
    assert isinstance(source, Told)
    return source


def motion(frames: int = 10, fps: float = 10.0) -> Motion:
    head = arkit_head()
    arkit = torch.zeros(frames, len(ARKIT_NAMES))
    arkit[:, JAW] = torch.linspace(0, 1, frames)
    states = stack([state_from_arkit(head, row) for row in arkit])
    valid = torch.ones(frames, dtype=torch.bool)
    return Motion(states, arkit, fps, valid, head.version, head.expression_names, head.fingerprint)


def is_at(made, jaw: float) -> bool:
    expected = state_from_arkit(arkit_head(), one_weight(jaw))
    return torch.allclose(made.view.live_state.expression, expected.expression, atol=1e-4)


def one_weight(jaw: float) -> torch.Tensor:
    weights = torch.zeros(len(ARKIT_NAMES))
    weights[JAW] = jaw
    return weights


def test_a_source_moves_the_face_and_stopping_brings_the_resting_one_back(made):
    before, steps = made.document, len(made.history)
    source = start(made)
    assert made.view.live_state is None  # nothing was seen yet
    source.say(jawOpen=0.5)
    made.poll()
    assert is_at(made, 0.5)
    assert made.request(64, 64, moving=False).state is made.view.live_state
    assert made.driving.is_moving
    made.driving.stop()
    made.poll()
    assert made.view.live_state is None
    assert source.closed
    assert (made.document, len(made.history)) == (before, steps)


def test_a_source_that_cannot_be_opened_is_a_sentence_and_starts_when_it_can(made):
    def refuses(choice, task, wake):
        def make():
            raise UserError("Port 11111 is in use.", "Choose another port.")

        return make

    works, made.driving.make = made.driving.make, refuses
    made.driving.start(CAMERA)
    made.poll()
    assert not made.driving.is_live
    assert made.driving.problem.message == "Port 11111 is in use."
    assert made.notices == []  # the panel says it
    made.driving.start(CAMERA, tell=True)
    made.poll()
    assert made.notices[-1].remedy == "Choose another port."
    made.driving.make = works
    start(made).say(jawOpen=0.3)
    made.poll()
    assert made.driving.problem is None
    assert is_at(made, 0.3)


def test_a_bug_while_opening_is_no_endless_start(made):
    made.driving.make = lambda choice, task, wake: lambda: 1 // 0
    made.driving.start(CAMERA)
    made.poll()
    assert not made.driving.is_starting
    assert "did not start" in made.driving.problem.message
    assert made.notices[-1].is_bug


def test_another_source_takes_over_and_the_former_face_does_not_stay(made):
    first = start(made)
    first.say(jawOpen=0.8)
    made.poll()
    second = start(made, SourceChoice("vmc"))
    settle(made)
    assert first.closed
    assert second is not first
    assert made.view.live_state is None
    assert made.driving.choice.kind == "vmc"


def test_a_source_dropped_while_it_starts_is_closed_again(made):
    opened = []
    made.driving.make = lambda choice, task, wake: lambda: opened.append(Told()) or opened[-1]
    made.driving.start(CAMERA)
    made.driving.stop()
    made.poll()
    assert [source.closed for source in opened] == [True]
    assert made.driving.source is None


def test_closing_the_editor_closes_what_runs_and_what_was_let_go_of(made):
    first = start(made)
    second = start(made, SourceChoice("vmc"))
    made.driving.stop()
    third = Told()
    made.driving.make = lambda choice, task, wake: lambda: third
    start(made)
    made.close()
    assert first.closed
    assert second.closed
    assert third.closed


def test_a_lost_face_fades_to_rest_and_the_loop_is_told_when_to_look(made):
    source = start(made)
    made.driving.set_options(hold=0.0, fade=0.05)
    source.say(jawOpen=0.5)
    made.poll()
    assert made.seconds_until_due <= 0.5
    time.sleep(0.1)
    made.poll()
    rest = made.document.head_state.expression
    assert torch.allclose(made.view.live_state.expression, rest, atol=1e-5)
    assert made.driving.is_live


def test_options_are_kept_by_source_and_avatar(tmp_path, made):
    start(made)
    made.driving.set_options(jaw=0.5, smoothing=0.1)
    made.driving.set_options(mouth=0.7, final=False)
    assert made.driver.options == DriveOptions(jaw=0.5, mouth=0.7, smoothing=0.1)
    start(made, SourceChoice("vmc"))
    made.poll()
    assert made.driver.options == DriveOptions()
    start(made)
    made.poll()
    assert made.driver.options == DriveOptions(jaw=0.5, smoothing=0.1)
    made.open_document(document("Grace"))
    made.driving.set_options(jaw=2.0)
    made.poll()
    made.close()
    again = editor(tmp_path)
    again.change_settings(last_options=load_settings(again.places.config)[0].last_options)
    again.open_document(document("Ada"))
    start(again)
    again.poll()
    assert again.driver.options == DriveOptions(jaw=0.5, smoothing=0.1)
    assert again.driving.choice == CAMERA


def test_choices_survive_settings_and_nonsense_does_not():
    for kind in KINDS:
        choice = SourceChoice(kind, camera=2, size=3, video="a b.mp4", host="::", port=4000)
        assert choice_of(kind, plain_choice(choice)) == choice
    assert choice_of("camera", {}).mirror
    odd = choice_of("vmc", {"port": 99999, "host": 3, "size": -4, "camera": "x", "more": 1})
    assert odd == SourceChoice("vmc", port=65535, size=0)
    assert "port" in replace(odd, port=80).problem()


@pytest.mark.parametrize("kind", ["live-link", "ifacialmocap", "vmc"])
def test_network_sources_open_where_they_were_chosen(kind):
    source = maker(SourceChoice(kind, port=0, host="127.0.0.1"), None, lambda: None)
    taken = None
    try:
        taken = source()
        assert taken.status().state == "waiting"
    except UserError as problem:
        pytest.skip(problem.message)  # the usual port is taken on this machine
    finally:
        if taken is not None:
            taken.close()


def test_a_driven_face_is_recorded_and_played_as_it_was(made):
    source = start(made)
    made.do("record")
    assert made.driving.reel.is_recording
    for weight in (0.0, 0.2, 0.4, 0.6, 0.6, 0.6):
        source.say(jawOpen=weight)
        made.poll()
        time.sleep(0.04)
    made.do("record")
    made.poll()
    recorded = made.document.motion
    assert made.history.undo_label == "Record motion"
    assert made.driving.is_live  # the source goes on
    assert "panel:Timeline" in made.wants
    assert float(recorded.arkit[:, JAW].max()) == pytest.approx(0.6, abs=0.01)
    made.driving.reel.step(len(recorded))
    made.poll()
    assert not made.driver.options.relative
    assert not made.driving.is_live
    assert is_at(made, float(recorded.arkit[-1, JAW]))
    made.undo()
    made.poll()
    assert made.driving.reel.motion is None
    assert made.view.live_state is None


def test_an_expression_of_a_hotkey_lies_over_the_live_face_and_is_no_step(made):
    source, before = start(made), made.document
    source.say(jawOpen=0.2)
    made.poll()
    alone = made.view.live_state
    made.do("face-smile")
    time.sleep(0.2)
    made.poll()
    assert not torch.allclose(made.view.live_state.expression, alone.expression)
    made.do("face-neutral")
    time.sleep(0.2)
    made.poll()
    assert torch.allclose(made.view.live_state.expression, alone.expression, atol=1e-5)
    assert made.document is before
    made.driving.stop()
    made.do("face-smile")
    assert made.history.undo_label == "Smile face"


def test_keys_start_and_stop_the_source(made):
    made.do("drive-camera")
    made.poll()
    assert made.driving.is_live
    made.do("drive-source")
    assert not made.driving.is_live
    made.do("drive-source")
    made.poll()
    assert made.driving.choice.kind == "camera"
    made.do("capture-neutral")
    assert made.driver.follower.capture_left is not None
    made.do("mirror")
    made.poll()
    assert not made.driving.choice.mirror
    assert made.driving.is_live


def test_the_camera_goes_with_the_head_and_comes_back(made):
    made.driving.kept.camera_follows = True
    target = made.view.orbit.target
    source = start(made)
    made.driving.set_options(follow_place=True)
    source.say()
    source.sample = replace(
        source.sample, signal=replace(source.sample.signal, place=source.sample.signal.head + 0.1)
    )
    made.poll()
    assert made.view.orbit.target[0] == pytest.approx(target[0] + 0.1)
    made.driving.stop()
    made.poll()
    assert made.view.orbit.target == pytest.approx(target)


# Motions and videos that are opened.


@pytest.fixture
def wave(tmp_path):
    write_motion(tmp_path / "wave.npz", motion())
    return tmp_path / "wave.npz"


def test_a_dropped_motion_plays_and_is_one_step(made, wave):
    before = made.document
    made.drop([wave])
    settle(made)
    made.poll()
    assert made.driving.reel.is_playing
    assert made.view.live_state is not None
    assert made.history.undo_label == "Load motion wave"
    made.undo()
    made.poll()
    assert made.document is before
    assert made.view.live_state is None
    made.redo()
    made.poll()
    assert made.driving.reel.motion is made.document.motion


def test_a_motion_plays_on_the_demo_where_nothing_is_open(tmp_path, wave):
    made = editor(tmp_path)
    made.open_path(wave, ask=False)
    settle(made)
    settle(made)
    assert made.document.avatar is made.demo.avatar
    assert made.driving.reel.is_playing
    assert not made.has_work


def test_a_motion_stays_for_the_next_avatar(made, wave):
    made.drop([wave])
    settle(made)
    made.poll()
    made.driving.reel.step(3)
    made.poll()
    made.open_document(document("Grace"))
    made.poll()
    assert made.document.motion is None
    assert made.driving.reel.is_shown
    assert made.view.live_state is not None


def test_the_range_is_kept_and_written(tmp_path, made, wave):
    made.drop([wave])
    settle(made)
    made.poll()
    made.driving.reel.player.range = (2, 6)
    made.do("trim-motion")
    made.poll()
    assert len(made.document.motion) == 5
    made.driving.reel.save(tmp_path / "part.npz")
    settle(made)
    assert read_motion(tmp_path / "part.npz").arkit[0, JAW] == pytest.approx(2 / 9)
    made.undo()
    made.poll()
    assert len(made.driving.reel.motion) == 10


def test_the_driven_avatar_is_drawn_as_clip_and_as_pictures(tmp_path, made, wave):
    import cv2

    made.drop([wave])
    settle(made)
    made.poll()
    made.driving.reel.player.range = (0, 2)
    made.driving.reel.export(tmp_path / "clip.mp4", size=64)
    made.driving.reel.export(tmp_path / "p_%04d.png", size=64)
    settle(made)
    assert [job.state for job in made.jobs if job.title.startswith("Export")] == ["done"] * 2
    assert sorted(path.name for path in tmp_path.glob("p_*")) == [f"p_000{n}.png" for n in range(3)]
    alpha = cv2.imread(str(tmp_path / "p_0000.png"), cv2.IMREAD_UNCHANGED)[..., 3]
    assert alpha.min() == 0
    assert alpha.max() > 200
    clip = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    assert int(clip.get(cv2.CAP_PROP_FRAME_COUNT)) == 3
    clip.release()


def test_an_export_that_is_cancelled_leaves_nothing(tmp_path, wave):
    from app.jobs.runner import InlineRunner

    made = editor(tmp_path, InlineRunner())
    made.open_document(document())
    made.drop([wave])
    settle(made)
    made.poll()
    made.runner.cancel_at = 3
    made.driving.reel.export(tmp_path / "clip.mp4", size=64)
    settle(made)
    assert [job.state for job in made.jobs if job.title.startswith("Export")] == ["cancelled"]
    assert not (tmp_path / "clip.mp4").exists()


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(20))
    return path


def test_a_dropped_video_is_asked_about(made, film):
    made.drop([film])
    settle(made)
    ids = [choice.id for choice in made.prompt.choices]
    assert ids[:2] == ["drive", "track"]
    assert "textured-head" in ids
    assert made.prompt.default == "drive"
    made.answer("drive")
    made.poll()
    assert made.driving.is_live
    assert made.driving.choice.video == str(film)
    assert "panel:Drive" in made.wants


def test_without_an_avatar_the_methods_come_first_and_without_any_one_drives(
    tmp_path, film, monkeypatch
):
    made = editor(tmp_path)
    made.drop([film])
    settle(made)
    assert made.prompt.default == "textured-head"
    made.answer(None)
    monkeypatch.setattr(editing_methods, "find_methods", lambda: ())
    made.drop([film])
    settle(made)
    assert [choice.id for choice in made.prompt.choices] == ["drive", "track", "cancel"]


def test_a_video_that_cannot_be_tracked_is_told_and_changes_nothing(made, film):
    before = made.document
    made.drop([film])
    settle(made)
    made.answer("track")
    settle(made)
    assert made.jobs[-1].state == "failed"
    assert "clip.mp4" in made.notices[-1].message
    assert made.document is before


@pytest.mark.slow
def test_a_video_becomes_a_motion_with_its_film(tmp_path, shared):
    made = editor(tmp_path)
    made.greet()
    settle(made)
    video = shared / "media" / "video_man_talking.mp4"
    made.drop([video])
    settle(made)
    made.answer("track")
    settle(made)
    made.poll()
    reel = made.driving.reel
    assert len(reel.motion) > 50
    assert reel.story.video == video
    reel.player.range = (10, 14)
    reel.trim()
    made.poll()
    assert reel.story.since == 10
    made.driving.reel.export(tmp_path / "beside.mp4", size=64, beside=True)
    settle(made)
    from avatars.tracking.video import Video, has_sound

    with Video(tmp_path / "beside.mp4") as clip:
        assert clip.width > clip.height == 64
        assert len(list(clip.frames())) == 5
    assert has_sound(tmp_path / "beside.mp4") == has_sound(video)
