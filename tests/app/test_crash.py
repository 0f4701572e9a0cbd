"""A program that is killed loses little work, and never the file that was there."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.autosave import recoverable
from avatars.files.avatar_file import read_avatar
from tests.make_avatar import nowhere
from tests.make_editor import document, editor, settle

SESSION = """
import sys, time
from dataclasses import replace
from pathlib import Path
from app.editor import Editor
from app.settings import Settings
from app.document import document_of
from avatars.files.avatar_file import read_avatar
from tests.make_editor import places

folder, file, saves = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "saves"
editor = Editor(Settings(autosave_seconds=0.4), places=places(folder))
editor.open_document(document_of(read_avatar(file, lambda wanted: None)), file)
number = 0
print("ready", flush=True)
while True:
    number += 1
    editor.commit("Edit", replace(editor.document, name=f"edit {number}"))
    print(number, time.time(), flush=True)
    if saves and number % 40 == 0:
        editor.save()
    editor.poll()
    time.sleep(0.01)
"""


@pytest.mark.parametrize(("saves", "seconds"), [(False, 2.0), (True, 1.3), (True, 1.7)])
def test_being_killed_loses_little_work_and_never_the_old_file(tmp_path, saves, seconds):
    file = tmp_path / "work.avatar"
    first = editor(tmp_path / "first")
    first.open_document(document("edit 0"))
    first.save(file)
    settle(first)
    how = "saves" if saves else "edits"
    with subprocess.Popen(
        [sys.executable, "-c", SESSION, str(tmp_path), str(file), how],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        edits = {}
        for line in child.stdout.read().splitlines():
            number, _, moment = line.partition(" ")
            if moment:
                edits[int(number)] = float(moment)
    last = max(edits)

    def number_in(path: Path) -> int:
        return int(read_avatar(path, nowhere).avatar.identity.name.removeprefix("edit "))

    saved = number_in(file)  # reads: so it is whole
    assert saves or saved == 0
    copies = recoverable(tmp_path / "data" / "autosave")
    kept = max([saved, *(number_in(copy.file) for copy in copies)])
    assert kept > 0, "nothing was kept at all"
    assert edits[last] - edits[kept] <= 30
    for copy in copies:
        assert copy.path == file
    assert not list((tmp_path / "data" / "autosave").glob(".*.part"))
