"""Messages in pieces and in cipher: joined and opened where all is right, refused, and said why, where it is not."""

import pathlib
import sys

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from han import Reader
from test_han_vectors import frame, notification, register, telegram, x25

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools" / "crypto"))

KEY = bytes(range(16))
AUTH = bytes(range(0xD0, 0xE0))
TITLE = b"KAM\x45\x00\x00\x00\x01"
PLAIN = notification("0102" + register("1.0.1.7.0.255", "06 00000552", 0, 27)
                     + register("1.0.32.7.0.255", "12 090B", -1, 35))[3:]
VALUES = {"power_import_w": 0x552, "voltage_l1_mv": 231500}


def ciphered(plain=PLAIN, counter=7, control=0x30, key=KEY, auth=AUTH, title=TITLE, tag=0xDB):
    """general-glo-ciphering of the APDU, with the 12-octet tag where control says so."""
    nonce = title + counter.to_bytes(4, "big")
    if control & 0x10:
        sealed = AESGCM(key).encrypt(nonce, plain, bytes((control,)) + auth if auth else b"")
        sealed = sealed[:len(plain)] + sealed[len(plain):len(plain) + 12]
    else:
        sealed = Cipher(algorithms.AES(key), modes.CTR(nonce + b"\0\0\0\2")).encryptor().update(plain)
    content = bytes((control,)) + counter.to_bytes(4, "big") + sealed
    size = len(content)
    length = bytes((size,)) if size < 0x80 else b"\x81" + bytes((size,)) if size < 0x100 else b"\x82" + size.to_bytes(2, "big")
    return bytes((tag, len(title))) + title + length + content


def llc(apdu):
    return b"\xe6\xe7\x00" + apdu


def read(data, **keys):
    reader = Reader(**keys)
    return [dict(reading.items()) for reading in reader.feed(data)], reader


@pytest.mark.parametrize("control, auth", ((0x30, AUTH), (0x30, None), (0x20, None), (0x21, None)))
@pytest.mark.parametrize("tag", (0xDB, 0xDC))
def test_opens_what_the_key_fits(control, auth, tag):
    apdu = ciphered(control=control, auth=auth, tag=tag)
    readings, reader = read(frame(llc(apdu)), key=KEY, auth_key=auth)
    assert readings == [VALUES]
    assert reader.trouble == ""


@pytest.mark.parametrize("size", (1, 15, 16, 17, 31, 32, 33, 255, 600))
def test_every_length_of_ciphertext(size):
    text = register("0.0.96.13.0.255", "0982%04X" % size + "41" * size)
    plain = notification("0102" + register("1.0.1.7.0.255", "06 00000552", 0, 27) + text)[3:]
    readings, _ = read(frame(llc(ciphered(plain))), key=KEY, auth_key=AUTH)
    assert readings == [{"power_import_w": 0x552}]


@pytest.mark.parametrize("keys, counter, words", (
    ({}, "needs_key", "needs a key"),
    ({"key": KEY}, "needs_key", "authentication key"),
    ({"key": AUTH, "auth_key": AUTH}, "wrong_key", "does not fit"),
    ({"key": KEY, "auth_key": KEY}, "wrong_key", "does not fit"),
))
def test_says_which_key_is_wrong(keys, counter, words):
    readings, reader = read(frame(llc(ciphered())), **keys)
    assert readings == []
    assert getattr(reader.stats, counter) == 1
    assert words in reader.trouble


def test_a_wrong_key_shows_without_a_tag_too():
    readings, reader = read(frame(llc(ciphered(control=0x20))), key=AUTH)
    assert readings == [] and reader.stats.wrong_key == 1


def test_decrypted_but_unknown():
    readings, reader = read(frame(llc(ciphered(b"\x42" * 20))), key=KEY, auth_key=AUTH)
    assert readings == [] and reader.stats.unknown == 1 and "decrypted" in reader.trouble


@pytest.mark.parametrize("length", (0, 15, 17, 32))
def test_a_key_has_16_octets(length):
    with pytest.raises(ValueError):
        Reader(key=bytes(length))


def test_a_changed_octet_is_refused_whatever_the_frame_says():
    apdu = ciphered()
    for at in range(11, len(apdu)):
        changed = bytearray(apdu)
        changed[at] ^= 0x10
        assert read(frame(llc(bytes(changed))), key=KEY, auth_key=AUTH)[0] == []


def test_the_invocation_counter_must_grow():
    reader = Reader(key=KEY, auth_key=AUTH)
    data = b"".join(frame(llc(ciphered(counter=n))) for n in (5, 6, 6, 4, 9))
    assert len(reader.feed(data)) == 3
    assert reader.stats.replayed == 2


def test_plain_messages_need_no_key_though_one_is_given():
    assert read(frame(llc(PLAIN)), key=KEY, auth_key=AUTH)[0] == [VALUES]


def test_a_telegram_in_cipher_without_a_frame():
    text = telegram("0-0:1.0.0(221105140250W)", "1-0:1.7.0(00.012*kW)")
    default = bytes(range(0, 0x100, 0x11))
    apdu = ciphered(text, auth=default, title=b"SAG\x67\x70\x01\xbd\x54")
    noise = b"\x00\xdb\x08ABC\xff" + bytes(20)
    readings, _ = read(noise + apdu + b"\r\n" + ciphered(text, 8, auth=default, title=b"SAG\x67\x70\x01\xbd\x54"), key=KEY)
    assert readings == [{"meter_time": "2022-11-05T14:02:50", "power_import_w": 12}] * 2
    damaged = bytearray(apdu)
    damaged[60] ^= 1
    assert read(bytes(damaged), key=KEY)[0] == []


def test_without_frame_and_tag_nothing_vouches():
    assert read(ciphered(control=0x20, title=b"SAGxxxxx"), key=KEY)[0] == []


def segments(information, sizes):
    """HDLC frames that carry the information in pieces of these sizes, the segmentation bit on all but the last."""
    frames = []
    for n, size in enumerate(sizes):
        piece, information = information[:size], information[size:]
        more = n < len(sizes) - 1
        length = 2 + 3 + 1 + 2 + len(piece) + 2
        head = bytes((0xA0 | (8 if more else 0) | length >> 8, length & 0xFF)) + bytes.fromhex("CF0223") + bytes(
            (0x03 if more else 0x13,))
        body = head + x25(head) + piece
        frames.append(b"\x7e" + body + x25(body) + b"\x7e")
    return frames


def test_segments_are_joined():
    data = segments(llc(PLAIN), (20, 20, len(PLAIN)))
    assert read(b"".join(data))[0] == [VALUES]
    for lost in range(3):
        broken = data[:lost] + [b"\x00"] + data[lost + 1:]
        readings, reader = read(b"".join(broken) + b"".join(data))
        assert readings == [VALUES]


def test_a_segment_damaged_on_the_line_loses_the_message_alone():
    data = segments(llc(PLAIN), (20, 20, len(PLAIN)))
    bad = bytearray(data[1])
    bad[15] ^= 1
    assert read(data[0] + bytes(bad) + data[2] + b"".join(data))[0] == [VALUES]


def blocks(apdu, sizes, numbers=None):
    out = []
    for n, size in enumerate(sizes):
        piece, apdu = apdu[:size], apdu[size:]
        number = numbers[n] if numbers else n + 1
        control = 0x40 | (0x80 if n == len(sizes) - 1 else 0)
        block = bytes((0xE0, control)) + number.to_bytes(2, "big") + b"\0\0" + bytes((len(piece),)) + piece
        out.append(frame(llc(block) if n == 0 else block))
    return out


def test_transfer_blocks_are_joined_in_order_only():
    good = blocks(PLAIN, (30, 20, len(PLAIN)))
    assert read(b"".join(good))[0] == [VALUES]
    assert read(good[0] + good[2] + b"".join(good))[0] == [VALUES]
    assert read(good[1] + good[2])[0] == []
    assert read(b"".join(blocks(PLAIN, (30, 20, len(PLAIN)), (1, 3, 4))))[0] == []


def mbus(data, control_information, length=None):
    body = bytes((0x53, 0xFF, control_information, 0x01, 0x67)) + data
    length = len(body) if length is None else length
    return bytes((0x68, length & 0xFF, length & 0xFF, 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


def test_mbus_frames_alone_and_in_segments():
    assert read(mbus(PLAIN, 0x10))[0] == [VALUES]
    assert read(mbus(PLAIN[:30], 0x00) + mbus(PLAIN[30:], 0x11))[0] == [VALUES]
    assert read(mbus(PLAIN[30:], 0x11) + mbus(PLAIN[:30], 0x00))[0] == []
    damaged = bytearray(mbus(PLAIN, 0x10))
    damaged[20] ^= 1
    assert read(bytes(damaged) + mbus(PLAIN, 0x10))[0] == [VALUES]


@pytest.mark.parametrize("body", (256, 257))
def test_mbus_lengths_that_sagemcom_sends_modulo_256(body):
    filler = register("0.0.96.13.0.255", "0981%02X" % (body - 5 - len(PLAIN) - 14) + "41" * (body - 5 - len(PLAIN) - 14))
    plain = notification("0103" + register("1.0.1.7.0.255", "06 00000552", 0, 27)
                         + register("1.0.32.7.0.255", "12 090B", -1, 35) + filler)[3:]
    plain += b"\x00" * (body - 5 - len(plain))
    assert read(mbus(plain, 0x10))[0] == [VALUES]


def test_old_telegrams_without_crc_are_read_only_when_the_user_says_so():
    text = telegram("1-0:1.7.0(00.012*kW)")
    text = text[:text.index(b"!") + 1] + b"\r\n"
    assert read(text)[0] == []
    assert read(text + text, unchecked=True)[0] == [{"power_import_w": 12}] * 2


def test_silence_ends_the_wait_for_what_was_lost():
    whole = frame(notification("0201 06 000004D2"), "01 0201", 0x10)
    reader = Reader()
    assert list(reader.feed(frame(llc(PLAIN + bytes(60)))[:20] + whole)) == []
    assert [r["power_import_w"] for r in reader.idle()] == [1234]
    assert list(reader.idle()) == [] and list(reader.feed(whole)) != []
    reader = Reader()
    text = telegram("1-0:1.7.0(0012*W)")
    assert list(reader.feed(text[:30] + b"/")) == [] and list(reader.idle()) == []
    assert len(reader.feed(text)) == 1


def test_bare_apdus_are_heard_after_a_frame_by_chance():
    text = telegram("1-0:1.7.0(00.012*kW)")
    default = bytes(range(0, 0x100, 0x11))
    bare = [ciphered(text, n, auth=default, title=b"SAG\x67\x70\x01\xbd\x54") + b"\r\n" for n in range(1, 8)]
    reader = Reader(key=KEY)
    assert len(reader.feed(bare[0])) == 1
    assert len(reader.feed(frame(llc(PLAIN)))) == 1
    assert [len(reader.feed(apdu)) for apdu in bare[1:]] == [1] * 6


def test_an_apdu_inside_a_damaged_frame_is_read_by_its_tag_or_not_at_all():
    whole, damaged = frame(llc(ciphered(counter=1))), bytearray(frame(llc(ciphered(counter=2))))
    damaged[-2] ^= 1
    reader = Reader(key=KEY, auth_key=AUTH)
    assert len(reader.feed(whole)) == 1
    # Its checksum is wrong, but the tag is right.
    assert [r.protocol for r in reader.feed(bytes(damaged) + whole)] == ["dlms"]
    damaged[40] ^= 1
    before = dict(reader.stats.items())
    assert list(reader.feed(bytes(damaged))) == []
    # No key is to blame for that.
    assert reader.stats.wrong_key == before["wrong_key"]


def test_a_deciphered_telegram_without_a_tag_needs_its_crc():
    text = telegram("1-0:1.7.0(00.012*kW)")
    assert read(frame(llc(ciphered(text, control=0x20))), key=KEY)[0] == [{"power_import_w": 12}]
    wrong = text.replace(b"012*kW", b"013*kW")
    readings, reader = read(frame(llc(ciphered(wrong, control=0x20))), key=KEY)
    assert readings == [] and reader.stats.wrong_key == 1
