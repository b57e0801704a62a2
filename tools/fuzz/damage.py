"""The kinds of damage that the fuzzer does, by name.

Each kind is a function of (rng, sources, source): `source` is the meter on the line, `sources` are all there are. It returns
pieces in the order on the line: a Message that is sent intact, or a Broken one.
"""

from collections import namedtuple

from tools.fuzz.crc import x25
from tools.fuzz.wire import hear, levels
from tools.meter import damage

# Bytes that are no message any more, and the Messages of which they were made.
Broken = namedtuple("Broken", "data originals")

_STARTS = (b"\x7e\xa0", b"\x7e\xa7\xff\x41\x08\x83\x13", b"/", b"/LGF5", b"/KAM5\r\n\r\n", b"!", b"!0000\r\n", b"\x68\xfa\xfa\x68", b"\x68",
           b"\xdb\x08KAM", b"\x7e\x7e", b"\xe6\xe7\x00\x0f")
_TEXT = b"0123456789.()*:-!/\r\nkWhVArA"


def broken(change):
    """The kind that applies `change` (rng, bytes) to one message; some changes leave some messages as they are."""

    def kind(rng, sources, source):
        message = source.draw(rng)
        for _ in range(20):
            data = change(rng, message.data)
            if data != message.data:
                return [Broken(data, (message,))]
        return [message]

    return kind


def between(make):
    """The kind that puts what `make` (rng) gives between intact messages."""

    def kind(rng, sources, source):
        return [source.draw(rng), Broken(make(rng), ()), source.draw(rng), Broken(make(rng), ())]

    return kind


def _one_bit(rng, data):
    out = bytearray(data)
    out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _bits(rng, data):
    for _ in range(rng.randint(2, 8)):
        data = _one_bit(rng, data)
    return data


def _stuck(rng, data):
    """The line hangs at one level for some bytes."""
    at = rng.randrange(len(data))
    count = len(data[at:at + rng.randint(1, 32)])
    return data[:at] + rng.choice((b"\x00", b"\xff")) * count + data[at + count:]


def _lost(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 1, 2, 3, 8, 16, 128)):]


def _doubled(rng, data):
    at = rng.randrange(len(data))
    part = data[at:at + rng.choice((1, 1, 2, 3, 8, 64))]
    return data[:at] + part + data[at:]


def _inserted(rng, data):
    at = rng.randrange(1, len(data))
    return data[:at] + noise(rng, 16) + data[at:]


def _swapped(rng, data):
    """Two runs of bytes change places, in a telegram also whole lines."""
    lines = data.splitlines(keepends=True)
    if data[:1] == b"/" and len(lines) > 4 and rng.random() < 0.7:
        a, b = rng.sample(range(1, len(lines) - 1), 2)
        lines[a], lines[b] = lines[b], lines[a]
        return b"".join(lines)
    a, b, c, d = sorted(rng.choices(range(len(data) + 1), k=4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _length(rng, data):
    """A frame that lies about its length with a right header checksum; a telegram that lost or doubled a line."""
    header = next((end for end in range(6, 12) if x25(data[1:end]) == int.from_bytes(data[end:end + 2], "little")), 0)
    if data[:1] == b"\x7e" and header:
        out = bytearray(data)
        octets = rng.randrange(2048) if rng.random() < 0.5 else ((out[1] & 7) << 8 | out[2]) + rng.randint(-16, 16)
        out[1:3] = (out[1] & 0xF8 | octets >> 8 & 7, octets & 0xFF)
        out[header:header + 2] = x25(out[1:header]).to_bytes(2, "little")
        return bytes(out)
    lines = data.splitlines(keepends=True)
    if data[:1] == b"/" and len(lines) > 4:
        at = rng.randrange(1, len(lines) - 1)
        return b"".join(lines[:at] + rng.choice(([], [lines[at]] * 2)) + lines[at + 1:])
    return _lost(rng, data)


def _length_alone(rng, data):
    out = bytearray(data)
    out[rng.choice((1, 2))] = rng.randrange(256)
    return bytes(out)


def noise(rng, most):
    """1 to `most` random bytes, some of them those that mean something."""
    return bytes(rng.choice(b"\x7e\x7d\xa0\x68\x16\xdb\x2f\x21\x0d\x0a\x28\x29\x00\xff") if rng.random() < 0.3 else rng.randrange(256)
                 for _ in range(rng.randint(1, most)))


def starts(rng):
    """Beginnings of messages that do not go on."""
    return b"".join(rng.choice(_STARTS) for _ in range(rng.randint(1, 12)))


def text(rng):
    """Characters of telegrams in no order."""
    return bytes(rng.choices(_TEXT, k=rng.randint(1, 400)))


def mbus_frame(rng):
    """A long frame of the wired M-Bus (EN 13757-2) that carries nothing known."""
    data = b"\x53\xff\x00\x01\x67" + rng.randbytes(rng.randint(1, 245))
    return b"\x68%c%c\x68" % (len(data), len(data)) + data + b"%c\x16" % (sum(data) & 0xFF)


def _weak_pull_up(rng, data):
    """Bits that should be 0 read 1, more of them for a while."""
    rate = rng.choice((0.002, 0.02, 0.2))
    return bytes(byte | sum(1 << n for n in range(8) if rng.random() < rate) for byte in data)


def _parity(sent, expected):
    """All is heard with the wrong parity setting."""

    def change(rng, data):
        return hear(levels(data, sent), expected, keep=rng.random() < 0.5)

    return change


def _spliced(rng, sources, source):
    """The beginning of one message runs on as the end of another, or of the same kind at the same place."""
    a, b = source.draw(rng), source.draw(rng)
    at = rng.randrange(1, len(a.data))
    on = at if rng.random() < 0.5 and at < len(b.data) else rng.randrange(1, len(b.data))
    return [Broken(a.data[:at] + b.data[on:], (a, b))]


def _joined(rng, sources, source):
    return [source.draw(rng) for _ in range(rng.randint(2, 4))]


def _other(rng, sources, source):
    """A meter of another protocol, or of any where there is one only."""
    return rng.choice([other for other in sources if other.protocol != source.protocol] or sources)


def _foreign_between(rng, sources, source):
    return [source.draw(rng), _other(rng, sources, source).draw(rng), source.draw(rng)]


def _foreign_inside(rng, sources, source):
    message = source.draw(rng)
    at = rng.randrange(1, len(message.data))
    foreign = rng.choice((_other(rng, sources, source), source)).draw(rng)
    return [Broken(message.data[:at], (message,)), foreign, Broken(message.data[at:], (message,))]


def _two_at_once(rng, sources, source):
    """One kind of damage on top of another."""
    message = source.draw(rng)
    data = message.data
    for change in rng.sample(_CHANGES, 2):
        if len(data) > 16:
            data = change(rng, data)
    return [Broken(data, (message,))]


def _several(rng, sources, source):
    """Damaged messages in a row."""
    return [piece for _ in range(rng.randint(2, 5)) for piece in broken(rng.choice(_CHANGES))(rng, sources, source)]


_CHANGES = (
    _one_bit, _bits, _stuck, _lost, _doubled, _inserted, _swapped, _length,
    lambda rng, data: damage.burst(data, rng, rng.choice((2, 3, 8, 32))),
    lambda rng, data: damage.cut_head(data, rng),
    lambda rng, data: damage.cut_tail(data, rng),
)

KINDS = {
    "one bit": broken(_one_bit),
    "some bits": broken(_bits),
    "noisy bits": broken(lambda rng, data: damage.flip_bits(data, rng, rng.choice((0.001, 0.01, 0.1)))),
    "burst": broken(lambda rng, data: damage.burst(data, rng, rng.choice((2, 3, 8, 32)))),
    "stuck line": broken(_stuck),
    "bytes lost": broken(_lost),
    "bytes lost all over": broken(lambda rng, data: damage.lose(data, rng, rng.choice((0.003, 0.03, 0.3)))),
    "bytes doubled": broken(_doubled),
    "bytes doubled all over": broken(lambda rng, data: damage.double(data, rng, rng.choice((0.003, 0.03, 0.3)))),
    "bytes inserted": broken(_inserted),
    "bytes inserted all over": broken(lambda rng, data: damage.insert(data, rng, rng.choice((0.003, 0.03, 0.3)))),
    "bytes swapped": broken(_swapped),
    "head cut": broken(lambda rng, data: damage.cut_head(data, rng)),
    "tail cut": broken(lambda rng, data: damage.cut_tail(data, rng)),
    "spliced": _spliced,
    "joined, intact": _joined,
    "length, made to fit": broken(_length),
    "length alone": broken(_length_alone),
    "foreign between, intact": _foreign_between,
    "foreign inside": _foreign_inside,
    "M-Bus between": between(mbus_frame),
    "noise between": between(lambda rng: noise(rng, 200)),
    "text between": between(text),
    "false starts between": between(starts),
    "LF to CR LF": broken(lambda rng, data: damage.expand_lines(data)),
    "CR lost": broken(lambda rng, data: data.replace(b"\r", b"")),
    "7 bits": broken(lambda rng, data: bytes(byte & 0x7F for byte in data)),
    "8E1 heard as 8N1": broken(_parity(True, False)),
    "8N1 heard as 8E1": broken(_parity(False, True)),
    "weak pull-up": broken(_weak_pull_up),
    "two at once": _two_at_once,
    "several in a row": _several,
}
