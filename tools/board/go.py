"""What runs on the PC board once the stand-ins are there: the script given as an argument, else boot.py and main.py."""

import sys

if len(sys.argv) > 1:
    execfile(sys.argv[1], {"__name__": "__main__"})
else:
    import _boot

    _boot.power_on()
