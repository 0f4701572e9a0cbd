"""Files that ship with the program; see ``app.paths.asset``."""
