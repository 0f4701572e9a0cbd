"""Files that hold avatars and what belongs to them.

Map: ``avatar_file`` reads and writes ``.avatar``; ``manifest`` is its description, ``archive`` the
zip around it, judged before it is believed, ``map_arrays`` the maps inside as small numbers,
``source_photo`` the photo that is kept beside them, and ``migrations`` what brings files of earlier
versions up to date.
"""
