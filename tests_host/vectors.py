"""Messages written by hand from the protocol, and what they say: every data type, clocks, the edges of integers and of sizes.

A vector is (name, octets, readings, keys); of a reading, only what is named is compared, `items` and `other` as a whole.
"""

from test_han_vectors import frame, notification, register, telegram

KAMSTRUP, KAIFA = ("2B 21", 0x13), ("01 02 01", 0x10)


def aidon(*registers, when="00"):
    """A frame with the array of these registers."""
    count = len(registers)
    return frame(notification("01%02X" % count + "".join(registers) if count < 128 else "0181%02X" % count + "".join(registers), when))


def pairs(*elements, count=None, version="Kamstrup_V0001"):
    """Kamstrup's structure: list id, then OBIS codes and values by turns."""
    elements = ["0906" + bytes(map(int, e.split("."))).hex() if "." in e else e for e in elements]
    first = "0A%02X%s" % (len(version), version.encode().hex())
    return frame(notification("02%02X%s" % (count or 1 + len(elements), first) + "".join(elements)), *KAMSTRUP)


def kaifa(*values, when="090C 07E8 01 01 01 00 00 00 FF 8000 00"):
    """Kaifa's structure of bare values."""
    return frame(notification("02%02X" % len(values) + "".join(values), when), *KAIFA)


KAIFA_IDS = ("0907" + b"KFM_001".hex(), "0910" + b"6970631400000000".hex(), "0908" + b"MA304H4D".hex())

# Data, and what they are as a value (Blue Book, common data types; IEEE 754).
TYPES = (
    ("00", None), ("FF", None), ("03 00", 0), ("03 01", 1), ("03 FF", 1),
    ("04 00", ""), ("04 03 A0", "101"), ("04 08 A5", "10100101"), ("04 81 09 FF 80", "111111111"), ("04 82 00 01 80", "1"),
    ("05 80000000", -2147483648), ("05 FFFFFFFF", -1), ("05 7FFFFFFF", 2147483647), ("06 00000000", 0), ("06 FFFFFFFF", 4294967295),
    ("09 00", ""), ("09 03 414243", "ABC"), ("09 03 000100", "000100"), ("09 04 41420000", "AB"), ("09 81 02 01FF", "01ff"),
    ("0A 02 4F4B", "OK"), ("0A 82 0003 202041", "A"), ("0C 02 4F4B", "OK"), ("0C 05 5AC3A46C72", "Zälr"), ("0C 02 C328", "c328"),
    ("0C 02 4107", "4107"), ("0D 45", 45), ("0D 00", 0), ("0D 4A", "4a"), ("0F 80", -128), ("0F 7F", 127), ("10 8000", -32768),
    ("10 7FFF", 32767), ("11 FF", 255), ("12 FFFF", 65535), ("14 8000000000000000", -1 << 63), ("14 FFFFFFFFFFFFFFFF", -1),
    ("14 7FFFFFFFFFFFFFFF", (1 << 63) - 1), ("15 FFFFFFFFFFFFFFFF", (1 << 64) - 1), ("15 0000000100000000", 1 << 32), ("16 FF", 255),
    ("17 00000000", 0), ("17 80000000", 0), ("17 3F800000", 1), ("17 C3678000", "-231.5"), ("17 3DCCCCCD", "0.1"),
    ("17 4B7FFFFF", 16777215), ("17 49742400", 1000000), ("17 3F9E0652", "1.2345679"), ("17 7F7FFFFF", "3.4028235e38"),
    ("17 00000001", "1.4013e-45"), ("17 7F800000", "inf"), ("17 FF800000", "-inf"), ("17 7FC00000", "nan"),
    ("18 3FB999999999999A", "0.1"), ("18 4340000000000000", 9007199254740992), ("18 C0F7B1CE90A43B18", "-97052.91031287273"),
    ("18 7FEFFFFFFFFFFFFF", "1.7976931348623157e308"), ("18 0000000000000001", "4.94065645841247e-324"),
    ("18 FFF8000000000000", "nan"),
    ("19 07E8 02 1D 04 17 3B 3B 32 FFC4 00", "2024-02-29T23:59:59.50+01:00"), ("19 07E8 0C 1F FF 00 00 00 FF 8000 FF", "2024-12-31T00:00:00"),
    ("19 07E8 07 01 01 0C 00 00 00 012C 00", "2024-07-01T12:00:00.00-05:00"), ("19 FFFF 07 01 01 0C 00 00 00 8000 00", "ffff0701010c000000800000"),
    ("1A 07E8 02 1D 04", "2024-02-29"), ("1A FFFF 02 1D 04", "ffff021d04"), ("1A 07E8 02 FE FF", "07e802feff"),
    ("1B 173B3BFF", "23:59:59"), ("1B 00000005", "00:00:00.05"), ("1B 18000000", "18000000"),
    ("01 00", []), ("02 02 11 05 01 02 12 0007 00", [5, [7, None]]), ("02 03 17 3F000000 1A 07E8 01 01 FF 04 02 40", ["0.5", "2024-01-01", "01"]),
)


def hexed(text):
    return text.replace(" ", "")


def types():
    """Every data type as each form of list carries it."""
    for n, (data, value) in enumerate(TYPES):
        data = hexed(data)
        codes = "0.0.94.46.%d.255" % n
        code = "0-0:94.46.%d" % n
        power = register("1.0.1.7.0.255", "06 00000552", 0, 27)
        yield "register " + data, aidon(register(codes, data), power), [dict(items={"power_import_w": 1362}, other={code: (value, "")})]
        if data != "00":
            yield "pair " + data, pairs(codes, data, "1.1.1.7.0.255", "06 00000552"), [
                dict(items={"list_version": "Kamstrup_V0001", "power_import_w": 1362}, other={code: (value, "")}, vendor="Kamstrup")]
        yield "bare " + data, frame(notification("0203 0900" + data + "11 07")), [dict(items={}, list="other", other={
            "#0": ("", ""), "#1": (value, ""), "#2": (7, "")})]
        if data not in ("00", "FF"):
            described = "0101 0204 120003 0906 %s 0F02 120000" % bytes(map(int, codes.split("."))).hex()
            yield "described " + data, frame(notification("0203" + described + data + "11 07")), [dict(items={}, other={code: (value, "")})]
    for data in ("13 0F 02 0102", "07 00", "08 00", "0B 00", "0E 00", "1C 00", "80 00"):
        yield "no type " + data, aidon(register("1.0.94.46.0.255", hexed(data))), []


def floats():
    """Floating-point numbers with a unit become quantities like any other."""
    for data, scaler, unit, obis, items, other in (
            ("17 43678000", 0, 35, "32.7.0", {"voltage_l1_mv": 231500}, {}), ("17 45106000", -1, 35, "32.7.0", {"voltage_l1_mv": 231000}, {}),
            ("18 406CF00000000000", 0, 35, "52.7.0", {"voltage_l2_mv": 231500}, {}), ("17 C0A00000", 0, 33, "31.7.0", {"current_l1_ma": -5000}, {}),
            ("17 3F9E0652", 0, 33, "31.7.0", {"current_l1_ma": 1235}, {}), ("17 3089705F", 0, 33, "31.7.0", {"current_l1_ma": 0}, {}),
            ("17 42C80000", 3, 27, "1.7.0", {"power_import_w": 100000}, {}), ("18 41B5ED5430000000", 0, 30, "1.8.0", {"energy_import_wh": 367875120}, {}),
            ("17 7F800000", 0, 27, "1.7.0", {}, {"1-0:1.7.0": ("inf", "")}), ("17 3F000000", 0, 28, "9.7.0", {}, {"1-0:9.7.0": ("0.5", "VA")}),
            ("17 7149F2CA", 0, 27, "1.7.0", {}, {"1-0:1.7.0": ("1e30", "W")}), ("17 45108000", 0, 35, "32.7.0", {"voltage_l1_mv": 2312000}, {})):
        yield "%s e%d" % (data, scaler), aidon(register("1.0.%s.255" % obis, hexed(data), scaler, unit), register("1.0.2.7.0.255", "06 00000001", 0, 27)), [
            dict(items={**items, "power_export_w": 1}, other=other)]
    yield "text with a scaler", aidon(register("1.0.96.50.0.255", "0A024F4B", 0, 27)), [dict(items={}, other={"1-0:96.50.0": ("OK", "")})]


def clocks():
    """Around the changes of the clock, as each maker states them."""
    def cosem(time, deviation, status):
        year, month, day, hour, minute, second = (int(time[n:n + 2]) for n in range(0, 12, 2))
        return "%04X%02X%02XFF%02X%02X%02XFF%s%s" % (2000 + year, month, day, hour, minute, second, deviation, status)

    for time, deviation, status, letter in (
            ("240331015950", "FFC4", "00", "W"), ("240331030000", "FF88", "80", "S"), ("241027025950", "FF88", "80", "S"),
            ("241027020000", "FFC4", "00", "W"), ("250330030010", "FF88", "80", "S"), ("231231235950", "FFC4", "00", "W"),
            ("240101000000", "FFC4", "00", "W"), ("240229000000", "FFC4", "00", "W"), ("991231235959", "FFC4", "00", "W"),
            ("000101000000", "FFC4", "00", "W")):
        text = "20%s-%s-%sT%s:%s:%s" % tuple(time[n:n + 2] for n in range(0, 12, 2))
        summer = True if letter == "S" else None
        for said, offset in ((deviation, 120 if summer else 60), ("8000", None), ("FFC4", 60)):
            for state, told, invalid in ((status, summer, False), ("FF", None, False), ("8%X" % (1 + 2), True, True)):
                clock = cosem(time, said, state)
                want = dict(offset=offset, summer=told, invalid=invalid)
                yield "Aidon " + clock, aidon(register("0.0.1.0.0.255", "090C" + clock), register("1.0.1.8.0.255", "06 00000001", 0, 30)), [
                    dict(items={"meter_time": text, "energy_import_wh": 1}, other={}, **want)]
                yield "typed " + clock, aidon(register("0.0.1.0.0.255", "19" + clock), register("1.0.1.8.0.255", "06 00000001", 0, 30)), [
                    dict(items={"meter_time": text, "energy_import_wh": 1}, other={}, **want)]
                yield "Kaifa " + clock, kaifa("0600000552", when="090C" + clock), [
                    dict(items={"meter_time": text, "power_import_w": 1362}, vendor="Kaifa", list="1", **want)]
                yield "Kamstrup " + clock, pairs("1.1.1.7.0.255", "06 00000552", "0.1.1.0.0.255", "090C" + clock), [
                    dict(items={"list_version": "Kamstrup_V0001", "power_import_w": 1362, "meter_time": text}, vendor="Kamstrup", **want)]
        yield "Aidon, no deviation " + time, aidon(register("0.0.1.0.0.255", "090C" + cosem(time, "0000", "00")), register("1.0.1.8.0.255", "06 00000001", 0, 30)), [
            dict(items={"meter_time": text, "energy_import_wh": 1}, offset=None, summer=None, vendor="Aidon")]
        yield "P1 " + time, telegram("0-0:1.0.0(%s%s)" % (time, letter), "1-0:1.7.0(1*W)"), [
            dict(items={"meter_time": text, "power_import_w": 1}, summer=letter == "S", offset=None, other={})]
        yield "P1 with another letter " + time, telegram("0-0:1.0.0(%sX)" % time, "1-0:1.7.0(1*W)"), [
            dict(items={"meter_time": text, "power_import_w": 1}, summer=None, offset=None)]
    for time in ("240001000000", "241301000000", "240100000000", "240132000000", "240101240000", "240101006000", "240101000060", "24010100000A"):
        yield "P1 no time " + time, telegram("0-0:1.0.0(%sW)" % time, "1-0:1.7.0(1*W)"), [
            dict(items={"power_import_w": 1}, other={"0-0:1.0.0": (time + "W", "")})]
