"""Progress and cancelling are one call."""

import threading

import numpy as np
import pytest

from avatars.progress import Cancelled, Progress, Report


def heard() -> tuple[Progress, list[Report]]:
    reports: list[Report] = []
    return Progress(reports.append), reports


def test_reports_reach_the_listener_with_their_preview():
    progress, reports = heard()
    picture = np.zeros((2, 2, 3), np.uint8)
    progress.report(0.25, "Looking", preview=picture)
    progress.report(0.5)
    assert [(r.fraction, r.note) for r in reports] == [(0.25, "Looking"), (0.5, "Looking")]
    assert reports[0].preview is picture
    assert reports[1].preview is None


def test_a_loss_is_passed_on_if_it_is_a_number():
    progress, reports = heard()
    progress.part(0.0, 0.5).report(0.5, "Refining", loss=0.25)
    progress.report(0.5, loss=float("nan"))
    progress.report(0.6, loss=float("inf"))
    progress.report(0.7)
    assert [r.loss for r in reports] == [0.25, None, None, None]


def test_parts_fill_their_share_and_parts_of_parts_theirs():
    progress, reports = heard()
    part = progress.part(0.5, 1.0)
    part.part(0.0, 0.5).report(0.5)
    part.report(1.0)
    assert [r.fraction for r in reports] == [0.625, 1.0]
    for start, end in ((-0.1, 0.5), (0.6, 0.5), (0.5, 1.1), (float("nan"), 1)):
        with pytest.raises(ValueError, match="no part"):
            progress.part(start, end)


def test_the_fraction_stays_in_bounds_and_never_falls():
    progress, reports = heard()
    for fraction in (-1, 0.5, 0.2, float("nan"), 7):
        progress.report(fraction)
    assert [r.fraction for r in reports] == [0.0, 0.5, 0.5, 0.5, 1.0]


def test_work_that_was_cancelled_stops_at_its_next_report():
    progress, reports = heard()
    part = progress.part(0.0, 0.3)
    part.report(0.1)
    threading.Thread(target=progress.cancel).start()
    while not part.is_cancelled:
        pass
    with pytest.raises(Cancelled):
        part.report(0.2)
    assert len(reports) == 1


def test_a_listener_may_cancel():
    progress = Progress(lambda report: progress.cancel())
    with pytest.raises(Cancelled):
        progress.report(0.1)


def test_nobody_has_to_listen():
    Progress().report(0.5, "Alone")
