"""A question to the person, as a value; the window shows it, the editor acts on the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PromptKind = Literal["choose-method", "unsaved", "restore", "choose"]
Answer = Callable[[str], None]


@dataclass(frozen=True)
class PromptChoice:
    """One answer.

    Attributes:
        id: what the editor is told.
        label: a few words for its button.
        detail: one more sentence.
        enabled: whether it can be chosen.
        why_not: one sentence, if it cannot.
    """

    id: str
    label: str
    detail: str = ""
    enabled: bool = True
    why_not: str = ""


@dataclass(frozen=True, eq=False)
class Prompt:
    """A question. Enter gives the default, Escape no answer, which changes nothing.

    Attributes:
        kind: what it is about.
        title: a few words.
        text: a sentence or two.
        choices: the answers.
        path: the file it is about, or None.
        default: id of the choice that Enter takes; empty if there is none.
        act: carries out the answer.
    """

    kind: PromptKind
    title: str
    text: str
    choices: tuple[PromptChoice, ...]
    act: Answer
    path: Path | None = None
    default: str = ""

    def choice(self, choice_id: str) -> PromptChoice | None:
        """The choice of an id that can be chosen, or None."""
        for each in self.choices:
            if each.id == choice_id and each.enabled:
                return each
        return None


def first_enabled(choices: tuple[PromptChoice, ...]) -> str:
    """Id of the first choice that can be chosen, or nothing."""
    return next((each.id for each in choices if each.enabled), "")
