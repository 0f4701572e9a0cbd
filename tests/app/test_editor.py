"""The editor: drags and undo, what the viewport shows, idle motion, memory."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from app.editor import Editor
from app.idle_motion import blink, idle_state
from app.notices import Notice
from tests.make_editor import document, editor, jaw, settle, splats_document


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Reports of bugs go to a folder of the test."""
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def open_editor(tmp_path) -> Editor:
    made = editor(tmp_path)
    made.open_document(document())
    return made


def test_nothing_heavy_is_imported_for_the_first_frame():
    script = """
import sys
import app.editor, app.actions, app.opening, app.autosave, app.jobs.runner, app.presets
from app.editor import Editor
editor = Editor()
editor.poll()
editor.title, editor.is_dirty, editor.seconds_until_due, editor.jobs
from app.editing_methods import choices
assert choices("photo", editor)
for action in app.actions.ACTIONS:
    action.enabled(editor)
heavy = {"torch", "numba", "mediapipe", "cv2", "scipy"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_drag_is_a_draft_and_its_release_one_step(open_editor):
    start = open_editor.document
    for step in range(1, 11):
        open_editor.set_arkit({"jawOpen": step / 20}, final=False)
        assert open_editor.document is start
        assert jaw(open_editor) == step / 20
    open_editor.set_arkit({"jawOpen": 0.5}, final=True, label="Open the jaw")
    assert open_editor.draft is None
    assert open_editor.history.labels() == ["Start", "Open the jaw"]
    assert jaw(open_editor) == 0.5
    open_editor.undo()
    assert open_editor.document is start
    open_editor.redo()
    assert jaw(open_editor) == 0.5


def test_undo_during_a_drag_ends_the_drag_alone(open_editor):
    open_editor.set_arkit({"jawOpen": 0.2}, final=True)
    committed = open_editor.document
    open_editor.set_arkit({"jawOpen": 0.9}, final=False)
    open_editor.undo()
    assert open_editor.shown is committed
    open_editor.undo()
    assert not open_editor.history.can_undo


def test_a_draft_can_be_committed_or_dropped(open_editor):
    start = open_editor.document
    other = replace(start, name="Other")
    open_editor.set_draft(other)
    assert open_editor.shown is other
    open_editor.set_draft(None)
    assert open_editor.shown is start
    open_editor.commit_draft("Nothing")
    open_editor.set_draft(other)
    open_editor.commit_draft("Rename")
    assert open_editor.document is other
    assert open_editor.history.labels() == ["Start", "Rename"]


def test_a_drag_back_to_where_it_began_is_no_step(open_editor):
    before = jaw(open_editor)
    open_editor.set_arkit({"jawOpen": 0.9}, final=False)
    open_editor.set_arkit({"jawOpen": before}, final=True)
    assert open_editor.draft is None
    assert open_editor.history.labels() == ["Start"]
    assert not open_editor.is_dirty


def test_head_state_and_shape_go_the_same_way(open_editor):
    state = open_editor.document.head_state
    turned = replace(state, neck_pose=torch.tensor([0.0, 0.3, 0.0]))
    open_editor.set_head_state(turned, "Turn the head", draft=True)
    assert open_editor.shown.head_state is turned
    assert open_editor.document.head_state is state
    open_editor.set_head_state(turned, "Turn the head")
    open_editor.set_betas(0, 1.0, final=False)
    assert open_editor.shown.avatar.identity.betas[0] == 1.0
    open_editor.set_betas(0, 1.5, final=True)
    assert open_editor.history.labels() == ["Start", "Turn the head", "Change the shape"]
    open_editor.reset_face()
    open_editor.reset_shape()
    assert not open_editor.document.avatar.identity.betas.any()
    open_editor.jump(0)
    assert open_editor.document.head_state is state


def test_typing_a_name_is_one_step(open_editor):
    for name in ("G", "Gr", "Gra", "  ", "Grace"):
        open_editor.set_name(name)
    assert open_editor.document.name == "Grace"
    assert open_editor.history.labels() == ["Start", "Rename"]


def test_the_camera_and_the_tools_are_not_undone(open_editor):
    open_editor.set_orbit(open_editor.view.orbit.orbited(0.3, 0.1))
    open_editor.set_options(mesh_overlay=True)
    open_editor.set_tool("gaze")
    open_editor.set_live(open_editor.document.head_state)
    assert open_editor.history.labels() == ["Start"]
    assert not open_editor.is_dirty
    assert open_editor.view.options.mesh_overlay
    assert open_editor.view.tool == "gaze"


def test_a_request_is_the_same_object_while_nothing_changes(open_editor):
    first = open_editor.request(640, 480, moving=False)
    assert open_editor.request(640, 480, moving=False) is first
    assert (first.width, first.height, first.camera) == (640, 480, None)
    assert first.avatar is open_editor.document.avatar
    assert not first.state.global_orient.any()
    moving = open_editor.request(640, 480, moving=True)
    assert moving is not first
    assert moving.same_picture(first)
    assert (moving.scale, first.scale) == (0.5, 1.0)
    assert open_editor.request(640, 480, moving=False) is first
    open_editor.set_arkit({"jawOpen": 0.9}, final=False)
    dragged = open_editor.request(640, 480, moving=True)
    assert not dragged.same_picture(first)
    assert dragged.id > first.id
    open_editor.undo()
    assert open_editor.request(640, 480, moving=False).same_picture(first)


def test_a_live_state_is_shown_in_place_of_the_resting_face(open_editor):
    live = open_editor.document.avatar.head.neutral()
    open_editor.set_live(live)
    assert open_editor.request(64, 64, moving=False).state is live
    open_editor.set_live(None)
    assert open_editor.request(64, 64, moving=False).state is not live


def test_the_source_camera_shows_the_photos_square_in_the_middle(open_editor):
    open_editor.set_options(camera="source")
    request = open_editor.request(800, 400, moving=False)
    assert request.state is open_editor.document.head_state
    source = open_editor.document.origin.camera
    corners = torch.tensor([[0.0, 0.0], [512.0, 512.0]])
    rays = source.rays(corners)[1]
    seen = request.camera.project(source.position + rays)
    expected = torch.tensor([[200.0, 0.0], [600.0, 400.0]])
    torch.testing.assert_close(seen, expected, atol=1e-2, rtol=0)
    assert open_editor.request(800, 400, moving=False) is request


def test_large_views_are_drawn_smaller(open_editor):
    open_editor.set_options(resolution_cap=1000)
    request = open_editor.request(4000, 2000, moving=False)
    assert (request.width, request.height) == (1000, 500)
    assert open_editor.request(500, 400, moving=False).width == 500


def test_plain_splats_and_nothing_can_be_shown(tmp_path):
    made = editor(tmp_path)
    assert made.request(10, 10, moving=False).avatar is None
    made.open_document(splats_document())
    assert made.request(10, 10, moving=False).splats is made.document.splats
    made.set_arkit({"jawOpen": 1.0}, final=True)
    made.reset_face()
    made.set_betas(0, 1.0, final=True)
    assert not made.is_dirty


def test_notices_are_kept_dismissed_and_bounded(open_editor):
    notices = [Notice(str(number)) for number in range(150)]
    for notice in notices:
        open_editor.notify(notice)
    assert len(open_editor.notices) <= 100
    assert open_editor.notices[-1] is notices[-1]
    open_editor.dismiss(notices[-1])
    assert notices[-1] not in open_editor.notices


def test_idle_motion_ends_with_the_first_input(tmp_path):
    made = editor(tmp_path)
    made.greet()
    settle(made)
    assert made.view.live_state is not None
    assert made.seconds_until_due is not None
    made.set_orbit(made.view.orbit.orbited(0.1, 0))
    assert made.view.live_state is None
    made.poll()
    assert made.view.live_state is None
    assert made.seconds_until_due is None


def test_idle_motion_begins_at_rest_and_blinks():
    made = document()
    head, state = made.avatar.head, made.head_state
    start = idle_state(head, state, 0.0)
    torch.testing.assert_close(start.neck_pose, state.neck_pose)
    torch.testing.assert_close(start.expression, state.expression)
    moved = [idle_state(head, state, step / 10).neck_pose for step in range(100)]
    assert max(float(pose.norm()) for pose in moved) < 0.15
    closed = [blink(step / 100) for step in range(2000)]
    assert max(closed) > 0.9
    assert sum(value > 0.5 for value in closed) / len(closed) < 0.1
    blinks = sum(now > 0 >= before for before, now in pairwise(closed))
    assert 4 <= blinks <= 7


def test_changed_settings_are_saved_and_used(tmp_path, open_editor):
    from app.settings import load_settings

    open_editor.change_settings(undo_mb=64, theme="light")
    assert open_editor.history.byte_budget == 64 << 20
    settle(open_editor)
    settings, _ = load_settings(open_editor.places.config)
    assert (settings.undo_mb, settings.theme) == (64, "light")
    open_editor.change_settings(theme="dark")
    open_editor.close()
    assert load_settings(open_editor.places.config)[0].theme == "dark"


def test_settings_that_cannot_be_saved_are_said_once(tmp_path):
    made = editor(tmp_path)
    made.places.config.write_text("in the way")
    made.change_settings(theme="light")
    settle(made)
    settle(made)
    assert len(made.notices) == 1
    assert made.settings.theme == "light"
    made.close()


def test_closing_ends_all_work(tmp_path):
    from app.jobs.runner import Runner

    made = editor(tmp_path, Runner())
    made.open_document(document())
    made.start(lambda progress: [progress.report(0.5) for _ in iter(int, 1)], "Endless")
    while not any(job.state == "running" for job in made.jobs):
        made.poll()
    assert made.close()
    assert all(job.is_over for job in made.jobs)
