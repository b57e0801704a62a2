"""The loops over what the port delivers and over ciphers, for MicroPython's viper emitter: machine code there, plain Python
elsewhere.

Those that make entries of a good message are in `_entries`. In both, integers are 32 bits wide in machine code, so nothing is
computed beyond 2**31; what needs more is left to the caller. A word read from an array has no sign on a 64-bit machine: no
negative number is read from one. Positions are indices into the buffer, ranges half open; the caller vouches that they lie
inside it.
"""

try:
    import micropython
except ImportError:
    from . import _viper as micropython
    from ._viper import ptr8, ptr16, ptr32

from .tables import ARC, FIRSTS, X25


@micropython.viper
def crc_x25(octets: ptr8, start: int, end: int) -> int:
    """CRC-16/X-25 of octets[start:end]."""
    table = ptr16(X25)
    crc = 0xFFFF
    while start < end:
        crc = table[(crc ^ octets[start]) & 0xFF] ^ (crc >> 8)
        start += 1
    return crc ^ 0xFFFF


@micropython.viper
def shift(octets: ptr8, start: int, end: int):
    """Move octets[start:end] to the front."""
    i = 0
    while start < end:
        octets[i] = octets[start]
        start += 1
        i += 1


@micropython.viper
def advance(octets: ptr8, at: int, data: ptr8, w: ptr32) -> int:
    """Take the first `at` of data into the buffer, octets. Return 0 when there is nothing to decide, -1, with nothing done,
    when there is no room for them.

    Where nothing has begun, what cannot begin a message is dropped, without being copied where the buffer is empty, and what
    begins is returned: 1 an HDLC frame, `7E A?`; 2 a telegram, `/` and a letter; 3 an M-Bus frame, `68 L L 68`; 4 a ciphered
    APDU, `DB 08` and three capital letters. The last octets, whose successors are not known yet, are kept. Alone they decide
    nothing: they may close a message.
    A telegram is looked through, and its CRC carried along, up to `!`, `/` or what is not ASCII.
    """
    # The first arguments have registers: so the place in the loops below is one of them.
    firsts = ptr8(FIRSTS)
    front = octets
    begun = w[168]
    end = begun + at
    if end > w[192]:
        return -1
    w[173] += at
    if begun:
        while at:
            at -= 1
            octets[begun + at] = data[at]
        w[168] = end
        at = w[167]
        if w[170]:
            if w[169]:
                return 1 if end - at >= w[169] else 0
            table = ptr16(ARC)
            crc = w[172]
            at += w[171]
            while at < end:
                b = octets[at]
                if firsts[b] & 0x80:
                    break
                crc = table[(crc ^ b) & 0xFF] ^ (crc >> 8)
                at += 1
            w[172] = crc
            w[171] = at - w[167]
            return end - at
    else:
        octets = data
        at = 0
    mode = 0
    while at < end:
        mode = firsts[octets[at]] & 7
        if mode:
            last = end - at
            if mode == 1:
                if last < 2:
                    mode = 0
                    break
                if octets[at + 1] & 0xF0 == 0xA0:
                    break
            elif mode == 2:
                if last < 2:
                    mode = 0
                    break
                b = octets[at + 1] & 0xDF
                if b >= 65 and b <= 90:
                    break
            elif mode == 3:
                if last < 4:
                    mode = 0
                    break
                if octets[at + 1] == octets[at + 2] and octets[at + 3] == 0x68:
                    break
            else:
                if last < 5:
                    mode = 0
                    break
                if octets[at + 1] == 8:
                    b = 2
                    while b < 5 and octets[at + b] >= 65 and octets[at + b] <= 90:
                        b += 1
                    if b == 5:
                        break
            mode = 0
        at += 1
    last = at - w[167]
    b = w[175] if w[175] < last else last
    w[174] += last - b
    w[175] = 0 if mode else w[175] - b
    w[169] = 0
    w[170] = mode
    w[171] = 0
    if at == end:
        w[167] = 0
        w[168] = 0
    elif begun:
        w[167] = at
    else:
        w[167] = 0
        end -= at
        w[168] = end
        while end:
            end -= 1
            front[end] = data[at + end]
    return mode


@micropython.viper
def is_ident(octets: ptr8, at: int) -> int:
    """Whether `/`, three letters and a digit stand at octets[at]."""
    i = at + 1
    while i < at + 4:
        b = octets[i] & 0xDF
        if b < 65 or b > 90:
            return 0
        i += 1
    b = octets[i]
    return 1 if b >= 48 and b <= 57 else 0


@micropython.viper
def hex_word(octets: ptr8, at: int) -> int:
    """The four hexadecimal digits at octets[at] as a number, -1 where they are none."""
    value = 0
    end = at + 4
    while at < end:
        b = octets[at]
        if b >= 48 and b <= 57:
            value = value << 4 | (b - 48)
        else:
            b &= 0xDF
            if b < 65 or b > 70:
                return -1
            value = value << 4 | (b - 55)
        at += 1
    return value


@micropython.viper
def ghash(octets: ptr8, at: int, end: int, g: ptr16):
    """Carry the state of GHASH in words 0 to 7 of g on over octets[at:end], filled up with zeros to whole blocks.

    g holds 16-bit words, high ones first: at 8 the sixteen multiples of the key, at 136 the reductions; from 152 on is
    room to compute. Four bits a step.
    """
    while at < end:
        i = 0
        while i < 16 and at < end:
            g[i >> 1] ^= octets[at] << (0 if i & 1 else 8)
            i += 1
            at += 1
        i = 0
        while i < 8:
            g[152 + i] = 0
            i += 1
        k = 31
        while k >= 0:
            rest = g[159] & 15
            i = 159
            while i > 152:
                g[i] = (g[i] >> 4) | (g[i - 1] & 15) << 12
                i -= 1
            g[152] = (g[152] >> 4) ^ g[136 + rest]
            m = 8 + 8 * ((g[k >> 2] >> (12 - 4 * (k & 3))) & 15)
            i = 0
            while i < 8:
                g[152 + i] ^= g[m + i]
                i += 1
            k -= 1
        i = 0
        while i < 8:
            g[i] = g[152 + i]
            i += 1
