"""Undo and redo: the same objects come back, steps merge, memory is bounded."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.document import Document
from app.history import History, array_sizes

MANY = 1 << 40


def named(name: str, **changes) -> Document:
    return Document(name=name, **changes)


def history_of(*names: str, budget: int = MANY) -> tuple[History, list[Document]]:
    history, documents = History(budget), [named(name) for name in names]
    for document in documents:
        history.push(document.name, document)
    return history, documents


def test_undo_restores_the_same_document_and_redo_the_later_one():
    history, (first, second, third) = history_of("a", "b", "c")
    assert history.current is third
    assert history.undo() is second
    assert history.undo() is first
    assert not history.can_undo
    assert history.undo() is first
    assert history.redo() is second
    assert history.redo() is third
    assert not history.can_redo
    assert history.redo() is third


def test_labels_say_what_undo_and_redo_would_do():
    history, _ = history_of("Open", "Smile", "Frown")
    history.undo()
    assert history.labels() == ["Open", "Smile", "Frown"]
    assert (history.undo_label, history.redo_label, history.cursor) == ("Smile", "Frown", 1)
    history.jump(0)
    assert (history.undo_label, history.redo_label) == ("", "Smile")


def test_a_new_step_forgets_what_was_undone():
    history, (first, *_) = history_of("a", "b", "c")
    history.jump(0)
    other = named("d")
    history.push("d", other)
    assert history.labels() == ["a", "d"]
    assert history.undo() is first


def test_steps_with_the_same_key_become_one_until_sealed():
    history, (start,) = history_of("start")
    for name in ("b", "c", "d"):
        history.push("Rename", named(name), "name")
    assert history.labels() == ["start", "Rename"]
    assert history.current.name == "d"
    history.seal()
    history.push("Rename", named("e"), "name")
    assert len(history) == 3
    history.push("Other", named("f"), "other")
    history.push("Plain", named("g"))
    history.push("Plain", named("h"))
    assert len(history) == 6
    assert history.jump(0) is start


def test_after_an_undo_nothing_merges_into_what_was_undone():
    history, _ = history_of("start")
    history.push("Rename", named("b"), "name")
    history.undo()
    history.push("Rename", named("c"), "name")
    assert history.labels() == ["start", "Rename"]
    history.push("Rename", named("d"), "name")
    history.undo()
    assert history.current.name == "start"


def test_the_first_step_is_never_merged_into():
    history = History(MANY)
    history.push("Open", named("a"), "key")
    history.push("Edit", named("b"), "key")
    assert history.undo().name == "a"


def test_a_step_that_does_not_exist_is_refused():
    history, _ = history_of("a")
    for index in (-1, 1):
        with pytest.raises(IndexError, match="no step"):
            history.jump(index)
    with pytest.raises(IndexError, match="empty"):
        _ = History(1).current


def layer(count: int, fill: int = 0) -> np.ndarray:
    return np.full(count, fill, np.uint8)


def test_arrays_that_steps_share_are_counted_once():
    shared, history = layer(1000), History(MANY)
    for number in range(5):
        history.push("Edit", named(str(number), layers=(shared, layer(10))))
    assert history.bytes_held == 1000 + 5 * 10
    history.jump(0)
    history.push("Edit", named("x", layers=(shared,)))
    assert history.bytes_held == 1000 + 10


def test_past_the_budget_the_oldest_steps_go():
    history = History(3500)
    for number in range(10):
        history.push(str(number), named(str(number), layers=(layer(1000),)))
    assert history.labels() == ["7", "8", "9"]
    assert history.cursor == 2
    assert history.bytes_held == 3000


def test_the_last_edit_can_be_undone_whatever_the_budget():
    history = History(1)
    for number in range(4):
        history.push(str(number), named(str(number), layers=(layer(1000),)))
    assert history.labels() == ["2", "3"]
    assert history.can_undo


def test_views_count_as_what_they_are_a_view_of():
    whole = np.zeros((10, 10), np.float32)
    tensor = torch.zeros(50)
    sizes = dict(
        array_sizes(
            named(
                "a",
                layers=(whole, whole[2:], whole.T, tensor, tensor[3:], {"a": b"12345"}, [None, 3]),
            )
        )
    )
    assert sorted(sizes.values()) == [5, 200, 400]


def test_an_array_and_a_tensor_that_share_memory_count_once():
    whole = np.zeros(100, np.float32)
    sizes = dict(array_sizes(named("a", layers=(whole, torch.from_numpy(whole)))))
    assert list(sizes.values()) == [400]


@given(st.lists(st.sampled_from(["push", "merge", "undo", "redo", "seal", "jump"]), max_size=60))
def test_any_sequence_keeps_cursor_bytes_and_objects_consistent(operations):
    history, start = History(900), named("start", layers=(layer(100),))
    history.push("start", start)
    for number, operation in enumerate(operations):
        before = history.current
        if operation in ("push", "merge"):
            pushed = replace(before, layers=(*before.layers[-2:], layer(100)))
            history.push(str(number), pushed, "key" if operation == "merge" else None)
            assert history.current is pushed
        elif operation == "undo":
            history.undo()
        elif operation == "redo":
            history.redo()
        elif operation == "seal":
            history.seal()
        else:
            assert history.jump(number % len(history)) is history.documents()[history.cursor]
        assert 0 <= history.cursor < len(history)
        distinct = {id(item): item for each in history.documents() for item in each.layers}
        assert history.bytes_held == sum(item.nbytes for item in distinct.values())
        assert history.bytes_held <= 900 or len(history) == 2
