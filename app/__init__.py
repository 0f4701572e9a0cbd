"""Floor 3: the program.

Map: ``main`` starts it; ``cli`` knows the commands and ``..._flags`` their flags;
``reconstruct``, ``render`` (``render_avatar``, ``shots``, ``posing``, ``clips``), ``evaluate``,
``export``, ``heads``, ``head_sheet``, ``info`` (``info_kinds``), ``list_methods``, ``doctor`` and
``bench`` are the commands; ``avatar_io`` opens and saves avatars with this machine's heads;
``demo`` is the avatar that ships. ``startup``, ``paths``, ``logs``, ``notices`` and ``pictures``
serve them all. ``bootstrap`` and ``system`` install the program into ``.venv`` and must run
without any package.
"""

__version__ = "0.1.0"
