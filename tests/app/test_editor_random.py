"""A thousand operations in any order, all undone: the first document again, the same object."""

import random
from dataclasses import replace

import pytest
import torch

from app.document import Document
from app.editor import Editor
from app.jobs import tasks
from app.presets import PRESETS
from avatars.edits.layer import Layer
from avatars.head.tables import ARKIT_NAMES
from renderer.errors import UserError
from tests.make_editor import document, editor, origin

STEPS = 1000


class Hand:
    """Does things to an editor, and knows what must come of them."""

    def __init__(self, made: Editor, chance: random.Random) -> None:
        self.editor, self.chance = made, chance
        self.name = "Ada"

    def do(self) -> None:
        self.chance.choice(
            [
                self.slide, self.slide, self.drag, self.turn, self.shape, self.drag_shape,
                self.preset, self.rename, self.look, self.option, self.live, self.undo, self.undo,
                self.redo, self.jump, self.layer, self.reconstruct, self.fail, self.errand,
                self.half_a_drag, self.reset, self.request,
            ]
        )()  # fmt: skip

    def weights(self) -> dict[str, float]:
        names = self.chance.sample(ARKIT_NAMES, self.chance.randint(1, 3))
        return {name: self.chance.random() for name in names}

    def slide(self) -> None:
        self.editor.set_arkit(self.weights(), final=True)

    def drag(self) -> None:
        names = self.weights()
        for part in (0.3, 0.7, 1.0):
            dragged = {name: part * weight for name, weight in names.items()}
            self.editor.set_arkit(dragged, final=False)
        self.editor.set_arkit(names, final=True)

    def half_a_drag(self) -> None:
        before = self.editor.document
        self.editor.set_arkit(self.weights(), final=False)
        self.editor.poll()
        self.editor.set_draft(None)
        assert self.editor.document is before

    def turn(self) -> None:
        state = self.editor.document.head_state
        assert state is not None
        pose = torch.tensor([self.chance.uniform(-0.3, 0.3) for _ in range(3)])
        name = self.chance.choice(["neck_pose", "leye_pose", "jaw_pose", "transl"])
        draft = self.chance.random() < 0.3
        self.editor.set_head_state(replace(state, **{name: pose}), "Turn", draft=draft)
        if draft:
            self.editor.commit_draft("Turn", merge=self.chance.choice([None, "turn"]))

    def shape(self) -> None:
        self.editor.set_betas(self.chance.randint(0, 1), self.chance.uniform(-2, 2), final=True)

    def drag_shape(self) -> None:
        self.editor.set_betas(0, self.chance.random(), final=False)
        self.editor.commit_draft("Shape")

    def preset(self) -> None:
        each = self.chance.choice(PRESETS)
        self.editor.set_face(each.weights, each.label)

    def reset(self) -> None:
        self.chance.choice([self.editor.reset_face, self.editor.reset_shape])()

    def rename(self) -> None:
        self.editor.set_name(f"{self.name} {self.chance.randint(0, 99)}")

    def layer(self) -> None:
        shown = self.editor.document
        added = Layer(id=str(self.chance.random()), name="Paint", kind="adjust", visible=False)
        layers = (*shown.layers[-2:], added)
        self.editor.commit("Paint", replace(shown, layers=layers), self.chance.choice([None, "p"]))

    def look(self) -> None:
        orbit = self.editor.view.orbit.orbited(self.chance.random(), self.chance.random())
        self.editor.set_orbit(orbit.zoomed(1.1, (0.1, 0.2)).panned(0.1, 0.0))

    def option(self) -> None:
        self.editor.set_options(mesh_overlay=self.chance.random() < 0.5)
        self.editor.set_tool(self.chance.choice(["orbit", "gaze", "head"]))

    def live(self) -> None:
        self.editor.set_live(self.chance.choice([None, self.editor.document.head_state]))

    def request(self) -> None:
        assert self.editor.request(32, 32, moving=False) is self.editor.request(
            32, 32, moving=False
        )

    def undo(self) -> None:
        self.editor.undo()

    def redo(self) -> None:
        self.editor.redo()

    def jump(self) -> None:
        history = self.editor.history
        step = history.cursor + self.chance.randint(-3, 3)
        self.editor.jump(min(max(step, 0), len(history) - 1))

    def reconstruct(self) -> None:
        made = replace(BASE, lineage=self.chance.randint(1000, 2000), origin=origin())
        self.editor.start(
            lambda progress: tasks.Made(made, ()),
            "Reconstruct",
            lambda result: self.editor.apply_avatar(result.document, "Reconstruct"),
        )
        if self.chance.random() < 0.3:
            self.slide()  # then the result waits, and now and then it is asked for
        self.editor.poll()
        waiting = [n.action_id for n in self.editor.notices if n.action_id]
        if waiting and self.chance.random() < 0.5:
            self.editor.do(waiting[-1])

    def fail(self) -> None:
        before = self.editor.document

        def task(progress) -> None:
            progress.report(0.5)
            raise UserError("It did not work.", "Try again.")

        job = self.editor.start(task, "Fail", lambda result: 1 / 0)
        if self.chance.random() < 0.5:
            self.editor.cancel(job)
        self.editor.poll()
        assert self.editor.document is before

    def errand(self) -> None:
        self.editor.start(lambda progress: 1, "Errand", lambda result: None, "light", quiet=True)
        self.editor.poll()


BASE = document(seed=9)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_thousand_operations_undone_give_the_first_document_again(tmp_path, seed):
    made, chance = editor(tmp_path), random.Random(seed)
    first = document()
    made.open_document(first)
    made.set_arkit({"jawOpen": 0.123}, final=True)
    hand = Hand(made, chance)
    for _ in range(STEPS):
        hand.do()
        assert made.history.current is made.document
        assert made.draft is None
    steps = made.history.documents()
    cursor = made.history.cursor
    assert len(steps) > 20, "the operations must lead somewhere"
    for step in reversed(steps[:cursor]):
        made.undo()
        assert made.document is step
    assert made.document is first
    assert not made.is_dirty
    assert not made.history.can_undo
    for step in steps[1:]:
        made.redo()
        assert made.document is step


def checksum(made: Document) -> float:
    """A number that changes with any tensor of a document's avatar and face."""
    assert made.avatar is not None
    assert made.head_state is not None
    total = 0.0
    for owner in (made.head_state, made.avatar.identity, made.avatar.maps):
        for value in vars(owner).values():
            if isinstance(value, torch.Tensor):
                total += float(value.double().abs().sum())
    return total


def test_no_operation_changes_a_tensor_of_a_document_in_place(tmp_path):
    made, chance = editor(tmp_path), random.Random(7)
    first = document()
    made.open_document(first)
    before = checksum(first)
    kept: list[tuple[Document, float]] = [(first, before)]
    hand = Hand(made, chance)
    for _ in range(200):
        hand.do()
        kept.append((made.document, checksum(made.document)))
    for each, number in kept:
        assert checksum(each) == number
