"""What a bad line does to bytes: pure functions, repeatable with a seeded random.Random.

Rates are the share of bits or bytes hit, 0 to 1. Each function returns new bytes and leaves its argument alone.
"""


def flip_bits(data, rng, rate):
    """Electrical noise: each bit is inverted with probability `rate`."""
    out = bytearray(data)
    for i in range(len(out)):
        for bit in range(8):
            if rng.random() < rate:
                out[i] ^= 1 << bit
    return bytes(out)


def burst(data, rng, length):
    """A disturbance that replaces up to `length` neighbouring bytes by random ones."""
    if not data:
        return b""
    start = rng.randrange(len(data))
    end = min(len(data), start + length)
    return data[:start] + rng.randbytes(end - start) + data[end:]


def lose(data, rng, rate):
    """Overruns: each byte is lost with probability `rate`."""
    return bytes(byte for byte in data if rng.random() >= rate)


def double(data, rng, rate):
    """Each byte is heard twice with probability `rate`."""
    out = bytearray()
    for byte in data:
        out.append(byte)
        if rng.random() < rate:
            out.append(byte)
    return bytes(out)


def insert(data, rng, rate):
    """Before each byte a random one appears with probability `rate`."""
    out = bytearray()
    for byte in data:
        if rng.random() < rate:
            out.append(rng.randrange(256))
        out.append(byte)
    return bytes(out)


def cut_head(data, rng):
    """A reader that is plugged in mid-telegram hears only its tail."""
    return data[rng.randrange(1, len(data)):] if len(data) > 1 else b""


def cut_tail(data, rng):
    """A meter that loses power mid-telegram sends only its head."""
    return data[:rng.randrange(1, len(data))] if len(data) > 1 else b""


def expand_lines(data):
    """A serial gateway that takes the bytes for text puts 0D before every 0A."""
    return data.replace(b"\n", b"\r\n")


def join(telegrams, shared_flag=False):
    """Telegrams without a pause between them; `shared_flag`: one HDLC flag closes a frame and opens the next (Green Book 8.4)."""
    out = bytearray()
    for telegram in telegrams:
        out += telegram[1:] if shared_flag and out[-1:] == b"\x7e" == telegram[:1] else telegram
    return bytes(out)
