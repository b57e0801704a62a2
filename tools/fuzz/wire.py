"""A telegram on the wire and in a UART, bit by bit: what a receiver hears whose parity setting is not the meter's."""


def levels(data, parity):
    """The line's levels, one a bit time, back to back: start bit 0, eight bits, even parity bit if `parity`, stop bit 1."""
    bits = []
    for byte in data:
        eight = [byte >> n & 1 for n in range(8)]
        bits += [0, *eight, *([sum(eight) & 1] if parity else []), 1]
    return bits


def hear(bits, parity, keep):
    """The bytes that a UART makes of the levels.

    parity  it expects an even parity bit
    keep    it hands out bytes with a wrong parity or stop bit as well; else it drops them, as many do
    A missing stop bit is taken for the next start bit, as common UARTs do.
    """
    out = bytearray()
    length = 10 if parity else 9
    at = 0
    while at + length < len(bits):
        if bits[at]:
            at += 1
            continue
        eight = bits[at + 1:at + 9]
        stop = bits[at + length]
        good = stop and (not parity or bits[at + 9] == sum(eight) & 1)
        if good or keep:
            out.append(sum(bit << n for n, bit in enumerate(eight)))
        at += length + stop
    return bytes(out)
