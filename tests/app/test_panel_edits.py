"""Avatar, history, view and preferences: what a click or drag there does."""

import math
from dataclasses import replace

import pytest

from app.actions import action
from app.face_edits import with_rest
from app.gui.panels import avatar, history, preferences, view
from app.gui.panels.view import with_fov
from app.settings import load_settings
from app.view import ViewOrbit
from avatars import weights
from tests.gui_driver import Driver
from tests.make_editor import document, editor, settle, splats_document


@pytest.fixture
def made(tmp_path):
    made = editor(tmp_path)
    made.open_document(with_rest(document()))
    return made


def panel(module, made, **how):
    return Driver(lambda ui: module.draw(ui, made), before=made.poll, **how)


# Avatar.


def test_the_shape_changes_by_one_step_per_drag(made):
    before = made.document
    number = made.document.avatar.head.shape_names.index("size")
    with panel(avatar, made) as gui:
        gui.drag("Avatar/size", 1.5, low=-3, high=3)
    assert float(made.document.avatar.identity.betas[number]) == pytest.approx(1.5, abs=0.1)
    assert made.history.labels() == ["Start", "Change size"]
    made.undo()
    assert made.document is before


def test_the_shape_goes_back_to_the_average(made):
    made.set_betas(1, 2.0, True)
    with panel(avatar, made) as gui:
        gui.click("Avatar/Shape reset")
        gui.step()
        assert not made.document.avatar.identity.betas.any()
        assert "Avatar/Shape reset" not in gui


def test_a_name_is_typed_and_can_be_undone(made):
    with panel(avatar, made) as gui:
        gui.type("Avatar/Name", "Grace")
    assert made.document.name == "Grace"
    assert made.history.labels()[-1] == "Rename"


def test_facts_and_exports_follow_what_is_open(made, tmp_path):
    with panel(avatar, made) as gui:
        assert gui.says(f"{len(made.document.avatar):,}")
        gui.click("Avatar/Colours (.png)")
        assert made.wants == {"uv-dialog"}
        gui.click("Avatar/Save")
        assert "save-dialog" in made.wants
        made.open_document(splats_document())
        gui.step()
        assert not gui["Avatar/Save"].enabled
        assert gui["Avatar/Splats (.ply)"].enabled
        assert "Avatar/Shape" not in gui


def test_nothing_open_leads_to_the_file_dialog(tmp_path):
    empty = editor(tmp_path)
    with panel(avatar, empty) as gui:
        assert gui.says("No avatar yet")
        gui.click("Avatar/Open")
    assert empty.wants == {"open-dialog"}


# History.


def test_a_click_on_a_step_goes_there(made):
    start = made.document
    made.set_arkit({"jawOpen": 0.5}, final=True, label="Open the jaw")
    made.set_arkit({"jawOpen": 0.9}, final=True, label="Open it more")
    with panel(history, made) as gui:
        assert [gui[path].value for path in gui.names("History/step")] == [
            *("Open it more", "Open the jaw", "Start")
        ]
        gui.click("History/step 0")
        assert made.document is start
        gui.click("History/Redo")
        assert made.history.cursor == 1
        gui.click("History/Undo")
        assert made.document is start
        gui.step()
        assert not gui["History/Undo"].enabled


# View.


def test_the_photo_is_offered_only_where_it_is_kept(made):
    with panel(view, made) as gui:
        gui.click("View/Look through/Photo")
        assert made.view.options.camera == "source"
        bare = replace(made.document, origin=replace(made.document.origin, camera=None))
        made.open_document(bare)
        gui.step()
        assert not gui["View/Look through/Photo"].enabled
        assert not gui["View/Compare"].enabled


def test_views_and_overlays_are_the_commands_of_the_menu(made):
    with panel(view, made) as gui:
        gui.click("View/Back")
        assert made.view.orbit.azimuth == pytest.approx(math.pi)
        gui.click("View/Mesh")
        assert made.view.options.mesh_overlay
        gui.click("View/Camera reset")
        assert made.view.orbit.azimuth == 0
    assert len(made.history) == 1


def test_the_field_of_view_keeps_the_size_of_the_head():
    orbit = ViewOrbit(distance=0.75)
    wide = with_fov(orbit, math.radians(60))
    assert wide.distance * math.tan(wide.fov_y / 2) == pytest.approx(
        orbit.distance * math.tan(orbit.fov_y / 2)
    )
    assert wide.distance < orbit.distance


def test_the_background_is_chosen_and_remembered(made):
    with panel(view, made) as gui:
        gui.click("View/Behind/Clear")
        assert made.view.options.background is None
        assert made.settings.background == "transparent"
        gui.step()
        gui.click("View/Behind/Colour")
        assert made.view.options.background is not None
        assert made.settings.background.startswith("#")
        gui.click("View/Behind/Picture")
        assert made.wants == {"background-dialog"}


# Preferences.


def test_preferences_act_at_once_and_are_kept(made):
    with panel(preferences, made) as gui:
        gui.click("Preferences/Theme/Light")
        gui.click("Preferences/Device/CPU")
        gui.click("Preferences/Idle motion")
        gui.click("Preferences/Size")
        gui.step()
        gui.click("Preferences/Size/125%")
        gui.click("Preferences/Autosave")
        gui.step()
        gui.click("Preferences/Autosave/every 60 s")
    settings = made.settings
    assert (settings.theme, settings.device, settings.idle_motion) == ("light", "cpu", False)
    assert (settings.ui_scale, settings.autosave_seconds) == (1.25, 60.0)
    settle(made)
    assert made.close()
    assert load_settings(made.places.config)[0] == settings


def test_keys_are_changed_refused_and_reset(made):
    made.panel["preferences.search"] = "mesh overlay"
    with panel(preferences, made) as gui:
        gui.click("Preferences/Shortcuts")
        gui.step()
        path = "Preferences/Shortcuts/mesh-overlay"
        assert gui[path].value == " ".join(action("mesh-overlay").shortcuts)
        gui.type(path, "Ctrl+K")
        assert made.settings.shortcuts == {"mesh-overlay": "Ctrl+K"}
        gui.step()
        gui.type(path, "Ctrl+Nonsense")
        assert made.settings.shortcuts == {"mesh-overlay": "Ctrl+K"}
        assert "no key" in made.notices[-1].message
        gui.click(f"{path} reset")
        assert made.settings.shortcuts == {}


def test_a_download_becomes_a_job(made, monkeypatch):
    fetched = []

    def fetch(one, folder, progress):
        fetched.append((one.name, folder))
        return folder

    monkeypatch.setattr(weights, "fetch", fetch)
    with panel(preferences, made) as gui:
        gui.click("Preferences/face-landmarker/Download")
        settle(made)
    assert fetched == [("face-landmarker", made.places.data / "weights")]
    assert made.jobs[-1].title == "Download face_landmarker.task"


def test_the_memory_of_undo_is_changed_at_once(made):
    with panel(preferences, made) as gui:
        gui.click("Preferences/Undo memory")
        gui.step()
        gui.click("Preferences/Undo memory/1 GB")
    assert made.settings.undo_mb == 1024
    assert made.history.byte_budget == 1 << 30
