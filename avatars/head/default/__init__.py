"""Generator of the built-in default head: one file for each part of the anatomy.

Inside the generator lengths are **millimetres** (the unit of anthropometry tables); only
`build.NeutralHead` and what is written to disk are metres. Axes: x to the subject's left,
y up, z to the front, origin half way between the two tragions. "Right" is the subject's
right, x < 0. Numbers such as 61 or 152 are FaceMesh landmark indices.

Every stage hands on a `topology.MirrorMesh`: the right half of the triangles and a mirror
permutation, so that the head is symmetrical by construction and not by luck.
"""
