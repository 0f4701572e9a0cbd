"""Floor 3: the program.

Map: ``main`` starts it; ``cli`` knows the commands and ``..._flags`` their flags;
``reconstruct``, ``render`` (``render_avatar``, ``shots``, ``posing``, ``clips``), ``evaluate``,
``export``, ``heads``, ``head_sheet``, ``info`` (``info_kinds``), ``list_methods``, ``doctor`` and
``bench`` are the commands; ``avatar_io`` opens and saves avatars with this machine's heads;
``demo`` is the avatar that ships.

The window's core, which imports nothing heavy: ``editor`` is the one object that changes; it is a
``session`` (``document``, ``history``, ``view``, drafts; ``face_edits`` change a face, ``requests``
say what to draw, ``idle_motion`` greets) with files, work and questions (``editing_files``,
``editing_methods``, ``editing_exports``, ``editing_recovery``, ``pending``, ``prompt``,
``autosave``). Layers are edited by hand at the ``easel``: its ``hand`` works beside the window,
``painting`` (``painting_target``, ``brush_settings``) makes strokes of ``aim``s, ``editing_layers``
(``selection``, ``editing_stickers``, ``editing_styles``, ``layer_transfer``, ``map_watch``)
are the steps, ``sticker_library``, ``layer_thumbs``, ``uv_overlay`` and
``region_names`` what lists show. ``jobs`` runs long work in threads, ``opening`` tells files
apart, ``actions`` is the table of commands (``action_runs`` and ``action_layers`` what they do,
``presets`` faces by name), ``settings`` (``settings_keeper``) what a person has chosen. ``gui``
draws it all and is imported by the start of the program alone.

``startup``, ``paths``, ``logs``, ``notices`` and ``pictures`` serve them all. ``bootstrap`` and
``system`` install the program into ``.venv`` and must run without any package.
"""

__version__ = "0.1.0"
