"""The drive panel: sources to choose, lamp and sentence, neutral, strengths, what is sent out."""

import numpy as np
import pytest

from app.driving.options import DriveOptions
from app.gui.panels import drive
from app.sources.base import SourceStatus
from avatars.head.arkit_names import ARKIT_NAMES
from renderer.errors import UserError
from tests.gui_driver import Driver
from tests.make_editor import Told, document, editor


class Seeing(Told):
    """A camera as tests have it: with a picture and a quality."""

    quality = 0.9

    def picture(self):
        points = np.array([[20.0, 30.0], [40.0, 50.0]])
        return np.zeros((60, 80, 3), np.uint8), points


@pytest.fixture
def made(tmp_path):
    opened = editor(tmp_path)
    opened.driving.make = lambda choice, task, wake: Seeing
    opened.open_document(document())
    return opened


@pytest.fixture
def gui(made):
    with Driver(lambda ui: drive.draw(ui, made), before=made.poll) as driver:
        yield driver


def begin(made, gui) -> Seeing:
    gui.click("Drive/Start")
    gui.step(2)
    source = made.driving.source
    assert isinstance(source, Seeing)
    return source


def test_start_follows_and_stop_lets_go(made, gui):
    source = begin(made, gui)
    assert gui.says("No face in the picture yet.")
    source.say(jawOpen=0.5)
    gui.step()
    assert made.view.live_state is not None
    assert gui.says("30 per second, tracking 90%")
    assert gui["Drive/camera"].x1 > gui["Drive/camera"].x0
    gui.click("Drive/Stop")
    gui.step()
    assert source.closed
    assert "Drive/Start" in gui


def test_what_the_source_says_goes_wrong_stands_there_with_what_to_do(made, gui):
    source = begin(made, gui)
    source.told = SourceStatus("lost", "The sender has stopped.", "Start it again.", ignored=12)
    gui.step()
    assert gui.says("The sender has stopped.")
    assert gui.says("Start it again.")
    assert gui.says("12 ignored")


def test_a_source_that_does_not_open_says_why_and_can_be_tried_again(made, gui):
    def refuses():
        raise UserError("The camera is in use.", "Close the other program.")

    works, made.driving.make = made.driving.make, lambda choice, task, wake: refuses
    gui.click("Drive/Start")
    gui.step(2)
    assert gui.says("The camera is in use.")
    assert gui.says("Close the other program.")
    made.driving.make = works
    begin(made, gui)
    assert not gui.says("The camera is in use.")


def test_the_neutral_is_counted_down_and_can_be_forgotten(made, gui):
    source = begin(made, gui)
    source.say(jawOpen=0.1)
    gui.click("Drive/Capture neutral")
    gui.step()
    assert gui.says("Look ahead and relax your face...")
    follower = made.driver.follower
    follower._capture_end = 0.0
    follower._capture = [source.sample.signal]
    gui.step(2)
    assert follower.has_neutral
    gui.click("Drive/Forget neutral")
    assert not follower.has_neutral


def test_strengths_are_dragged_kept_once_and_put_back(made, gui):
    begin(made, gui)
    gui.drag("Drive/Jaw", 0.5, high=2.0, release=False)
    assert made.driver.options.jaw == pytest.approx(0.5, abs=0.05)
    assert not [name for name in made.settings.last_options if name.startswith("drive camera")]
    gui.release()
    assert made.settings.last_options["drive camera: Ada"]["jaw"] == made.driver.options.jaw
    gui.click("Drive/Strength reset")
    assert made.driver.options == DriveOptions()


def test_smoothing_says_the_delay_it_adds(made, gui):
    begin(made, gui)
    gui.drag("Drive/Smoothing", 250.0, high=500.0)
    assert made.driver.options.smoothing == pytest.approx(0.25, abs=0.02)
    assert gui["Drive/Smoothing"].value == pytest.approx(made.driver.options.delay_ms, abs=1)


def test_parts_and_ways_are_chosen(made, gui):
    begin(made, gui)
    gui.click("Drive/What/Pose")
    gui.click("Drive/How/Absolute")
    gui.click("Drive/Follow place")
    options = made.driver.options
    assert (options.only, options.relative, options.follow_place) == ("pose", False, True)
    gui.click("Drive/Lock camera")
    assert made.driving.kept.camera_follows
    gui.click("Drive/Taking over reset")
    assert made.driver.options == DriveOptions()


def test_the_monitor_shows_all_52_weights(made, gui):
    gui.click("Drive/Monitor")
    gui.step()
    assert gui.says("What the source sends is shown here")
    source = begin(made, gui)
    source.say(jawOpen=0.4)
    gui.step(2)
    bars = gui["Drive/bars"].value
    assert len(bars) == 52
    assert bars[ARKIT_NAMES.index("jawOpen")] == pytest.approx(0.4)


@pytest.mark.parametrize("kind", ["video", "live-link", "ifacialmocap", "vmc"])
def test_every_kind_of_source_has_its_form(made, gui, kind):
    made.driving.choose_kind(kind)
    gui.step(2)
    if kind == "video":
        assert not gui["Drive/Start"].enabled
        gui.click("Drive/Browse")
        assert "drive-video-dialog" in made.wants
        return
    assert "Drive/Listen on" in gui
    gui.type("Drive/Port", "4242")
    assert made.driving.choice.port == 4242
    gui.type("Drive/Port", "none")
    assert made.driving.choice.port == 0
    assert ("Drive/Phone" in gui) == (kind == "ifacialmocap")


def test_choosing_another_source_stops_the_one_that_runs(made, gui):
    source = begin(made, gui)
    gui.click("Drive/Source")
    gui.step()
    gui.click("Drive/Source/VMC (other programs)")
    gui.step(2)
    assert source.closed
    assert not made.driving.is_live
    assert made.driving.choice.kind == "vmc"


def test_vmc_is_sent_where_it_was_told_to(made, gui):
    from app.sources.udp import UdpSource

    receiver = UdpSource("vmc", port=0)
    try:
        made.driving.kept.receiver = "127.0.0.1", receiver.port
        source = begin(made, gui)
        gui.click("Drive/Send VMC")
        gui.step(2)
        source.say(jawOpen=0.5)
        for _ in range(100):
            gui.step()
            if receiver.latest() is not None:
                break
            source.say(jawOpen=0.5)
        assert receiver.latest() is not None
        gui.click("Drive/Send VMC")
        assert made.driver.sender is None
    finally:
        receiver.close()


def test_an_address_that_is_none_switches_sending_off_again(made, gui):
    made.driving.kept.receiver = "no such host.invalid", 39539
    gui.click("Drive/Send VMC")
    gui.step(2)
    assert not made.driving.sending.is_on
    assert "no address" in made.notices[-1].message


def test_record_is_there_once_something_moves(made, gui):
    assert not gui["Drive/Record"].enabled
    source = begin(made, gui)
    source.say()
    gui.step()
    gui.click("Drive/Record")
    assert made.driving.reel.is_recording
    gui.step()
    gui.click("Drive/Record")
    assert not made.driving.reel.is_recording
