"""Long work beside the window.

Map: ``job`` is a piece of work as panels see it, ``runner`` carries it out in two lanes (one
thread each) and ``tasks`` are the pieces of work themselves, plain functions that commands call
too; ``cores`` keeps one processor core free for the window.
"""
