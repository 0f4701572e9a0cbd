"""Stickers and palettes that ship with the program."""
