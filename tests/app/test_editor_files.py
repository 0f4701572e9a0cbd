"""Opening, saving, leaving and exporting; what cannot be opened is said."""

from dataclasses import replace

import pytest
import torch

from app.editor import Editor
from avatars.files.avatar_file import read_manifest
from tests.make_editor import document, editor, jaw, settle


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Reports of bugs go to a folder of the test."""
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def open_editor(tmp_path) -> Editor:
    made = editor(tmp_path)
    made.open_document(document())
    return made


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "grace.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    return path


def test_the_title_tells_what_is_open_and_whether_it_is_saved(tmp_path, open_editor):
    assert editor(tmp_path / "other").title == "avatar-gui"
    assert open_editor.title == "Ada - avatar-gui"
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    assert open_editor.title == "● Ada - avatar-gui"
    open_editor.save(tmp_path / "face.avatar")
    settle(open_editor)
    assert open_editor.title == "face.avatar - avatar-gui"
    assert open_editor.settings.recent == (str(tmp_path / "face.avatar"),)


def test_saving_keeps_the_dot_if_something_changed_meanwhile(tmp_path, open_editor):
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    snapshot = open_editor.document
    open_editor.save(tmp_path / "a.avatar")
    open_editor.set_arkit({"jawOpen": 0.7}, final=True)
    settle(open_editor)
    assert open_editor.saved is snapshot
    assert open_editor.is_dirty
    open_editor.undo()
    assert not open_editor.is_dirty
    assert open_editor.path == tmp_path / "a.avatar"


def test_what_was_saved_opens_again(tmp_path, open_editor):
    open_editor.set_arkit({"jawOpen": 0.625}, final=True)
    open_editor.save(tmp_path / "Ada Lovelace")
    settle(open_editor)
    path = tmp_path / "Ada Lovelace.avatar"
    assert read_manifest(path).name == "Ada"
    other = editor(tmp_path / "other")
    other.open_path(path)
    settle(other)
    assert jaw(other) == pytest.approx(0.625)
    assert other.path == path
    assert not other.is_dirty
    assert other.history.labels() == ["Open"]


def test_without_a_name_the_window_is_asked_for_one(tmp_path, open_editor):
    open_editor.save()
    assert open_editor.wants == {"save-dialog"}
    assert not open_editor.runner.is_busy
    empty = editor(tmp_path)
    empty.save()
    assert empty.wants == set()
    assert "no avatar" in empty.notices[-1].message


def test_a_save_that_fails_changes_nothing(tmp_path, open_editor):
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    before = open_editor.document
    open_editor.save(tmp_path / "missing" / "a.avatar")
    settle(open_editor)
    assert open_editor.document is before
    assert open_editor.is_dirty
    assert open_editor.path is None
    assert "does not exist" in open_editor.notices[-1].message


def test_opening_over_unsaved_work_asks_first(tmp_path, open_editor):
    open_editor.save(tmp_path / "b.avatar")
    settle(open_editor)
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    work = open_editor.document
    open_editor.open_path(tmp_path / "b.avatar")
    settle(open_editor)
    prompt = open_editor.prompt
    assert prompt is not None
    assert (prompt.kind, prompt.default) == ("unsaved", "save")
    assert [choice.id for choice in prompt.choices] == ["save", "discard", "cancel"]
    open_editor.answer("cancel")
    assert open_editor.document is work
    assert open_editor.prompt is None
    open_editor.open_path(tmp_path / "b.avatar")
    settle(open_editor)
    open_editor.answer("discard")
    settle(open_editor)
    assert open_editor.document is not work
    assert not open_editor.is_dirty


def test_saving_from_that_question_goes_on_afterwards(tmp_path, open_editor):
    other = editor(tmp_path / "other")
    other.open_document(document("Grace"))
    other.save(tmp_path / "grace.avatar")
    settle(other)
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    open_editor.open_path(tmp_path / "grace.avatar")
    settle(open_editor)
    open_editor.answer("save")
    assert open_editor.wants == {"save-dialog"}
    open_editor.save(tmp_path / "ada.avatar")
    settle(open_editor)
    assert open_editor.document.name == "Grace"
    assert read_manifest(tmp_path / "ada.avatar").name == "Ada"


def test_a_save_dialog_that_is_cancelled_does_not_go_on_later(tmp_path, open_editor):
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    open_editor.request_quit()
    open_editor.answer("save")
    open_editor.save_cancelled()
    open_editor.save(tmp_path / "a.avatar")
    settle(open_editor)
    assert "quit" not in open_editor.wants


def test_leaving_asks_about_unsaved_work_only(tmp_path, open_editor):
    open_editor.request_quit()
    assert "quit" in open_editor.wants
    open_editor.wants.clear()
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    open_editor.request_quit()
    assert open_editor.wants == set()
    open_editor.answer(None)
    assert open_editor.wants == set()
    open_editor.request_quit()
    open_editor.answer("discard")
    assert "quit" in open_editor.wants


def test_a_save_under_way_is_finished_before_leaving(tmp_path, open_editor):
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    open_editor.save(tmp_path / "a.avatar")
    open_editor.request_quit()
    assert open_editor.wants == set()
    assert open_editor.prompt is None
    settle(open_editor)
    assert "quit" in open_editor.wants
    assert (tmp_path / "a.avatar").is_file()


def test_a_face_tried_on_the_demo_is_nothing_to_ask_about(tmp_path):
    made = editor(tmp_path)
    made.greet()
    settle(made)
    assert made.document is made.demo
    assert made.idle.is_running
    made.set_arkit({"jawOpen": 0.5}, final=True)
    assert not made.idle.is_running
    made.request_quit()
    assert "quit" in made.wants
    made.set_betas(0, 1.0, final=True)
    made.wants.clear()
    made.request_quit()
    assert made.prompt is not None


def test_the_demo_greets_only_if_nothing_else_was_opened(tmp_path):
    made = editor(tmp_path)
    made.greet()
    made.open_document(document())
    settle(made)
    assert made.document.name == "Ada"
    assert made.demo is None


def test_of_several_files_the_first_face_wins_and_the_rest_is_said(tmp_path, open_editor, photo):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "second.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30))
    open_editor.drop([tmp_path / "notes.txt", photo, tmp_path / "second.png"])
    settle(open_editor)
    said = [notice.message for notice in open_editor.notices]
    assert any("notes.txt is no kind of file" in message for message in said)
    assert "grace.jpg is used; the other file was left out." in said
    assert open_editor.prompt is not None
    assert open_editor.prompt.path == photo


def test_what_cannot_be_opened_is_said_and_the_document_is_untouched(tmp_path, open_editor):
    before = open_editor.document
    for name, content in (("a.txt", b"hello"), ("b.avatar", b"PK\x03\x04broken"), ("c", b"")):
        (tmp_path / name).write_bytes(content)
    for name in ("a.txt", "b.avatar", "c", "missing"):
        open_editor.drop([tmp_path / name])
        count = len(open_editor.notices)
        settle(open_editor)
        assert len(open_editor.notices) == count + 1, name
        assert open_editor.notices[-1].remedy
        assert open_editor.document is before
    open_editor.drop([])
    settle(open_editor)


def test_what_is_shown_is_exported(tmp_path, open_editor):
    open_editor.export_ply(tmp_path / "posed")
    open_editor.export_uv(tmp_path / "uv.png")
    open_editor.export_png(tmp_path / "shot.png", 40, 30, scale=2, transparent=True)
    open_editor.turntable(tmp_path / "turn.mp4", size=32, frames=3)
    settle(open_editor)
    import cv2

    assert (tmp_path / "posed.ply").read_bytes()[:3] == b"ply"
    assert (tmp_path / "uv.png").is_file()
    assert cv2.imread(str(tmp_path / "shot.png"), cv2.IMREAD_UNCHANGED).shape == (60, 80, 4)
    assert (tmp_path / "turn.mp4").stat().st_size > 100
    assert [job.state for job in open_editor.jobs] == ["done"] * 4
    assert not open_editor.is_dirty


def test_with_nothing_open_exports_say_so(tmp_path):
    made = editor(tmp_path)
    made.export_ply(tmp_path / "a.ply")
    made.turntable(tmp_path / "a.mp4")
    settle(made)
    assert [job.state for job in made.jobs] == ["failed", "failed"]
    assert not list(tmp_path.glob("a.*"))


def test_layers_are_shown_saved_and_opened(tmp_path, open_editor):
    from avatars.edits.compose import compose
    from avatars.edits.layer import Layer, Picture, Placement

    plain = open_editor.request(64, 64, moving=False)
    assert plain.layers == ()
    red = torch.zeros(8, 8, 4, dtype=torch.uint8)
    red[..., 0] = red[..., 3] = 255
    layer = Layer(
        id="a",
        name="Red",
        kind="sticker",
        picture=Picture(red.numpy()),
        placement=Placement((0.5, 0.5), 0.3, space="uv"),
    )
    open_editor.commit("Add sticker", replace(open_editor.document, layers=(layer,)))
    shown = open_editor.request(64, 64, moving=False)
    assert shown.layers == (layer,)
    looks = compose(shown.avatar, shown.layers).maps
    assert not torch.equal(looks.rgb, open_editor.document.avatar.maps.rgb)
    assert open_editor.request(64, 64, moving=False) is shown
    open_editor.save(tmp_path / "a.avatar")
    settle(open_editor)
    other = editor(tmp_path / "other")
    other.open_path(tmp_path / "a.avatar")
    settle(other)
    assert [each.name for each in other.document.layers] == ["Red"]
    after = other.request(64, 64, moving=False)
    again = compose(after.avatar, after.layers).maps
    torch.testing.assert_close(again.rgb, looks.rgb, atol=1e-4, rtol=0)
    open_editor.undo()
    assert open_editor.request(64, 64, moving=False).layers == ()


def test_a_motion_is_loaded_for_the_avatar_that_is_open(tmp_path, open_editor):
    from avatars.files.motion_file import write_motion
    from avatars.motion import Motion

    head = open_editor.document.avatar.head
    motion = Motion(
        states=head.neutral(3),
        arkit=torch.zeros(3, 52),
        fps=25.0,
        valid=torch.ones(3, dtype=torch.bool),
        head=head.version,
        names=head.expression_names,
    )
    write_motion(tmp_path / "wave.npz", motion)
    open_editor.drop([tmp_path / "wave.npz"])
    settle(open_editor)
    assert open_editor.history.undo_label == "Load motion wave"
    assert len(open_editor.document.motion) == 3
    open_editor.undo()
    assert open_editor.document.motion is None
