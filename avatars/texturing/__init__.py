"""A photo onto a fitted head: what is seen, what must be filled, eyes and mouth.

``texels`` places map texels on the posed head, ``seen`` reads colours off the photo with a trust,
``fill`` makes up the rest from what was seen, ``eyes`` and ``mouth`` draw what photos rarely show.
"""
