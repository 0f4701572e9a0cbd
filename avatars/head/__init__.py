"""Head models: geometry, skinning, expression and identity of a face.

Map: ``model`` is the one class, ``state`` what it does at a moment, ``skinning`` poses it and
``surface`` reads normals and frames off the result; ``picking`` finds what a ray meets.
``tables``, ``regions``, ``landmarks`` and ``arkit`` (``arkit_names``) give names to parts, points
and motions.
``importing`` turns files of others into heads (``flame_file``, ``flame_extras``, ``ict_file``,
``obj``; pickles only through ``unpickle`` and ``stand_ins``, judged by ``checks``) and completes
them from the built-in head (``correspond``, ``nearest``, ``arkit_fit``). ``head_file`` is our own
format, ``library`` the folder of stored heads, ``default`` the generator of the built-in one.
"""
