"""What of a person in a picture is hair, skin and clothes, told by colour and place.

No network is asked: each part's colours are learnt from where only it can be (the face, above the
brows, below the neck), as histograms over Lab, and every pixel goes to the part that explains its
colour and place best. What is said of a person therefore hangs on that person's own hair and
skin. A hat is hair with other colours.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.tracking.likeness import OVAL
from avatars.tracking.view import filled

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

CHIN, FOREHEAD = 152, 10
PIXELS_PER_MM = 0.75  # of the picture that parts are told in
BINS = (20, 24, 24)  # of L, a and b
LOWS, HIGHS = (0.0, -60.0, -60.0), (100.0, 60.0, 60.0)
BLUR = 1.0  # bins over which a sample speaks for others
FLOOR = 2e-5  # likelihood of a colour that was never seen
CROWN = 128.0  # mm above the chin: no ears, no cheeks, no clothes
SHOULDERS = -32.0  # mm above the chin: below is neck, clothes or hanging hair
ROUNDS = 2
LEAST = 40  # pixels to learn a colour from
SMOOTH = (6, 2e-3)  # radius in pixels and squared colour difference of the guided filter
BEHIND, MISTAKEN = 0.6, 40.0  # prior of background at the matte's border; mm inside where it ends
WIDE = 4  # px of the small picture: what is background in a matte is twice as wide at least
THREAD = 4  # px of the small picture: hair hangs on hair by more than twice this
THIN = 2  # px of the small picture: thinner remains of a head among clothes are none
ODD = 0.12  # share of the face's own likelihood below which a colour is not skin


@dataclass(frozen=True, eq=False)
class Parts:
    """Shares 0..1 of each pixel's person.

    Attributes:
        hair: [S, S] hair, or a hat.
        clothes: [S, S] clothes.
        behind: [S, S] what the matte takes for the person but looks like what is behind.
    """

    hair: Floats
    clothes: Floats
    behind: Floats


@dataclass(frozen=True, eq=False)
class Place:
    """Where pixels lie relative to the face, millimetres at its depth.

    Attributes:
        beside: [S, S] distance from the line through chin and forehead.
        above: [S, S] height above the chin along that line.
    """

    beside: Floats
    above: Floats


def place_by(landmarks: NDArray[np.float64], shape: tuple[int, ...], pixels_per_mm: float) -> Place:
    """The places of the pixels of a picture with these landmarks."""
    height, width = shape[:2]
    chin = landmarks[CHIN, :2]
    up = landmarks[FOREHEAD, :2] - chin
    up = up / max(float(np.linalg.norm(up)), 1e-6)
    x, y = np.meshgrid(np.arange(width) + 0.5 - chin[0], np.arange(height) + 0.5 - chin[1])
    above = (x * up[0] + y * up[1]) / pixels_per_mm
    beside = np.abs(x * up[1] - y * up[0]) / pixels_per_mm
    return Place(beside.astype(np.float32), above.astype(np.float32))


def person_parts(
    image: Floats,
    matte: Floats,
    inside: Mask,
    landmarks: NDArray[np.float64],
    pixels_per_mm: float,
) -> Parts:
    """Hair and clothes of the person in a picture.

    Args:
        image: [S, S, 3] 0..1.
        matte: [S, S] 0..1, the person.
        inside: [S, S] what of the picture counts: in the photo, and no hand.
        landmarks: [478, 2+] pixels.
        pixels_per_mm: of the face.
    """
    size = image.shape[0]
    small = max(32, round(size * min(1.0, PIXELS_PER_MM / pixels_per_mm)))
    scale = small / size
    rgb, alpha = _resized(image, small), _resized(matte, small)
    counts = _resized(inside.astype(np.float32), small) > 0.9
    place = place_by(landmarks * scale, rgb.shape, pixels_per_mm * scale)
    oval = filled(landmarks[OVAL, :2] * scale, small, small)
    nothing = np.zeros(matte.shape, np.float32)
    shares = _shares(rgb, place, oval, (alpha > 0.6) & counts, (alpha < 0.05) & counts)
    if shares is None:
        return Parts(nothing, nothing, nothing)
    smooth = cv2.GaussianBlur(rgb, (0, 0), 0.7)
    soft = [cv2.ximgproc.guidedFilter(smooth, s.astype(np.float32), *SMOOTH) for s in shares]
    total = np.maximum(sum(np.clip(s, 0, 1) for s in soft), 1e-3)
    parted = [np.asarray(np.clip(s, 0, 1) / total, np.float32) for s in soft]
    known = (alpha > 0.6) & counts
    found = [_carried_on(part, known) for part in _connected(parted, place, oval, known)]
    sharp = [np.clip((_resized(s, size) - 0.25) / 0.5, 0, 1).astype(np.float32) for s in found]
    return Parts(*sharp)


def _shares(
    rgb: Floats, place: Place, oval: Mask, person: Mask, behind: Mask
) -> list[Floats] | None:
    """Posteriors [s, s] of hair, skin, clothes and background; None where no face is seen."""
    bins = _bins(rgb)
    inner = cv2.erode(oval.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    face = inner & person & (place.above > 15)
    if face.sum() < LEAST:
        return None
    skin = _likelihood(bins, face)
    usual = float(np.median(skin[face]))
    strange = skin < ODD * usual
    crown = person & (place.above > CROWN) & ~inner
    low = person & (place.above < SHOULDERS)
    hair_seed = crown & strange
    clothes_seed = low & strange
    hair_prior, skin_prior, clothes_prior = _priors(place, oval)
    back = _background_prior(oval, person, behind) * (_likelihood(bins, behind) + FLOOR)
    if hair_seed.sum() < LEAST:
        hair_prior = hair_prior * 0.02
    if clothes_seed.sum() < LEAST:
        clothes_prior = clothes_prior * 0.02
    shares: list[Floats] = []
    hair_sure, clothes_sure = hair_seed, clothes_seed & (place.beside < 55)
    if clothes_sure.sum() < LEAST:
        clothes_sure = clothes_seed
    for _ in range(ROUNDS):
        hair = hair_prior * (_likelihood(bins, hair_sure) + FLOOR)
        clothes = clothes_prior * (_likelihood(bins, clothes_sure) + FLOOR)
        bare = skin_prior * (skin + FLOOR)
        total = hair + bare + clothes + back
        parts = (hair / total, bare / total, clothes / total, back / total)
        shares = [np.where(person, part, 0).astype(np.float32) for part in parts]
        hair_sure = hair_seed | (person & (shares[0] > 0.9) & (place.above > 20))
        hair_sure &= shares[3] < 0.3
        if hair_sure.sum() < LEAST:
            hair_sure = hair_seed
        clothes_sure = low & (shares[2] > 0.9)
    return shares


def _priors(place: Place, oval: Mask) -> tuple[Floats, Floats, Floats]:
    """How likely each part is by place alone, not summing to anything."""
    above, beside = place.above, place.beside
    core = cv2.erode(oval.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    hair = np.interp(above, [-60, -20, 20, 60], [0.3, 0.45, 0.7, 0.9])
    hair = np.where(oval, np.where(above > 120, 0.3, 0.15), hair)
    hair = np.where(core, 0.1, hair)
    # Hair hangs beside the throat, seldom before it.
    hair = np.where((above < 5) & (beside < 48), 0.12, hair)
    neck = (beside < 62) & (above < 25)
    ears = (beside > 55) & (beside < 100) & (above > 40) & (above < 125)
    skin = np.where(oval, 0.9, np.where(neck, 0.5, np.where(ears, 0.35, 0.06)))
    # A bald head is skin above the brows.
    skin = np.where(~oval & (above > CROWN), 0.15, skin)
    clothes = np.interp(above, [-60, 0, 25, 60], [0.7, 0.5, 0.25, 0.0])
    clothes = np.where(oval & (above > 0), 0.0, clothes)
    return (hair.astype(np.float32), skin.astype(np.float32), clothes.astype(np.float32))


def _background_prior(oval: Mask, person: Mask, behind: Mask) -> Floats:
    """How likely it is by place alone that the matte is wrong: near its border, never in a face."""
    if behind.sum() < LEAST:
        return np.zeros(oval.shape, np.float32)
    depth = cv2.distanceTransform(person.astype(np.uint8), cv2.DIST_L2, 5) / PIXELS_PER_MM
    prior = np.interp(depth, [0.0, MISTAKEN], [BEHIND, 0.0])
    return np.where(oval, 0.0, prior).astype(np.float32)


def _connected(
    soft: list[Floats], place: Place, oval: Mask, person: Mask
) -> tuple[Floats, Floats, Floats]:
    """Hair, clothes and background, each hanging together.

    Hair does with the hair of the crown, clothes with what is worn below the chin, skin with the
    face, and background with the border of the person; what does not is the part around it.
    """
    hair, skin, clothes, behind = soft
    head = person & (hair + skin + behind > clothes)
    head = cv2.morphologyEx(head.astype(np.uint8), cv2.MORPH_OPEN, _disc(THIN)) > 0
    head = _touching(head, oval)
    # Collars touch hair along a thread.
    thick = cv2.morphologyEx(
        ((hair > 0.4) & person).astype(np.uint8), cv2.MORPH_OPEN, _disc(THREAD)
    )
    hairy = _touching(thick > 0, head & (place.above > 60))
    hairy = cv2.dilate(hairy.astype(np.uint8), _disc(THREAD)) > 0
    hairy &= (hair > 0.4) & person
    hair = np.where(hairy & head, hair, np.where(hair > 0.4, 0.0, hair))
    worn = _touching(person & ~head & (clothes >= behind), place.above < -15)
    worn |= person & ~head & (place.above < 25) & (clothes + hair + skin > behind)
    # What looks like hair but hangs on nothing is a lapel.
    worn |= person & (soft[0] > 0.4) & ~hairy & ~oval & (place.above < 40)
    clothes = np.where(worn, 1.0, np.where(head, clothes, 0.0))
    # Along every border colours are mixed: only what is wide is a mistake of the matte.
    wide = cv2.morphologyEx((behind > 0.5).astype(np.uint8), cv2.MORPH_OPEN, _disc(WIDE)) > 0
    wide = cv2.dilate(wide.astype(np.uint8), _disc(2)) > 0
    border = cv2.dilate((~person).astype(np.uint8), _disc(1)) > 0
    outside = _touching(person & ~worn & wide & (behind > 0.3), border)
    return (
        hair.astype(np.float32),
        clothes.astype(np.float32),
        np.where(outside, behind, 0.0).astype(np.float32),
    )


def _carried_on(values: Floats, known: Mask) -> Floats:
    """Values [s, s] where they are known, elsewhere that of the nearest such pixel."""
    nearest, _ = nearest_in(known)
    carried: Floats = values.reshape(-1)[nearest]
    return carried


def nearest_in(mask: Mask) -> tuple[NDArray[np.int64], Floats]:
    """For each pixel [H, W] the flat position of the nearest one of ``mask`` and its distance, px.

    Args:
        mask: [H, W], somewhere true.
    """
    distances, labels = cv2.distanceTransformWithLabels(
        1 - mask.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    position = np.zeros(int(labels.max()) + 1, np.int64)
    position[labels[mask]] = np.flatnonzero(mask)
    return position[labels], np.asarray(distances, np.float32)


def _touching(mask: Mask, anchor: Mask) -> Mask:
    """The connected parts of a mask that reach into an anchor."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    own = np.unique(labels[anchor & mask])
    touching: Mask = np.isin(labels, own) & mask
    return touching


def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _bins(rgb: Floats) -> NDArray[np.int64]:
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.8), cv2.COLOR_RGB2Lab)
    low, high = np.array(LOWS, np.float32), np.array(HIGHS, np.float32)
    place = ((lab - low) / (high - low) * BINS).astype(np.int64)
    place = place.clip(0, np.array(BINS) - 1)
    return np.asarray((place[..., 0] * BINS[1] + place[..., 1]) * BINS[2] + place[..., 2])


def _likelihood(bins: NDArray[np.int64], chosen: Mask) -> Floats:
    """How often [s, s] each pixel's colour is found among the chosen ones."""
    if not chosen.any():
        return np.zeros(bins.shape, np.float32)
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(bins[chosen], minlength=int(np.prod(BINS))).astype(np.float32)
    table = gaussian_filter(counts.reshape(BINS), (1.2 * BLUR, BLUR, BLUR)) / chosen.sum()
    return np.asarray(table.ravel()[bins], np.float32)


def _resized(values: Floats, size: int) -> Floats:
    shrinks = size < values.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (size, size), interpolation=how), np.float32)
