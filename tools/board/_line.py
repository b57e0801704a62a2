"""The wire between the meter and the UART, bit by bit, for settings that do not match.

The meter's bytes become levels on the line (start bit 0, data from the lowest bit, parity, stop bit 1, perhaps inverted), and a
receiver with other settings samples them in the middle of its own bits. What comes out is what a chip would make of it: wrong
baud rate or inversion give rubbish, an even receiver on a line without parity keeps the bytes whose next start bit happens to look
like the right parity, and so on. After a missing stop bit the low level counts as the next start bit, as in the receivers that
produced the field's captures of 8N1 lines read with 8E1: only bytes with an odd number of ones are left of those.
"""


def _character_bits(line):
    return 1 + line["bits"] + (line["parity"] is not None) + line.get("stop", 1)


def receive(data, line, baud, bits, parity, inverted):
    """Return the bytes that a receiver with the given settings makes of `data`, sent back to back over `line`.

    line: dict of the sender with baud, bits, parity (None, 0 even, 1 odd), stop, inverted.
    """
    size = _character_bits(line)
    count = len(data)
    # Time in units that make a bit of either side whole: a sent bit lasts `baud` units, a received one line["baud"].
    sent_bit = baud
    own_bit = line["baud"]
    end = count * size * sent_bit
    flip = 1 if bool(line["inverted"]) != inverted else 0

    def level(time):
        position = time // sent_bit
        index = position // size
        if time < 0 or index >= count:
            return 1 ^ flip
        position %= size
        byte = data[index] & ((1 << line["bits"]) - 1)
        if position == 0:
            bit = 0
        elif position <= line["bits"]:
            bit = byte >> (position - 1) & 1
        elif position == line["bits"] + 1 and line["parity"] is not None:
            bit = _parity(byte) ^ line["parity"]
        else:
            bit = 1
        return bit ^ flip

    # A receiver looks at the line 16 times a bit for the start bit's edge. The sender's next bit may bring one, nothing before does.
    step = max(1, min(sent_bit, own_bit) // 16)
    out = bytearray()
    time = 0
    previous = level(-1)  # idle, which a wrongly inverted receiver takes for a break
    while time < end:
        now = level(time)
        if now or not previous:
            previous = now
            time += (sent_bit - time % sent_bit + step - 1) // step * step
            continue
        value = 0
        for bit in range(bits):
            value |= level(time + own_bit + bit * own_bit + own_bit // 2) << bit
        time += own_bit * (1 + bits)
        good = True
        if parity is not None:
            good = level(time + own_bit // 2) == _parity(value) ^ parity
            time += own_bit
        if good:
            out.append(value)
        if level(time + own_bit // 2):
            time += own_bit // 2  # the second half of the stop bit is already the time to look for an edge
            previous = 1
        elif value or (parity is not None and not good):
            previous = 1  # the low level is taken for a start bit
        else:
            previous = 0  # a break: wait for the line to rise
    return out


def _parity(value):
    value ^= value >> 4
    value ^= value >> 2
    return (value ^ value >> 1) & 1
