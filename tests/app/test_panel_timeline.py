"""The timeline: playing, scrubbing, range, speed, and what is made of a motion."""

import pytest

from app.driving.reel import Story
from app.gui.panels import timeline
from tests.app.test_editor_driving import motion
from tests.gui_driver import Driver
from tests.make_editor import document, editor, settle


@pytest.fixture
def made(tmp_path):
    opened = editor(tmp_path)
    opened.open_document(document())
    return opened


@pytest.fixture
def gui(made):
    size = 700, 400
    with Driver(lambda ui: timeline.draw(ui, made), size=size, before=made.poll) as driver:
        yield driver


@pytest.fixture
def reel(made, gui):
    made.driving.reel.put(motion(101, 25.0), "Load motion", Story("wave"), play=False)
    gui.step(2)
    return made.driving.reel


def at(gui, frame: float) -> tuple[float, float]:
    """Where a frame of the strip lies."""
    first, last = gui["Timeline/range first"], gui["Timeline/range last"]
    x = first.middle[0] + (last.middle[0] - first.middle[0]) * frame / 100
    return x, gui["Timeline/strip"].middle[1]


def test_without_a_motion_it_says_how_to_get_one(made, gui):
    assert gui.says("No motion yet")
    gui.click("Timeline/Open")
    assert made.wants == {"motion-open-dialog"}


def test_play_and_pause(made, gui, reel):
    gui.click("Timeline/Play")
    assert reel.is_playing
    assert made.view.live_state is not None
    gui.click("Timeline/Play")
    assert not reel.is_playing
    gui.click("Timeline/Stop")
    gui.step()
    assert made.view.live_state is None
    assert not gui["Timeline/Stop"].enabled


def test_frames_are_stepped(gui, reel):
    for name, frame in (("Next", 1), ("Next", 2), ("Back", 1), ("Last", 100), ("First", 0)):
        gui.click(f"Timeline/{name}")
        gui.step()
        assert gui["Timeline/readout"].value[0] == frame
    assert gui.says("0:00.00 / 0:04.04")
    assert gui.says("frame 1 / 101")


def test_the_play_head_is_dragged(made, gui, reel):
    gui.move(*at(gui, 25))
    gui._button(0, True)
    gui.move(*at(gui, 50))
    gui.release()
    assert reel.player.frame == pytest.approx(50, abs=1)
    assert made.view.live_state is not None


def test_the_handles_change_the_range_which_is_then_kept(made, gui, reel):
    for name, frame in (("first", 20), ("last", 80)):
        x, _ = at(gui, frame)
        gui.drag_to(f"Timeline/range {name}", x, gui[f"Timeline/range {name}"].middle[1])
        gui.step()
        # ``at`` measures between the handles, which have moved.
        if name == "first":
            first = reel.player.range[0]
            assert first == pytest.approx(20, abs=1)
            reel.player.range = 0, 100
            gui.step()
    last = reel.player.range[1]
    assert last == pytest.approx(80, abs=1)
    reel.player.range = first, last
    gui.step()
    gui.click("Timeline/Trim")
    gui.step()
    assert len(made.document.motion) == last - first + 1
    assert made.history.undo_label == "Trim motion"


def test_speed_and_loop(gui, reel):
    gui.drag("Timeline/Speed", 2.0, low=0.1, high=4.0)
    assert reel.player.speed == pytest.approx(2.0, abs=0.15)
    gui.click("Timeline/Loop")
    assert not reel.player.loop


def test_exports_are_asked_for_and_the_film_only_where_there_is_one(made, gui, reel):
    gui.click("Timeline/Save")
    assert "motion-dialog" in made.wants
    gui.click("Timeline/Export")
    gui.step()
    assert not gui["Timeline/Export/Video beside the driver"].enabled
    gui.click("Timeline/Export/Video (.mp4)")
    assert "motion-clip-dialog" in made.wants


def test_an_export_shows_how_far_it_is_and_can_be_cancelled(tmp_path, made, gui, reel):
    gui.before = None
    job = reel.export(tmp_path / "clip.mp4", size=64)
    gui.step(2)
    gui.click("Timeline/Cancel")
    settle(made)
    assert job.state == "cancelled"


def test_a_motion_of_another_head_says_so(made, gui):
    from dataclasses import replace

    foreign = replace(motion(), head="ICT-7", fingerprint="", has_arkit=False)
    made.driving.reel.put(foreign, "Load motion", Story("foreign"))
    gui.step(3)
    assert gui.says("ICT-7")
