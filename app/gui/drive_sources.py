"""What is chosen of a live source: camera, film, or address and port of a network."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.driving.choice import PORTS, SIZES
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor

_ADDRESSES = "drive.addresses"
_LOOK_EVERY = 3.0
"""Seconds between looks at this machine's addresses."""


def camera_form(ui: Ui, editor: "Editor") -> None:
    """Draw which camera, and how."""
    driving, choice = editor.driving, editor.driving.choice
    if driving.cameras is None:
        driving.list_cameras()
    found = driving.cameras or ()
    numbers = [number for number, _ in found]
    names = [name for _, name in found]
    if choice.camera not in numbers:
        numbers.insert(0, choice.camera)
        names.insert(0, f"Camera {choice.camera + 1}" + (" (not found)" if found else ""))
    now = numbers.index(choice.camera)
    chosen = ui.combo("Camera", now, names)
    if chosen != now:
        driving.choose(camera=numbers[chosen])
    if driving.cameras == ():
        ui.muted("No camera was found on this machine.")
        if ui.button(f"{icons.ICON_FA_ROTATE_RIGHT}  Look again##Look again"):
            driving.list_cameras()
    sizes = [f"{width} × {height}" for width, height in SIZES]
    size = ui.combo("Resolution", choice.size, sizes, "What the camera is asked for")
    if size != choice.size:
        driving.choose(size=size)
    _mirror(ui, editor)


def film_form(ui: Ui, editor: "Editor") -> None:
    """Draw which film plays in a camera's place."""
    choice = editor.driving.choice
    ui.label("File")
    room = imgui.get_content_region_avail().x - px(36)
    start = imgui.get_cursor_pos_x()
    imgui.align_text_to_frame_padding()
    ui.fitted(Path(choice.video).name if choice.video else "None yet", room)
    ui.tooltip(choice.video)
    imgui.same_line(start + room + px(4))
    if ui.icon_button(icons.ICON_FA_FOLDER_OPEN, "Browse", "Choose a video"):
        editor.wants.add("drive-video-dialog")
    _mirror(ui, editor)


def _mirror(ui: Ui, editor: "Editor") -> None:
    tip = "Left and right changed over, as in a mirror"
    changed, _ = ui.toggle("Mirror", editor.driving.choice.mirror, tooltip=tip)
    if changed:
        editor.do("mirror")


def network_form(ui: Ui, editor: "Editor") -> None:
    """Draw where to listen and what to type into the sender."""
    driving, choice = editor.driving, editor.driving.choice
    found = _addresses(editor)
    hosts = [address for _, address in found]
    names = [_named(name, address) for name, address in found]
    if "0.0.0.0" not in hosts:
        hosts.append("0.0.0.0")
        names.append("All of them")
    if choice.host not in hosts:
        hosts.insert(0, choice.host)
        names.insert(0, f"{choice.host} (not here now)")
    now = hosts.index(choice.host)
    chosen = ui.combo("Listen on", now, names, "Which of this machine's addresses is open")
    if chosen != now:
        driving.choose(host=hosts[chosen])
    port = ui.edit_text("Port", str(choice.port or choice.usual_port), str(choice.usual_port))
    if port.finished:
        driving.choose(port=_port(port.value, choice.usual_port))
    if choice.kind == "ifacialmocap":
        phone = ui.edit_text("Phone", choice.phone, "its address, or empty")
        ui.tooltip("Asked for its stream, so that nothing has to be typed there")
        if phone.finished:
            driving.choose(phone=phone.value.strip())
    reachable = [host for host in hosts if _is_reachable(host)]
    if choice.host == "0.0.0.0" and reachable:
        ui.muted(f"This machine's address is {' or '.join(reachable[:3])}.")
    elif choice.kind != "vmc" and choice.host.startswith("127."):
        _offer_address(ui, editor, reachable)


def _offer_address(ui: Ui, editor: "Editor", hosts: list[str]) -> None:
    """A phone cannot reach the loopback."""
    if not hosts:
        ui.muted("This machine is on no network, so a phone cannot reach it.")
        return
    ui.muted("A phone reaches this machine only on its network address.")
    if ui.button(f"Listen on {hosts[0]}##Listen on the network"):
        editor.driving.choose(host=hosts[0])


def _is_reachable(host: str) -> bool:
    return not host.startswith(("127.", "0.", "169.254."))


def _named(name: str, address: str) -> str:
    if address.startswith("127."):
        return "This machine only"
    return f"{address} ({name})"


def _addresses(editor: "Editor") -> list[tuple[str, str]]:
    """The addresses of this machine, looked up now and then."""
    kept = editor.panel.get(_ADDRESSES)
    now = time.monotonic()
    if kept is None or now - kept[0] > _LOOK_EVERY:
        from app.sources.udp import addresses

        kept = editor.panel[_ADDRESSES] = now, addresses()
    found: list[tuple[str, str]] = kept[1]
    return found


def _port(text: str, usual: int) -> int:
    """The port that was typed; the usual one if it is none."""
    digits = "".join(each for each in text if each.isdecimal())[:6]
    number = int(digits) if digits else 0
    return number if PORTS[0] <= number <= PORTS[1] and number != usual else 0


def task_hint(ui: Ui, editor: "Editor") -> None:
    """Say what a download would make better, where it is missing."""
    from app.editing_methods import weights_folder
    from avatars.weights import FACE_LANDMARKER, fetch

    folder = weights_folder(editor)
    if FACE_LANDMARKER.is_present(folder):
        return
    title = f"Download {FACE_LANDMARKER.file}"
    jobs = [job for job in editor.jobs if job.is_active and job.title == title]
    ui.muted("Expressions are read more surely with MediaPipe's model.")
    if jobs:
        ui.progress(jobs[0].fraction)
    elif ui.button(
        f"{icons.ICON_FA_DOWNLOAD}  Download ({FACE_LANDMARKER.size / 1e6:.1f} MB)##Download",
        tooltip=FACE_LANDMARKER.licence,
    ):
        task = partial(fetch, FACE_LANDMARKER, folder)
        editor.start(task, title, None, "light", keeps_document=True)
