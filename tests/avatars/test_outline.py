"""The silhouette follows the matte, within its limits."""

import numpy as np
import torch

from avatars.tracking.fit import fit_landmarks
from avatars.tracking.outline import directions, fit_outline
from tests.avatars.synthetic_photo import SIZE, head, mask, shot


def _grown(millimetres: float, lowest: float) -> tuple[float, float, float]:
    """Largest step, what remains, and the largest step below the ears for hair that stands off."""
    known = shot(turn=(0.0, 0.0, 0.0))
    model = known.head
    fit = fit_landmarks(model, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    template = model.v_template.double().numpy()
    share = np.clip((template[:, 1] - lowest) / 0.02, 0, 1)[:, None]
    hair = torch.from_numpy(millimetres * 1e-3 * share * directions(template)).float()
    matte = mask(fit.camera, model.pose(fit.state, fit.betas, hair))
    none = torch.zeros(model.vertex_count, 3)
    found = fit_outline(model, fit, none, matte, np.ones((SIZE, SIZE), bool))
    low = torch.from_numpy((template[:, 1] < -0.03) & (template[:, 1] > -0.1))
    return found.largest, found.remaining, float(found.offsets[low].norm(dim=1).max())


def test_hair_on_top_is_followed() -> None:
    largest, remaining, _ = _grown(20, 0.05)
    assert 0.014 < largest < 0.03
    assert remaining < 0.003


def test_hair_beside_the_jaw_makes_no_wings() -> None:
    _, _, low = _grown(60, -0.2)
    assert low < 0.02


def test_a_matte_that_fits_moves_nothing_far() -> None:
    largest, remaining, _ = _grown(0, 0.05)
    assert largest < 0.006
    assert remaining < 0.003


def test_outside_the_photo_nothing_is_believed() -> None:
    known = shot()
    fit = fit_landmarks(known.head, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    nothing = np.zeros((SIZE, SIZE), bool)
    offsets = torch.zeros(head().vertex_count, 3)
    found = fit_outline(known.head, fit, offsets, known.view.matte, nothing)
    assert torch.equal(found.offsets, offsets)
