"""Runs on MicroPython and on CPython alike: firmware.names and firmware.sntp on the messages that stdin holds, a line each.

Lines: `question <name> <ident>`, `answer <hex> <hex of the question>`, `time <hex> <hex of the mark>`. Prints repr() of each result,
or the name of what was raised, which only `question` may.
"""

import sys

from firmware import names, sntp

for line in sys.stdin:
    words = line.rstrip("\n").split(" ")
    try:
        if words[0] == "question":
            print(names.question(words[1], int(words[2])).hex())
        elif words[0] == "answer":
            print(repr(names.answer(bytes.fromhex(words[1]), bytes.fromhex(words[2]))))
        elif words[0] == "time":
            print(repr(sntp.answer(bytes.fromhex(words[1]), bytes.fromhex(words[2]))))
        else:
            print(names.is_address(words[1]))
    except ValueError as error:
        print("ValueError", error)
