from dataclasses import replace

import numpy as np
import pytest
import torch

from app.demo import builtin_head, demo_avatar
from app.document import Document
from app.driving.driver import PRESET_SECONDS, Driver
from app.driving.follower import CAPTURE
from app.driving.options import DriveOptions, from_plain, to_plain
from app.driving.player import Player
from app.sources.base import Sample, SourceStatus
from avatars.errors import HeadMismatch
from avatars.head.arkit import state_from_arkit
from avatars.head.arkit_names import ARKIT_NAMES
from avatars.head.state import HeadState, stack
from avatars.live.signal import FaceSignal
from avatars.motion import Motion

JAW = ARKIT_NAMES.index("jawOpen")
SMILE = ARKIT_NAMES.index("mouthSmileLeft")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Told:
    """A source that says what the test tells it."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.sample, self.closed = clock, None, False

    def say(self, *, lost: bool = False, head: float = 0.0, **weights: float) -> None:
        values = np.zeros(52)
        for name, weight in weights.items():
            values[ARKIT_NAMES.index(name)] = weight
        signal = FaceSignal(values, np.array([0, head, 0]), np.zeros(3), is_lost=lost)
        number = 1 if self.sample is None else self.sample.number + 1
        self.sample = Sample(signal, number, self.clock())

    def latest(self) -> Sample | None:
        return self.sample

    def status(self) -> SourceStatus:
        return SourceStatus("live", "")

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def document() -> Document:
    avatar = demo_avatar(2000)
    return Document(avatar=avatar, head_state=avatar.head.neutral())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(clock: Clock) -> Told:
    return Told(clock)


@pytest.fixture
def driver(clock: Clock, source: Told) -> Driver:
    made = Driver(clock)
    made.follow(source, "told")
    return made


def expected(**weights: float) -> HeadState:
    values = torch.zeros(52)
    for name, weight in weights.items():
        values[ARKIT_NAMES.index(name)] = weight
    return state_from_arkit(builtin_head(), values)


def close(one: HeadState | None, other: HeadState) -> bool:
    assert one is not None
    return torch.allclose(one.expression, other.expression, atol=1e-5) and torch.allclose(
        one.jaw_pose, other.jaw_pose, atol=1e-5
    )


def test_a_face_is_taken_over_and_the_same_one_only_once(
    driver: Driver, source: Told, document: Document
) -> None:
    assert driver.next(document) is None
    source.say(jawOpen=0.5, head=0.2)
    state = driver.next(document)
    assert close(state, expected(jawOpen=0.5))
    assert state is not None
    assert state.global_orient[1] == pytest.approx(0.2)
    assert driver.next(document) is None
    assert driver.weights is not None
    assert driver.weights[JAW] == 0.5


def test_strengths_and_parts_act_by_group(driver: Driver, source: Told, document: Document) -> None:
    driver.options = replace(driver.options, jaw=0.5, mouth=2.0)
    source.say(jawOpen=0.4, mouthSmileLeft=0.3, head=0.3)
    assert close(driver.next(document), expected(jawOpen=0.2, mouthSmileLeft=0.6))
    driver.options = replace(driver.options, only="pose")
    state = driver.next(document)
    assert close(state, expected())
    driver.options = replace(driver.options, only="expression", jaw=1.0, mouth=1.0)
    state = driver.next(document)
    assert close(state, expected(jawOpen=0.4, mouthSmileLeft=0.3))
    assert state is not None
    assert not state.global_orient.any()


def test_a_captured_neutral_is_taken_off(
    driver: Driver, source: Told, clock: Clock, document: Document
) -> None:
    assert driver.follower is not None
    source.say(jawOpen=0.1)
    driver.next(document)
    driver.follower.capture_neutral()
    for _ in range(30):
        clock.now += 0.05
        source.say(jawOpen=0.1, mouthSmileLeft=0.2, head=0.1)
        driver.next(document)
    assert driver.follower.capture_left == pytest.approx(CAPTURE - 1.5)
    clock.now += CAPTURE
    source.say(jawOpen=0.4, mouthSmileLeft=0.2, head=0.1)
    state = driver.next(document)
    assert driver.follower.has_neutral
    assert close(state, expected(jawOpen=0.3))
    assert state is not None
    assert state.global_orient.abs().max() < 1e-6


def test_a_lost_face_is_held_then_fades_to_rest(
    driver: Driver, source: Told, clock: Clock, document: Document
) -> None:
    source.say(jawOpen=0.5)
    driver.next(document)
    clock.now += 0.5
    assert driver.next(document) is None  # held
    clock.now += 0.8
    fading = driver.next(document)
    assert fading is not None
    whole = expected(jawOpen=0.5).jaw_pose[0]
    assert 0 < fading.jaw_pose[0] / whole < 1
    clock.now += 1.0
    rest = driver.next(document)
    assert close(rest, expected())
    assert driver.next(document) is None
    source.say(jawOpen=0.3)
    assert close(driver.next(document), expected(jawOpen=0.3))


def test_smoothing_follows_slowly_and_says_its_delay(
    driver: Driver, source: Told, clock: Clock, document: Document
) -> None:
    driver.options = replace(driver.options, smoothing=0.1)
    assert driver.options.delay_ms == pytest.approx(100)
    source.say()
    driver.next(document)
    clock.now += 0.1
    source.say(jawOpen=1.0)
    state = driver.next(document)
    assert state is not None
    share = float(state.jaw_pose[0] / expected(jawOpen=1.0).jaw_pose[0])
    assert share == pytest.approx(1 - np.exp(-1), abs=0.02)


def test_an_expression_is_blended_over_the_live_face_and_away_again(
    driver: Driver, source: Told, clock: Clock, document: Document
) -> None:
    source.say(jawOpen=0.2)
    driver.next(document)
    driver.show_expression({"mouthSmileLeft": 1.0})
    clock.now += PRESET_SECONDS / 2
    assert driver.seconds_until_due is not None
    assert close(driver.next(document), expected(jawOpen=0.2, mouthSmileLeft=0.5))
    clock.now += PRESET_SECONDS
    assert close(driver.next(document), expected(jawOpen=0.2, mouthSmileLeft=1.0))
    driver.show_expression({"mouthSmileLeft": 1.0})
    clock.now += 2 * PRESET_SECONDS
    source.say(jawOpen=0.2)
    assert close(driver.next(document), expected(jawOpen=0.2))


def test_what_is_shown_is_recorded_at_an_even_rate(
    driver: Driver, source: Told, clock: Clock, document: Document
) -> None:
    driver.start_recording(builtin_head())
    for number in range(21):
        source.say(jawOpen=number / 20)
        driver.next(document)
        clock.now += 0.05
    motion = driver.stop_recording()
    assert motion is not None
    assert motion.fps == 30
    assert len(motion) in (30, 31)
    np.testing.assert_allclose(motion.arkit[:30, JAW], np.arange(30) / 30, atol=1e-3)
    assert driver.recorded is motion
    driver.load(motion, play=False)
    assert driver.player is not None
    driver.player.seek(15)
    driver.options = replace(driver.options, relative=False)
    assert close(driver.next(document), expected(jawOpen=0.5))


def test_another_source_closes_the_one_before(driver: Driver, source: Told, clock: Clock) -> None:
    driver.follow(Told(clock), "other")
    assert source.closed
    driver.close()
    assert not driver.is_active


def ramp(frames: int = 11, fps: float = 10.0, *, has_arkit: bool = True) -> Motion:
    head = builtin_head()
    arkit = torch.zeros(frames, 52)
    arkit[:, JAW] = torch.linspace(0, 1, frames)
    states = stack([state_from_arkit(head, row) for row in arkit])
    valid = torch.ones(frames, dtype=torch.bool)
    names = head.expression_names
    return Motion(states, arkit, fps, valid, "built-in 1", names, has_arkit=has_arkit)


def test_a_player_runs_loops_and_stops_within_its_range(clock: Clock) -> None:
    player = Player(ramp(), clock)
    player.play()
    clock.now += 0.45
    assert player.frame == pytest.approx(4.5)
    player.speed = 2.0
    clock.now += 0.1
    assert player.frame == pytest.approx(6.5)
    player.range = (2, 5)
    assert player.frame == 5
    clock.now += 0.1
    assert player.frame == pytest.approx(3.0)  # two frames on: past the end, at the start again
    player.loop = False
    clock.now += 10
    assert player.frame == 5
    assert not player.is_playing
    player.play()
    assert player.frame == 2
    player.step(1)
    assert player.frame == 3
    player.step(-9)
    assert player.frame == 2


def test_a_motion_plays_on_the_avatar_frame_by_frame(clock: Clock, document: Document) -> None:
    driver = Driver(clock)
    driver.load(ramp())
    driver.options = replace(driver.options, relative=False)
    first = driver.next(document)
    assert close(first, expected())
    assert driver.next(document) is None  # the same frame
    clock.now += 0.52
    assert close(driver.next(document), expected(jawOpen=0.5))
    driver.stop()
    assert driver.next(document) is None


def test_a_motion_of_another_head_is_a_sentence(clock: Clock, document: Document) -> None:
    driver = Driver(clock)
    foreign = replace(ramp(has_arkit=False), head="FLAME 2023")
    driver.load(foreign)
    assert driver.next(document) is None
    assert isinstance(driver.failure, HeadMismatch)
    assert "FLAME" in driver.failure.message


def test_options_survive_settings_and_nonsense_does_not() -> None:
    options = DriveOptions(relative=False, mouth=1.5, smoothing=0.2, only="pose")
    assert from_plain(to_plain(options)) == options
    assert from_plain({"mouth": 99.0, "jaw": "x", "only": "all of it", "new": 1}) == DriveOptions(
        mouth=2.0
    )
