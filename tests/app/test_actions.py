"""The table of commands: unique, reachable by keys, safe to run on anything that is open."""

import pytest

from app.actions import (
    ACTIONS,
    MENUS,
    action,
    conflicts,
    for_shortcut,
    normal,
    recent_actions,
    shortcuts_of,
)
from app.presets import PRESETS, preset
from app.settings import Settings
from avatars.head.tables import ARKIT_NAMES
from tests.make_editor import document, editor, splats_document


def test_ids_and_keys_are_unique_and_menus_known():
    ids = [each.id for each in ACTIONS]
    assert len(set(ids)) == len(ids)
    assert conflicts(Settings()) == ()
    assert {each.menu for each in ACTIONS} == {*MENUS, ""}
    for each in ACTIONS:
        assert each.label
        assert action(each.id) is each
    with pytest.raises(KeyError):
        action("nothing")


@pytest.mark.parametrize(
    ("keys", "action_id"),
    [
        ("Ctrl+O", "open"), ("Ctrl+S", "save"), ("Ctrl+Shift+S", "save-as"), ("Ctrl+Z", "undo"),
        ("Ctrl+Shift+Z", "redo"), ("Ctrl+Y", "redo"), ("F", "frame-face"),
        ("Shift+F", "reset-camera"), ("F1", "shortcuts"), ("?", "shortcuts"), ("F11", "fullscreen"),
        ("F12", "screenshot"), ("Ctrl+,", "preferences"), ("Ctrl+P", "palette"), ("Ctrl+Q", "quit"),
        ("Keypad1", "face-smile"), ("Keypad0", "face-neutral"),
    ],
)  # fmt: skip
def test_the_usual_keys_do_the_usual_things(keys, action_id):
    found = for_shortcut(keys, Settings())
    assert found is not None
    assert found.id == action_id


def test_keys_are_compared_without_regard_to_order_and_case():
    assert normal("shift+CTRL+z") == normal("Ctrl+Shift+Z") == normal("Cmd+Shift+Z")
    assert normal("Ctrl++") != normal("Ctrl")
    assert for_shortcut("Ctrl+Alt+Delete", Settings()) is None


def test_settings_replace_keys_and_take_them_from_others():
    settings = Settings(shortcuts={"mesh-overlay": "F Ctrl+M", "undo": ""})
    assert shortcuts_of(action("mesh-overlay"), settings) == ("F", "Ctrl+M")
    for keys, action_id in (("F", "mesh-overlay"), ("ctrl+m", "mesh-overlay")):
        found = for_shortcut(keys, settings)
        assert found is not None
        assert found.id == action_id
    assert for_shortcut("Ctrl+Z", settings) is None
    assert conflicts(settings) == (("f", ("frame-face", "mesh-overlay")),)


def opened(tmp_path, kind: str):
    made = editor(tmp_path)
    if kind == "avatar":
        made.open_document(document())
    elif kind == "splats":
        made.open_document(splats_document())
    return made


@pytest.mark.parametrize("kind", ["nothing", "avatar", "splats"])
@pytest.mark.parametrize("action_id", [each.id for each in ACTIONS])
def test_every_command_can_be_run_on_whatever_is_open(tmp_path, kind, action_id):
    made = opened(tmp_path, kind)
    each = action(action_id)
    ran = made.do(action_id)
    assert ran == each.enabled(opened(tmp_path, kind))
    if each.checked is not None:
        assert isinstance(each.checked(made), bool)
    made.poll()
    if not made.is_dirty:
        return
    changed = made.document
    made.undo()
    assert not made.is_dirty
    made.redo()
    assert made.document is changed


def test_commands_that_switch_something_switch_it_back(tmp_path):
    made = opened(tmp_path, "avatar")
    for action_id in ("mesh-overlay", "performance", "theme", "source-camera"):
        each = action(action_id)
        assert each.checked is not None
        for expected in (True, False):
            made.do(action_id)
            assert each.checked(made) is expected, action_id


def test_views_look_from_where_they_say(tmp_path):
    made = opened(tmp_path, "avatar")
    eyes = {}
    for name in ("front", "left", "right", "back"):
        made.do(f"view-{name}")
        x, _, z = made.view.orbit.eye
        cx, _, cz = made.document.centre
        eyes[name] = (round((x - cx) / 0.8, 3), round((z - cz) / 0.8, 3))
    assert eyes == {"front": (0, 1), "left": (1, 0), "right": (-1, 0), "back": (0, -1)}
    made.set_orbit(made.view.orbit.panned(1.0, 2.0).zoomed(9))
    made.do("frame-face")
    assert made.view.orbit.target == made.document.centre
    made.do("reset-camera")
    assert made.view.orbit.azimuth == 0


def test_random_faces_are_faces_of_their_own(tmp_path):
    made = opened(tmp_path, "avatar")
    seen = set()
    for _ in range(5):
        made.do("randomise-face")
        seen.add(made.document.arkit)
        assert max(made.document.arkit) <= 1.0
    assert len(seen) == 5
    assert made.history.undo_label == "Random face"


def test_recent_files_are_commands(tmp_path):
    made = opened(tmp_path, "avatar")
    made.save(tmp_path / "a.avatar")
    made.poll()
    (first,) = recent_actions(made)
    assert first.label == "a.avatar"
    first.run(made)
    made.poll()
    made.poll()
    assert made.path == tmp_path / "a.avatar"


def test_presets_are_made_of_arkit_names_within_bounds():
    assert len({each.id for each in PRESETS}) == len(PRESETS)
    for each in PRESETS:
        for name, weight in each.weights.items():
            assert name in ARKIT_NAMES
            assert 0 < weight <= 1
    visemes = {each.label for each in PRESETS if each.group == "Visemes"}
    assert {"AA", "AE", "EH", "EE", "IH", "OH", "OU", "MBP", "FV"} <= visemes
    assert preset("smile").weights["mouthSmileLeft"] > 0.5
    with pytest.raises(KeyError):
        preset("grin")
