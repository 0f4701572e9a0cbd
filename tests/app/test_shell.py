"""Dialogs, notices, keys and tools of the window, without a window."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imgui_bundle import imgui

from app.actions import ACTIONS
from app.gui import dialogs, files, orbit, toasts, tools
from app.gui.browser import Browser
from app.gui.guard import Guard
from app.gui.sheet import Palette, matching
from app.gui.shortcuts import chord, handle
from app.gui.tools.base import Phase, Pointer
from app.gui.ui import Ui
from app.notices import Notice
from app.prompt import Prompt, PromptChoice
from tests.gui_driver import Driver
from tests.make_editor import document, editor

SCREEN = (1000, 900)


def prompt(kind="choose", **changes) -> tuple[Prompt, list[str]]:
    taken: list[str] = []
    choices = (
        PromptChoice("first", "First way", "It is quick."),
        PromptChoice("second", "Second way", "It is slow.", enabled=False, why_not="No GPU."),
        PromptChoice("third", "Third way"),
        PromptChoice("cancel", "Cancel"),
    )
    made = Prompt(kind, "How?", "Choose a way.", choices, taken.append, default="first")
    return replace(made, **changes), taken


# Questions.


def test_enter_takes_the_first_choice_and_escape_takes_none(tmp_path: Path) -> None:
    for key, expected in ((imgui.Key.enter, ["first"]), (imgui.Key.escape, [])):
        mine = editor(tmp_path)
        question, taken = prompt("choose-method")
        mine.ask(question)
        dialog = dialogs.PromptDialog()
        with Driver(lambda ui, d=dialog, e=mine: d.draw(ui, e), size=SCREEN) as gui:
            gui.step(3)
            assert "Prompt/first" in gui
            assert "Prompt/cancel" not in gui  # there is a button for it
            gui.press(key)
            assert taken == expected
            assert mine.prompt is None
            gui.step(3)
            assert "Prompt/first" not in gui


def test_a_choice_that_cannot_be_made_says_why_and_cannot_be_started(tmp_path: Path) -> None:
    mine = editor(tmp_path)
    question, taken = prompt("choose-method")
    mine.ask(question)
    dialog = dialogs.PromptDialog()
    with Driver(lambda ui: dialog.draw(ui, mine), size=SCREEN) as gui:
        gui.step(3)
        gui.press(imgui.Key.down_arrow)
        assert not gui["Prompt/Start"].enabled
        gui.press(imgui.Key.enter)
        assert mine.prompt is question
        gui.click("Prompt/third")
        gui.click("Prompt/Start")
        assert taken == ["third"]


def test_unsaved_work_is_asked_about_with_buttons(tmp_path: Path) -> None:
    mine = editor(tmp_path)
    question, taken = prompt("unsaved")
    mine.ask(question)
    dialog = dialogs.PromptDialog()
    with Driver(lambda ui: dialog.draw(ui, mine), size=SCREEN) as gui:
        gui.step(3)
        gui.click("Prompt/Third way")
        assert taken == ["third"]
        gui.step(2)
        mine.ask(question)
        gui.step(3)
        gui.click("Prompt/Cancel")
        assert mine.prompt is None
        assert taken == ["third"]


# Notices.


def test_a_bug_gets_a_dialog_and_no_toast(tmp_path: Path) -> None:
    mine = editor(tmp_path)
    shown, dialog = toasts.Toasts(), dialogs.BugDialog()

    def draw(ui: Ui) -> None:
        shown.draw(ui, mine, *SCREEN)
        dialog.draw(ui, mine)

    with Driver(draw, size=SCREEN) as gui:
        mine.notify(Notice("It broke. Your work is safe.", severity="error", detail="line 1"))
        gui.step(3)
        assert shown.messages == []
        gui.click("Bug/Copy report")
        assert gui.copied == "line 1"
        gui.click("Bug/Close")
        gui.step(3)
        assert "Bug/Close" not in gui


def test_a_notice_goes_by_itself_and_an_error_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, shown = editor(tmp_path), toasts.Toasts()
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Driver(lambda ui: shown.draw(ui, mine, *SCREEN) and None, size=SCREEN) as gui:
        mine.notify(Notice("Saved."))
        mine.notify(Notice("It is damaged.", "Copy it again.", "error"))
        gui.step(3)
        assert shown.messages == ["Saved.", "It is damaged."]
        now[0] += toasts.SECONDS["info"] + 0.1
        gui.step(2)
        assert shown.messages == ["It is damaged."]
        gui.click("Notices/0/Copy")
        assert gui.copied == "It is damaged. Copy it again."
        gui.click("Notices/0/close")
        assert shown.messages == []


def test_the_button_of_a_notice_runs_its_command(tmp_path: Path) -> None:
    mine, shown = editor(tmp_path), toasts.Toasts()
    with Driver(lambda ui: shown.draw(ui, mine, *SCREEN) and None, size=SCREEN) as gui:
        mine.notify(Notice("Look here.", action_id="palette", action_label="Commands"))
        gui.step(3)
        gui.click("Notices/0/Commands")
        assert mine.wants == {"palette"}
        assert shown.messages == []


def test_a_mistake_in_one_part_leaves_the_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path))
    mine = editor(tmp_path)
    guard, calls = Guard(mine), [0]

    def broken(ui: Ui) -> None:
        calls[0] += 1
        imgui.begin_child("open")
        raise RuntimeError("a mistake")

    def draw(ui: Ui) -> None:
        imgui.get_io().config_error_recovery_enable_assert = False
        guard.draw("broken", lambda: broken(ui))
        ui.button("Fine")

    with Driver(draw, size=SCREEN) as gui:
        gui.step(6)
        assert "Fine" in gui
    assert calls[0] == 3  # then it is switched off
    assert all(notice.is_bug for notice in mine.notices)


# Keys.


def test_every_shortcut_of_the_table_is_a_key() -> None:
    texts = [text for action in ACTIONS for text in action.shortcuts]
    assert len(texts) > 20
    assert [text for text in texts if chord(text) is None] == []


@given(st.text(max_size=12))
def test_no_text_of_a_settings_file_breaks_the_keys(text: str) -> None:
    found = chord(text)
    assert found is None or found > 0


def test_keys_run_commands_but_not_while_something_is_typed(tmp_path: Path) -> None:
    mine = editor(tmp_path)
    text = [""]

    def draw(ui: Ui) -> None:
        text[0] = ui.text_input("##name", text[0])
        handle(mine)

    with Driver(draw, size=SCREEN) as gui:
        gui.press(imgui.Key.f1)
        assert mine.wants == {"shortcuts"}
        mine.wants.clear()
        gui.click("name")
        gui.press(imgui.Key.f1)
        assert mine.wants == set()


def test_keys_of_the_settings_take_the_place_of_the_usual_ones(tmp_path: Path) -> None:
    mine = editor(tmp_path, shortcuts={"palette": "Ctrl+K F7"})
    with Driver(lambda ui: handle(mine), size=SCREEN) as gui:
        gui.press(imgui.Key.mod_ctrl, imgui.Key.p)
        assert mine.wants == set()
        gui.press(imgui.Key.f7)
        assert mine.wants == {"palette"}


def test_the_palette_finds_a_command_by_some_of_its_letters(tmp_path: Path) -> None:
    mine = editor(tmp_path)
    assert matching("prefs", mine)[0].id == "preferences"
    palette = Palette()
    palette.show()
    with Driver(lambda ui: palette.draw(ui, mine), size=SCREEN) as gui:
        gui.step(3)
        gui.write("full screen")
        assert mine.wants == {"fullscreen"}
        assert not palette.is_open


# Files.


def test_a_name_that_is_typed_gets_its_ending_and_an_old_file_is_asked_about(
    tmp_path: Path,
) -> None:
    (tmp_path / "old.avatar").write_text("x")
    browser = Browser("Save", tmp_path, (".avatar",), saves=True)
    with Driver(lambda ui: None if browser.is_done else browser.draw(ui), size=SCREEN) as gui:
        gui.step(3)
        gui.type("Files/name", "old")
        gui.step(2)
        assert not browser.is_done
        gui.click("Files/Back")
        gui.type("Files/name", "new", enter=False)
        gui.click("Files/Save")
        assert browser.picked == tmp_path / "new.avatar"


def test_folders_are_entered_and_other_files_are_not_listed(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"x")
    (folder / "notes.txt").write_bytes(b"x")
    browser = Browser("Open", tmp_path, (".png",))
    with Driver(lambda ui: None if browser.is_done else browser.draw(ui), size=SCREEN) as gui:
        gui.step(3)
        gui.click("Files/photos")
        gui.step(2)
        assert "Files/notes.txt" not in gui
        gui.click("Files/a.png")
        gui.press(imgui.Key.enter)
        assert browser.picked == folder / "a.png"


def test_a_folder_that_cannot_be_read_is_told_in_the_dialog(tmp_path: Path) -> None:
    browser = Browser("Open", tmp_path / "gone", ())
    with Driver(lambda ui: browser.draw(ui), size=SCREEN) as gui:
        gui.step(3)
        gui.press(imgui.Key.escape)
        assert browser.is_done
        assert browser.picked is None


def test_our_own_dialog_serves_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_GUI_OWN_DIALOGS", "1")
    (tmp_path / "a.png").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    answers: list[list[Path]] = []
    asked = files.FileDialogs()
    asked.open_files((".png",), answers.append, title="Open")
    with Driver(lambda ui: asked.draw(ui), size=SCREEN) as gui:
        gui.step(3)
        gui.click("Files/a.png")
        gui.click("Files/Open")
        gui.step(2)
    assert answers == [[tmp_path / "a.png"]]
    assert not asked.is_open


# The pointer on the picture.


def pointer(phase: Phase, dx: float = 0.0, dy: float = 0.0, **changes) -> Pointer:
    return replace(Pointer(phase, 0.5, 0.5, dx, dy, 400.0, 300.0), **changes)


def opened(tmp_path: Path):
    mine = editor(tmp_path)
    mine.open_document(document())
    return mine


def test_dragging_to_the_right_turns_the_front_to_the_right(tmp_path: Path) -> None:
    mine = opened(tmp_path)
    orbit.orbited(mine, pointer("drag", dx=0.1))
    # The camera went to the subject's right, so the head's front moved to the picture's right.
    assert mine.view.orbit.azimuth < 0
    orbit.orbited(mine, pointer("drag", dy=0.1))
    assert mine.view.orbit.elevation > 0


def test_the_wheel_keeps_what_is_under_the_pointer(tmp_path: Path) -> None:
    mine = opened(tmp_path)
    before = mine.view.orbit
    orbit.zoomed(mine, 1.0, pointer("hover", u=0.75, v=0.5))
    after = mine.view.orbit
    assert after.distance < before.distance
    assert after.target[0] > before.target[0]  # towards the pointer, right of the middle


@pytest.mark.parametrize("name", ["head", "gaze"])
def test_dragging_head_or_gaze_is_one_undo_step(tmp_path: Path, name: str) -> None:
    mine = opened(tmp_path)
    before, steps = mine.document, len(mine.history.labels())
    tool = tools.tool(name)
    tool.pointer(pointer("press"), mine)
    for _ in range(5):
        tool.pointer(pointer("drag", dx=0.02, dy=0.01), mine)
    assert mine.draft is not None
    assert mine.document is before
    tool.pointer(pointer("release"), mine)
    assert len(mine.history.labels()) == steps + 1
    field = "neck_pose" if name == "head" else "leye_pose"
    assert getattr(mine.document.head_state, field)[1] > 0.05
    mine.undo()
    assert mine.document is before


@pytest.mark.parametrize("name", ["head", "gaze"])
def test_head_and_eyes_stop_before_they_break(tmp_path: Path, name: str) -> None:
    mine = opened(tmp_path)
    tool = tools.tool(name)
    for _ in range(50):
        tool.pointer(pointer("drag", dx=0.3, dy=-0.3), mine)
    tool.deactivate(mine)
    assert mine.draft is None
    state = mine.document.head_state
    assert float(state.neck_pose.abs().max()) <= 0.91
    assert float(state.leye_pose.abs().max()) <= 0.61


def test_a_click_with_the_pivot_tool_turns_about_the_skin(tmp_path: Path) -> None:
    mine = opened(tmp_path)
    mine.set_tool("pivot")
    eye = mine.view.orbit.eye
    tools.tool("pivot").pointer(pointer("press"), mine)
    assert mine.view.tool == "orbit"
    assert mine.view.orbit.eye == pytest.approx(eye, abs=1e-6)
    far = pointer("press", u=0.001, v=0.001)
    assert not orbit.pivoted(mine, far)


def test_an_unknown_tool_is_the_orbit_tool() -> None:
    assert tools.tool("no such tool").id == "orbit"
    assert [tools.tool(name).id for name in tools.TOOLS] == list(tools.TOOLS)
