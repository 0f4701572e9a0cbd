import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from avatars.errors import MissingWeights
from avatars.progress import Cancelled, Progress, Report
from avatars.weights import FACE_LANDMARKER, Weights, fetch, weights_named

CONTENT = bytes(range(256)) * 1200


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        try:
            self.wfile.write(CONTENT)
            while self.path == "/endless":
                self.wfile.write(CONTENT)
        except OSError:  # the other side has had enough
            pass

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()


def weights(*urls: str, content: bytes = CONTENT) -> Weights:
    digest = hashlib.sha256(content).hexdigest()
    return Weights("net", "net.bin", urls, digest, len(CONTENT), "MIT", "more")


def test_a_download_arrives_whole_and_reports_how_far_it_is(server: str, tmp_path: Path) -> None:
    reports: list[Report] = []
    wanted = weights(f"{server}/net.bin")
    assert not wanted.is_present(tmp_path)
    path = fetch(wanted, tmp_path / "w", Progress(reports.append))
    assert path.read_bytes() == CONTENT
    assert wanted.is_present(tmp_path / "w")
    assert reports[-1].fraction == 1
    assert len(reports) > 10


def test_the_second_address_is_tried_when_the_first_fails(server: str, tmp_path: Path) -> None:
    path = fetch(weights(f"{server}/missing", f"{server}/net.bin"), tmp_path, Progress())
    assert path.read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "net.bin").write_bytes(CONTENT)
    assert fetch(weights("http://127.0.0.1:9/never"), tmp_path, Progress()).exists()


@pytest.mark.parametrize("page", ["missing", "endless", "net.bin"])
def test_a_failed_download_says_what_to_do_and_leaves_nothing(
    server: str, tmp_path: Path, page: str
) -> None:
    wanted = weights(f"{server}/{page}", content=b"something else")
    with pytest.raises(MissingWeights) as told:
        fetch(wanted, tmp_path, Progress())
    assert "net.bin" in told.value.message
    assert str(tmp_path) in told.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_no_server_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="could not be downloaded"):
        fetch(weights("http://127.0.0.1:9/net.bin"), tmp_path, Progress())


def test_a_download_can_be_cancelled_and_leaves_nothing(server: str, tmp_path: Path) -> None:
    progress = Progress(lambda report: progress.cancel() if report.fraction > 0.3 else None)
    with pytest.raises(Cancelled):
        fetch(weights(f"{server}/net.bin"), tmp_path, progress)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(MissingWeights) as told:
        weights_named("face-landmark")
    assert "face-landmarker" in told.value.remedy


def test_the_known_checksum_is_that_of_the_real_file(shared: Path) -> None:
    real = (shared / "media" / "face_landmarker.task").read_bytes()
    assert hashlib.sha256(real).hexdigest() == FACE_LANDMARKER.sha256
    assert len(real) == FACE_LANDMARKER.size
