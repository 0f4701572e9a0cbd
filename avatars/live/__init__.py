"""Faces that arrive over the network: packets of other programs to one kind of signal.

Parsers only: they get bytes and give signals, own no socket and no thread, execute nothing and
write nothing. Formats: Live Link Face, iFacialMocap and Facemotion3d, VMC (OSC).
"""
