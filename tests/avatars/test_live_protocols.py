import contextlib
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.demo import builtin_head
from avatars.head.arkit_names import ARKIT_NAMES
from avatars.live.live_link import NAMES, NotLiveLink, read_live_link, write_live_link
from avatars.live.mocap_text import NotMocapText, read_mocap_text, write_mocap_text
from avatars.live.signal import FaceSignal, euler, mirrored, signal_state, state_signal
from avatars.live.vmc import NotVmc, VmcReader, vmc_packets

JAW = ARKIT_NAMES.index("jawOpen")
SMILE = ARKIT_NAMES.index("mouthSmileLeft")


def osc(address: str, types: str, *values: object) -> bytes:
    """An OSC message by hand, as the specification of OSC 1.0 writes it."""

    def text(content: str) -> bytes:
        raw = content.encode() + b"\0"
        return raw + b"\0" * (-len(raw) % 4)

    body = b""
    for kind, value in zip(types, values, strict=True):
        if kind == "s":
            body += text(str(value))
        else:
            body += struct.pack(">i" if kind == "i" else ">f", value)
    return text(address) + text("," + types) + body


def bundle(*messages: bytes) -> bytes:
    parts = b"".join(struct.pack(">i", len(each)) + each for each in messages)
    return b"#bundle\0" + struct.pack(">q", 1) + parts


def live_link(values: list[float], device: str = "D" * 36, subject: str = "Anna") -> bytes:
    head = struct.pack(">B", 6)
    for content in (device, subject):
        head += struct.pack(">i", len(content)) + content.encode()
    head += struct.pack(">ifii", 7, 0.5, 60, 1)
    return head + (struct.pack(f">B{len(values)}f", len(values), *values) if values else b"")


def test_a_live_link_packet_is_read_by_the_names_of_its_order() -> None:
    values = [0.0] * 61
    values[17], values[23] = 0.6, 0.25  # jawOpen, mouthSmileLeft
    values[52:55] = [0.3, 0.1, 0.0]
    packet = live_link(values)
    assert len(packet) == 310  # what an open encoder writes for a subject of four letters
    assert packet[4] == 0x24  # the "$" that naive decoders see
    read = read_live_link(packet)
    assert (read.subject, read.frame, read.device) == ("Anna", 7, "D" * 36)
    assert read.signal.weights[JAW] == pytest.approx(0.6)
    assert read.signal.weights[SMILE] == pytest.approx(0.25)
    assert np.count_nonzero(read.signal.weights) == 2
    np.testing.assert_allclose(read.signal.head, euler(0.1, 0.3, 0))


def test_the_live_link_order_holds_every_arkit_name_once() -> None:
    assert sorted(NAMES) == sorted(ARKIT_NAMES)


def test_a_live_link_packet_without_values_says_the_face_is_lost() -> None:
    assert read_live_link(live_link([])).signal.is_lost


@given(st.lists(st.floats(0, 1, width=32), min_size=52, max_size=52))
def test_live_link_keeps_all_weights(weights: list[float]) -> None:
    signal = FaceSignal(np.array(weights), np.zeros(3), np.zeros(3))
    packet = write_live_link(signal, "Face", 1, "x" * 36)
    np.testing.assert_allclose(read_live_link(packet).signal.weights, weights, atol=1e-7)


@given(st.binary(max_size=900))
def test_random_bytes_are_no_live_link(content: bytes) -> None:
    for packet in (content, b"\x06" + content):
        try:
            read_live_link(packet)
        except NotLiveLink:
            continue


@given(st.integers(0, 309))
def test_a_live_link_packet_cut_short_is_refused_or_lost(length: int) -> None:
    with contextlib.suppress(NotLiveLink):
        assert read_live_link(live_link([0.5] * 61)[:length]).signal.is_lost


def test_hostile_numbers_are_tamed() -> None:
    values = [float("nan"), float("inf"), -5.0, 1e30] + [0.0] * 48 + [1e20, float("nan"), 0] * 3
    signal = read_live_link(live_link(values)).signal
    assert np.isfinite(signal.weights).all()
    assert signal.weights.max() <= 2
    assert signal.weights.min() >= 0
    assert np.isfinite(signal.head).all()


def test_an_ifacialmocap_text_is_read() -> None:
    packet = (
        b"mouthSmile_L-25|eyeBlink_R-100|jawOpen-60|browInnerUp-7|trackingStatus-1|"
        b"=head#10.0,-20.0,5.5,0.5,-1.0,3.0|rightEye#1,2,0|leftEye#3,-4,0|"
    )
    signal = read_mocap_text(packet)
    assert signal.weights[SMILE] == pytest.approx(0.25)
    assert signal.weights[ARKIT_NAMES.index("eyeBlinkRight")] == pytest.approx(1.0)
    assert signal.weights[JAW] == pytest.approx(0.6)
    np.testing.assert_allclose(signal.head, euler(*np.radians([10.0, -20.0, 5.5])))
    np.testing.assert_allclose(signal.place, [0.05, -0.1, 0.3])
    assert signal.left_eye is not None
    np.testing.assert_allclose(signal.left_eye, euler(*np.radians([3.0, -4.0, 0])))


def test_facemotion_text_is_read_too() -> None:
    signal = read_mocap_text(b"mouthSmileLeft&40|jawOpen&33|FM_extra&12|=head#0,0,0,0,0,0|")
    assert signal.weights[SMILE] == pytest.approx(0.4)
    assert signal.weights[JAW] == pytest.approx(0.33)


@given(st.lists(st.integers(0, 100), min_size=52, max_size=52))
def test_mocap_text_keeps_all_weights(percent: list[int]) -> None:
    signal = FaceSignal(np.array(percent) / 100, np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(read_mocap_text(write_mocap_text(signal)).weights, signal.weights)


@given(st.one_of(st.binary(max_size=600), st.text("jawOpen-|=head#,0123456789._LR&", max_size=300)))
def test_any_text_is_read_or_refused(content: bytes | str) -> None:
    packet = content if isinstance(content, bytes) else content.encode()
    try:
        signal = read_mocap_text(packet)
    except NotMocapText:
        return
    assert np.isfinite(signal.weights).all()
    assert np.isfinite(signal.head).all()


def test_vmc_values_count_when_they_are_applied() -> None:
    reader = VmcReader()
    assert reader.feed(osc("/VMC/Ext/Blend/Val", "sf", "jawOpen", 0.5)) is None
    signal = reader.feed(osc("/VMC/Ext/Blend/Apply", ""))
    assert signal is not None
    assert signal.weights[JAW] == pytest.approx(0.5)


def test_a_vmc_bundle_in_any_case_with_presets_and_bones() -> None:
    reader = VmcReader()
    half = float(np.sin(np.pi / 8))
    signal = reader.feed(
        bundle(
            osc("/VMC/Ext/OK", "i", 1),
            osc("/VMC/Ext/Bone/Pos", "sfffffff", "Head", 0, 0, 0, 0, -half, 0, np.cos(np.pi / 8)),
            osc("/VMC/Ext/Blend/Val", "sf", "MouthSmileLeft", 0.3),
            osc("/VMC/Ext/Blend/Val", "sf", "A", 0.5),
            osc("/VMC/Ext/Blend/Val", "sf", "Blink_L", 1.0),
            osc("/VMC/Ext/Blend/Apply", ""),
        )
    )
    assert signal is not None
    assert signal.weights[SMILE] == pytest.approx(0.3)
    assert signal.weights[JAW] == pytest.approx(0.3)
    assert signal.weights[ARKIT_NAMES.index("eyeBlinkLeft")] == pytest.approx(1)
    # Unity's -45 degrees about y is +45 here: to the subject's left.
    np.testing.assert_allclose(signal.head, [0, np.pi / 4, 0], atol=1e-6)


def test_what_is_sent_as_vmc_comes_back() -> None:
    rng = np.random.default_rng(2)
    signal = FaceSignal(
        rng.uniform(0, 1, 52), rng.normal(0, 0.3, 3), np.zeros(3), rng.normal(0, 0.1, 3),
        rng.normal(0, 0.1, 3),
    )  # fmt: skip
    reader = VmcReader()
    read = [reader.feed(packet) for packet in vmc_packets(signal, 1.5)]
    assert read[:2] == [None, None]
    back = read[2]
    assert back is not None
    np.testing.assert_allclose(back.weights, signal.weights, atol=1e-6)
    np.testing.assert_allclose(back.head, signal.head, atol=1e-6)
    assert back.left_eye is not None
    assert signal.left_eye is not None
    np.testing.assert_allclose(back.left_eye, signal.left_eye, atol=1e-6)
    assert max(len(packet) for packet in vmc_packets(signal, 1.5)) < 1500


@given(st.binary(max_size=400))
def test_random_bytes_are_no_vmc(content: bytes) -> None:
    for packet in (content, b"#bundle\0" + content, b"/VMC/Ext/Blend/Val\0\0,sf\0" + content):
        try:
            VmcReader().feed(packet)
        except NotVmc:
            continue


@given(st.integers(0, 200))
def test_a_vmc_bundle_cut_short_is_refused_or_ignored(length: int) -> None:
    whole = bundle(osc("/VMC/Ext/Blend/Val", "sf", "jawOpen", 0.5), osc("/VMC/Ext/Blend/Apply", ""))
    with contextlib.suppress(NotVmc):
        VmcReader().feed(whole[:length])


def test_messages_of_wrong_types_are_ignored() -> None:
    reader = VmcReader()
    reader.feed(osc("/VMC/Ext/Blend/Val", "fs", 0.5, "jawOpen"))
    reader.feed(osc("/VMC/Ext/Bone/Pos", "sfff", "Head", 1, 2, 3))
    reader.feed(osc("/VMC/Ext/Blend/Val", "sf", "jawOpen", float("nan")))
    signal = reader.feed(osc("/VMC/Ext/Blend/Apply", ""))
    assert signal is not None
    assert not signal.weights.any()


def test_a_signal_moves_the_head_and_comes_back_from_its_state() -> None:
    head = builtin_head()
    weights = np.zeros(52)
    weights[JAW], weights[SMILE] = 0.5, 0.4
    signal = FaceSignal(weights, np.array([0.1, -0.2, 0.05]), np.array([0, 0.01, 0]))
    state = signal_state(head, signal)
    assert float(state.jaw_pose.norm() + state.expression.norm()) > 0.01
    back = state_signal(head, state)
    np.testing.assert_allclose(back.weights[JAW], 0.5, atol=0.05)
    np.testing.assert_allclose(back.weights[SMILE], 0.4, atol=0.05)
    np.testing.assert_allclose(back.head, signal.head, atol=1e-6)


def test_eye_angles_replace_the_look_weights() -> None:
    head = builtin_head()
    weights = np.zeros(52)
    weights[ARKIT_NAMES.index("eyeLookUpLeft")] = 1
    eye = np.array([0.1, 0.2, 0])
    state = signal_state(head, FaceSignal(weights, np.zeros(3), np.zeros(3), eye, eye))
    torch.testing.assert_close(state.leye_pose, torch.tensor([0.1, 0.2, 0.0]))


@given(st.integers(0, 1000))
def test_a_mirror_of_a_mirror_is_the_face(seed: int) -> None:
    rng = np.random.default_rng(seed)
    signal = FaceSignal(
        rng.uniform(0, 1, 52), rng.normal(size=3), rng.normal(size=3), rng.normal(size=3), None
    )
    once = mirrored(signal)
    assert once.weights[SMILE] == signal.weights[ARKIT_NAMES.index("mouthSmileRight")]
    assert (
        once.weights[ARKIT_NAMES.index("jawLeft")] == signal.weights[ARKIT_NAMES.index("jawRight")]
    )
    assert once.head[1] == -signal.head[1]
    assert once.right_eye is not None
    again = mirrored(once)
    np.testing.assert_array_equal(again.weights, signal.weights)
    np.testing.assert_array_equal(again.head, signal.head)
    np.testing.assert_array_equal(again.place, signal.place)
