"""Which OpenGL a window here gets. Opens a hidden window for a moment; used by the self-check."""

from renderer.errors import UserError


def describe_opengl() -> str:
    """Version and renderer of an OpenGL 3.2 context.

    Raises:
        UserError: no such context can be made.
    """
    import glfw
    from OpenGL import GL

    remedy = "Install or update the graphics driver (Debian: apt-get install libgl1-mesa-dri)."
    if not glfw.init():
        raise UserError("GLFW could not start.", remedy)
    window = None
    try:
        glfw.window_hint(glfw.VISIBLE, glfw.FALSE)
        glfw.window_hint(glfw.CONTEXT_VERSION_MAJOR, 3)
        glfw.window_hint(glfw.CONTEXT_VERSION_MINOR, 2)
        glfw.window_hint(glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE)
        window = glfw.create_window(16, 16, "avatar-gui", None, None)
        if not window:
            raise UserError("No OpenGL 3.2 context could be made.", remedy)
        glfw.make_context_current(window)
        version = GL.glGetString(GL.GL_VERSION).decode()
        return f"{version}, {GL.glGetString(GL.GL_RENDERER).decode()}"
    finally:
        if window:
            glfw.destroy_window(window)
        glfw.terminate()
