"""The hand: work in order, the newest of a name, results in poll, no thread that stays."""

import threading
import time

import pytest

import app.hand
from app.hand import Hand


@pytest.fixture
def hand():
    made = Hand()
    yield made
    assert made.close()


def finish(hand, troubles=None):
    end = time.monotonic() + 20
    while hand.is_busy:
        hand.poll((troubles if troubles is not None else []).append)
        assert time.monotonic() < end
        time.sleep(0.001)


def test_results_come_in_order_and_only_from_poll(hand):
    heard = []
    for number in range(20):
        hand.do(lambda number=number: number * 2, heard.append)
    time.sleep(0.05)
    assert heard == []
    finish(hand)
    assert heard == list(range(0, 40, 2))


def test_of_work_with_one_name_only_the_newest_that_waits_is_done(hand):
    gate, done, heard = threading.Event(), [], []
    hand.do(gate.wait)
    for number in range(10):
        hand.do(lambda number=number: done.append(number), newest="drag")
    hand.do(lambda: done.append("end"), heard.append)
    gate.set()
    finish(hand)
    assert done == [9, "end"]
    assert len(heard) == 1


def test_what_fails_is_told_and_the_rest_goes_on(hand):
    troubles, heard = [], []
    hand.do(lambda: 1 / 0, heard.append)
    hand.do(lambda: "fine", heard.append)
    finish(hand, troubles)
    assert [type(each) for each in troubles] == [ZeroDivisionError]
    assert heard == ["fine"]


def test_the_thread_ends_when_there_is_nothing_to_do_and_begins_again(monkeypatch):
    monkeypatch.setattr(app.hand, "RESTS_AFTER", 0.01)
    hand, heard = Hand(), []
    for number in range(3):
        hand.do(lambda number=number: number, heard.append)
        finish(hand)
        end = time.monotonic() + 20
        while any(thread.name == "hand" for thread in threading.enumerate()):
            assert time.monotonic() < end
            time.sleep(0.002)
    assert heard == [0, 1, 2]
    assert hand.close()


def test_the_window_is_woken_by_results():
    woken = threading.Event()
    hand = Hand(woken.set)
    hand.do(lambda: None)
    assert woken.wait(20)
    assert hand.close()


def test_after_closing_nothing_is_done():
    hand, done = Hand(), []
    assert hand.close()
    hand.do(lambda: done.append(1))
    assert not hand.is_busy
    assert done == []


def test_without_a_thread_work_is_done_at_once_and_told_by_poll():
    hand, heard = Hand(threaded=False), []
    hand.do(lambda: 3, heard.append)
    assert heard == []
    hand.poll(heard.append)
    assert heard == [3]
