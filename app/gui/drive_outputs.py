"""What is made of the driven face: a recording, VMC and a camera for other programs."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.action_drives import can_record
from app.gui.theme import colors
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor


def outputs(ui: Ui, editor: "Editor") -> None:
    """Draw what is sent to other programs."""
    _vmc(ui, editor)
    _camera(ui, editor)


def _camera(ui: Ui, editor: "Editor") -> None:
    camera, p = editor.driving.camera, colors()
    tip = "What the viewport shows, as a camera for calls and streams"
    changed, on = ui.toggle("Virtual camera", camera is not None, tooltip=tip)
    if changed:
        editor.driving.be_camera(on=on)
    if camera is None or changed:
        return
    if camera.problem is not None:
        icon = icons.ICON_FA_CIRCLE_EXCLAMATION
        ui.sentence(icon, camera.problem.message, p.error, camera.problem.remedy)
    elif camera.device:
        ui.sentence(icons.ICON_FA_CIRCLE, f"Sending to {camera.device}.", p.good)
    else:
        ui.sentence(icons.ICON_FA_HOURGLASS_HALF, "Starting the virtual camera.", p.muted)


def record(ui: Ui, editor: "Editor") -> None:
    """Draw the button that records."""
    recorder = editor.driver.recorder
    if recorder is None:
        tip = "Into a motion on the timeline. F9"
        label = f"{icons.ICON_FA_CIRCLE}  Record##Record"
        if ui.button(label, can_record(editor), tip, width=-1):
            editor.do("record")
        return
    if ui.button(f"{icons.ICON_FA_STOP}  Stop recording##Record", width=-1, tooltip="F9"):
        editor.do("record")
    ui.tinted(f"{icons.ICON_FA_CIRCLE}  {recorder.seconds:.1f} s", colors().error)


def _vmc(ui: Ui, editor: "Editor") -> None:
    sending = editor.driving.sending
    tip = "The shown face to another program, such as VSeeFace or Warudo"
    changed, on = ui.toggle("Send VMC", sending.is_on, tooltip=tip)
    if changed and on:
        sending.start()
    elif changed:
        sending.stop()
    if not sending.is_on:
        return
    host, port = sending.receiver
    address = ui.edit_text("To", host, "127.0.0.1")
    if address.finished and address.value.strip():
        sending.send_to(address.value, port)
    number = ui.edit_text("Its port", str(port), "39539")
    if number.finished and number.value.strip().isdecimal():
        sending.send_to(host, int(number.value.strip()[:6]))
