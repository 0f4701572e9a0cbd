"""The window: everything that draws on the screen or listens to the mouse.

``window`` opens it, ``loop`` says what one frame does, ``viewport`` shows the head and hands the
pointer to a tool, ``panels`` holds one file per panel. The window reads the editor each frame and
calls its methods; it keeps nothing that would have to be kept in step with it.
"""

import OpenGL

# Asking for errors after each call takes longer than the calls; where they matter they are asked.
OpenGL.ERROR_CHECKING = False
