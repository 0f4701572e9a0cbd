"""Floor 3: the program.

Map: ``main`` starts it; ``cli`` knows the commands; ``doctor`` checks the machine; ``info`` looks
into files; ``bench`` measures; ``paths`` says where things are kept; ``bootstrap`` installs the
program into ``.venv`` and is the only module that must run without any package.
"""

__version__ = "0.1.0"
