"""A photo onto a fitted head: what is seen, what must be filled, eyes and mouth.

``build.textured`` is the way in. It asks ``texels`` for the map's texels on the posed head,
``seen`` for their colours in the photo with a trust, ``person`` for the person's own colours and
who else is in the picture, ``light`` for the light on the skin, ``fill`` for the rest of skin and
hair, ``eyes`` and ``mouth`` for what photos rarely show. ``regions`` tells lips from lids, and
``drawn`` lends the built-in head's drawn looks. ``wisps`` adds the soft hair round the outline.
"""
