"""What the window asks or tells in the middle of the screen."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.modal import close, enter_pressed, escape_pressed, modal
from app.gui.pieces import accent_button, bold, button_width, colored, muted, to_the_right
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor, Prompt, PromptChoice
    from app.notices import Notice

LISTED = ("choose-method", "choose", "restore")
"""Prompts whose answers are shown as a list; the others are a row of buttons."""
ACCEPT = {"choose-method": "Start", "restore": "Continue"}
"""What the button says that takes the chosen answer of a list."""


class PromptDialog:
    """Asks what the editor wants to know."""

    def __init__(self) -> None:
        self._asked: Prompt | None = None
        self._at = 0

    def draw(self, ui: Ui, editor: "Editor") -> None:
        """Draw the question, if there is one, and hand the answer over."""
        prompt = editor.prompt
        if prompt is None:
            self._asked = None
            return
        if prompt is not self._asked:
            self._asked = prompt
            ids = [choice.id for choice in prompt.choices]
            self._at = ids.index(prompt.default) if prompt.default in ids else 0
        with modal(f"##prompt-{prompt.kind}", prompt.title, 520), ui.scope("Prompt"):
            if prompt.text:
                muted(prompt.text)
            answer = self._list(ui, prompt) if prompt.kind in LISTED else _row(ui, prompt)
            if answer is not None:
                close()
        if answer is not None:
            editor.answer(answer or None)

    def _list(self, ui: Ui, prompt: "Prompt") -> str | None:
        """The answer: a choice's id, empty for cancel, None for not yet."""
        cards = [choice for choice in prompt.choices if choice.id != "cancel"]
        count = len(cards)
        for key, step in ((imgui.Key.down_arrow, 1), (imgui.Key.up_arrow, -1)):
            if imgui.is_key_pressed(key) and count:
                self._at = (self._at + step) % count
        imgui.dummy(ImVec2(0, px(2)))
        for number, choice in enumerate(cards):
            if _card(ui, choice, selected=number == self._at):
                self._at = number
        imgui.dummy(ImVec2(0, px(4)))
        word = ACCEPT.get(prompt.kind, "OK")
        called_off = next((c.label for c in prompt.choices if c.id == "cancel"), "Cancel")
        chosen = cards[self._at] if count else None
        ready = chosen is not None and chosen.enabled
        to_the_right(called_off, word)
        if ui.button(f"{called_off}##Cancel") or escape_pressed():
            return ""
        imgui.same_line()
        if accent_button(ui, word, enabled=ready) or (ready and enter_pressed()):
            assert chosen is not None
            return chosen.id
        return None


def _card(ui: Ui, choice: "PromptChoice", *, selected: bool) -> bool:
    """Whether the card of a choice was pressed."""
    p = theme.colors()
    wide = imgui.get_content_region_avail().x
    inner = wide - px(28)
    lines = [choice.detail] if choice.enabled else [choice.detail, choice.why_not]
    shown = [line for line in lines if line]
    heights = [imgui.calc_text_size(line, wrap_width=inner).y for line in shown]
    height = imgui.get_text_line_height() + sum(h + px(4) for h in heights) + px(22)
    corner = imgui.get_cursor_screen_pos()
    pressed = imgui.invisible_button(f"##{choice.id}", ImVec2(wide, height))
    ui.record(choice.id)
    hovered = imgui.is_item_hovered()
    draw = imgui.get_window_draw_list()
    end = ImVec2(corner.x + wide, corner.y + height)
    ground = p.accent_soft if selected else p.frame if hovered else p.panel
    draw.add_rect_filled(corner, end, theme.u32(ground), px(8))
    draw.add_rect(corner, end, theme.u32(p.accent if selected else p.line), px(8), thickness=px(1))
    fade = 1.0 if choice.enabled else 0.55
    x, y = corner.x + px(14), corner.y + px(11)
    imgui.push_font(theme.strong(), theme.FONT_SIZE)
    draw.add_text(ImVec2(x, y), theme.u32(p.text, fade), choice.label)
    imgui.pop_font()
    y += imgui.get_text_line_height() + px(4)
    for line, tall in zip(shown, heights, strict=True):
        color = p.warning if line == choice.why_not and not choice.enabled else p.muted
        font = imgui.get_font()
        draw.add_text(font, imgui.get_font_size(), ImVec2(x, y), theme.u32(color), line, inner)
        y += tall + px(4)
    return pressed


def _row(ui: Ui, prompt: "Prompt") -> str | None:
    imgui.dummy(ImVec2(0, px(4)))
    labels = [choice.label for choice in prompt.choices]
    if button_width(*labels) <= imgui.get_content_region_avail().x:
        to_the_right(*labels)
    # The main answer stands at the right, as in every dialog.
    for number, choice in enumerate(reversed(prompt.choices)):
        if number:
            imgui.same_line()
        if choice.id == prompt.default:
            pressed = accent_button(ui, choice.label, enabled=choice.enabled)
        else:
            pressed = ui.button(choice.label, enabled=choice.enabled, tooltip=choice.detail)
        if pressed:
            return choice.id
    if escape_pressed():
        return ""
    return prompt.default if enter_pressed() and prompt.default else None


class BugDialog:
    """Says that something went wrong that should not have, and that nothing is lost."""

    def __init__(self) -> None:
        self._known: dict[int, Notice] = {}
        self._shown: list[Notice] = []

    def draw(self, ui: Ui, editor: "Editor") -> None:
        """Draw the oldest one that was not closed."""
        listed = {id(notice): notice for notice in editor.notices if notice.is_bug}
        self._shown += [notice for key, notice in listed.items() if key not in self._known]
        self._known = listed
        if not self._shown:
            return
        notice = self._shown[0]
        with modal("##bug", notice.message, 560), ui.scope("Bug"):
            muted(notice.remedy)
            _report(notice.detail)
            to_the_right("Copy report", "Open log", "Close")
            if ui.button("Copy report"):
                imgui.set_clipboard_text(notice.detail)
            imgui.same_line()
            if ui.button("Open log"):
                editor.wants.add("open-log")
            imgui.same_line()
            if accent_button(ui, "Close") or escape_pressed() or enter_pressed():
                self._shown.pop(0)
                close()


def _report(detail: str) -> None:
    imgui.push_style_color(imgui.Col_.child_bg, theme.rgba(theme.colors().ground))
    imgui.begin_child("##report", ImVec2(0, px(150)), imgui.ChildFlags_.borders)
    with colored(theme.colors().muted):
        imgui.text_unformatted(detail)
    imgui.set_scroll_here_y(1.0)
    imgui.end_child()
    imgui.pop_style_color()


def about(ui: Ui) -> bool:
    """Draw what the program is; returns whether it stays open."""
    from app import __version__

    stays = True
    with modal("##about", "", 420), ui.scope("About"):
        with bold(1.5):
            imgui.text("avatar-gui")
        muted(f"Version {__version__}")
        imgui.dummy(ImVec2(0, px(4)))
        imgui.text_wrapped("Photoreal 3D head avatars of Gaussian splats, from a photo.")
        muted("Apache License 2.0. Everything is computed on this machine.")
        with colored(theme.colors().muted):
            imgui.text(f"{icons.ICON_FA_KEYBOARD}  F1 shows all shortcuts")
        to_the_right("Close")
        if accent_button(ui, "Close") or escape_pressed() or enter_pressed():
            stays = False
            close()
    return stays
