"""From a picture or video file to found faces, landmarks, an input check and a person matte.

Order of work for a photo: ``photo`` opens it, ``faces`` finds who is in it (``search`` looks at
several scales, ``landmarks`` places 478 points, ``likeness`` tells a human face from other things),
``crop`` cuts the square around the head, ``matting`` separates the person from what is behind, and
``checks`` says what is wrong with the picture. ``graphs`` is the only home of mediapipe; nothing
here imports it, OpenCV or Pillow before it is used.

Pixels: x to the right, y down, the centre of the first pixel at (0.5, 0.5); z of a landmark in the
same pixels, growing away from the camera. Angles in radians: positive yaw turns the nose of an
upright head to the image's right, positive pitch lifts it, positive roll leans it clockwise.
"""
