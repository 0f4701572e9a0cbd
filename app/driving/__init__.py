"""What moves the shown face by itself: live sources and recorded motion, over the resting face.

Lives on the main thread, as the editor does; sources bring threads of their own.
"""
