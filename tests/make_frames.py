"""Requests for pictures of small avatars."""

from dataclasses import replace

from app.frame_request import RenderRequest
from app.shots import head_centre
from app.view import ViewOrbit

SIZE = 96


def request_of(avatar, **changes) -> RenderRequest:
    """A request for a small picture of an avatar from the front."""
    orbit = ViewOrbit(target=head_centre(avatar))
    plain = RenderRequest(avatar=avatar, orbit=orbit, width=SIZE, height=SIZE)
    return replace(plain, **changes)
