"""QoS 1 under real MicroPython: a message is sent when the broker has said so, and not before."""

import time

import pytest
from fake_broker import misbehave, packet, until_closed, welcome


def acknowledging(answer):
    """A server that gives what answer(n, identifier) says for the n-th message; it notes the identifiers in .seen."""
    def handle(sock):
        welcome(sock)
        while True:
            first, body = packet(sock)
            assert first in (0x32, 0x82), "no duplicate, not retained"
            at = 2 + int.from_bytes(body[:2], "big") if first == 0x32 else 0
            identifier = int.from_bytes(body[at:at + 2], "big")
            handle.seen.append(identifier)
            sock.sendall(answer(len(handle.seen) - 1, identifier))

    handle.seen = []
    return handle


def puback(identifier):
    return b"\x40\x02" + identifier.to_bytes(2, "big")


def test_qos_1_waits_for_each_acknowledgement(pc_board, monkeypatch):
    handle = acknowledging(lambda n, identifier: puback(identifier))
    result = misbehave(pc_board, monkeypatch, handle, "confirm")
    assert result["end"] == "well" and "confirmed2" in result
    assert len(handle.seen) == len(set(handle.seen)) == 3 and 0 not in handle.seen


def test_identifiers_have_sixteen_bits_and_are_never_0(pc_board, monkeypatch):
    handle = acknowledging(lambda n, identifier: puback(identifier))
    assert misbehave(pc_board, monkeypatch, handle, "many", TURNS=5)["end"] == "well"
    assert handle.seen == [65531, 65532, 65533, 65534, 65535, *range(1, 9)]


def test_never_acknowledges(pc_board, monkeypatch):
    result = misbehave(pc_board, monkeypatch, acknowledging(lambda n, identifier: b""), "confirm")
    assert result["end"] == "the broker takes messages but does not acknowledge them"
    assert "confirmed0" not in result and 1400 < int(result["took"]) < 3000


def test_never_acknowledges_but_talks(pc_board, monkeypatch):
    def answer(n, identifier):
        return b"\xd0\x00" + b"\x30\x05\x00\x01ahi"

    result = misbehave(pc_board, monkeypatch, acknowledging(answer), "confirm")
    assert result["end"] == "the broker takes messages but does not acknowledge them" and int(result["took"]) < 3000


def test_acknowledges_late(pc_board, monkeypatch):
    def answer(n, identifier):
        time.sleep(0.7)
        return puback(identifier)

    result = misbehave(pc_board, monkeypatch, acknowledging(answer), "confirm")
    assert result["end"] == "well" and 2100 < int(result["took"]) < 4000


@pytest.mark.parametrize("other", (puback(0), puback(0xFFFF), b"\x40\x00", b"\x40\x01\x00", b"\x40\x03\x00\x01\x00", b"\x50\x02\x00\x01"))
def test_acknowledges_something_else(pc_board, monkeypatch, other):
    result = misbehave(pc_board, monkeypatch, acknowledging(lambda n, identifier: other), "confirm")
    assert result["end"] == "the broker takes messages but does not acknowledge them" and "confirmed0" not in result


def test_late_and_unknown_acknowledgements_are_passed_over(pc_board, monkeypatch):
    handle = acknowledging(lambda n, identifier: puback(0x7777) + puback(identifier - 1) + puback(identifier) + puback(identifier))
    result = misbehave(pc_board, monkeypatch, handle, "confirm")
    assert result["end"] == "well" and "confirmed2" in result and len(handle.seen) == 3


def test_closes_in_the_middle_of_an_acknowledgement(pc_board, monkeypatch):
    def handle(sock):
        welcome(sock)
        packet(sock)
        sock.sendall(b"\x40\x02")

    result = misbehave(pc_board, monkeypatch, handle, "confirm")
    assert result["end"] in ("the broker closed the connection", "the broker broke the connection") and "confirmed0" not in result


def test_stops_in_the_middle_of_an_acknowledgement(pc_board, monkeypatch):
    handle = acknowledging(lambda n, identifier: b"\x40\x02\x00")
    result = misbehave(pc_board, monkeypatch, handle, "confirm")
    assert "does not acknowledge" in result["end"] or "in the middle of a packet" in result["end"]


def test_one_write_a_message_that_waits(pc_board, monkeypatch):
    sizes = []

    def handle(sock):
        welcome(sock)
        for n in range(3):
            sizes.append(len(sock.recv(65536)))
            sock.sendall(puback(n + 1))
        until_closed(sock)

    assert misbehave(pc_board, monkeypatch, handle, "confirm")["end"] == "well"
    assert sizes == [16, 16, 16]
