"""Floor 2: faces. Heads, avatars, tracking and reconstruction; knows no window and no settings.

Map: ``head`` is the animated surface (one class for FLAME-format files, ICT-FaceKit and the
built-in head, whose generator is ``head.default``); ``uv_layout`` and ``sampling`` place texels
and splats on it; ``maps`` and ``kinds`` make splats of it; ``avatar`` says what an avatar is.
``tracking`` looks at photos (``still`` runs it all: ``photo``, ``faces``, ``crop``, ``matting``,
``checks``) and fits the head (``fit``, ``residual``, ``outline``); ``texturing`` puts a photo on
it and fills the rest; ``training`` learns by rendering; ``methods`` are ways to make an avatar,
one file each; ``files`` reads and writes them. ``options``, ``progress`` and ``resources`` are
what a method is handed; ``errors`` what it may raise.

Conventions are those of the package ``renderer``, the only other package this one imports.
"""
