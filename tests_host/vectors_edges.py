"""Vectors at the edges: of 32 and 64 bits, of signs, of empty and of the longest messages. What a vector is, `vectors` says."""

from test_han_vectors import frame, notification, register, telegram
from test_han_messages import blocks, segments
from vectors import KAIFA_IDS, aidon, kaifa, pairs

BUFFER = 3072  # of a Reader that is not told otherwise
PIECES = 2048  # octets of the longest message in pieces
UNSIGNED = (0, 1, (1 << 30) - 1, 1 << 30, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
SIGNED = (-1 << 31, (-1 << 31) + 1, -(1 << 30) - 1, -1 << 30, -1, 0, (1 << 30) - 1, 1 << 30, (1 << 31) - 1)
WIDE = (0, (1 << 31) - 1, 1 << 31, 1 << 32, 10 ** 12, (1 << 62) - 1)


def u32(value):
    return "06%08X" % value


def i32(value):
    return "05%08X" % (value & 0xFFFFFFFF)


def u64(value):
    return "15%016X" % value


def i64(value):
    return "14%016X" % (value & 0xFFFFFFFFFFFFFFFF)


def integers():
    """Values at the edges, in each form of list."""
    for value in UNSIGNED:
        yield "Aidon unsigned %d" % value, aidon(
            register("1.0.1.7.0.255", u32(value), 0, 27), register("1.0.2.7.0.255", u32(value), 1, 27), register("1.0.31.7.0.255", u32(value), -3, 33),
            register("1.0.1.8.0.255", u32(value), 1, 30), register("1.0.2.8.0.255", u32(value), 3, 30), register("1.0.3.8.0.255", u32(value), -1, 32)), [
            dict(items={"power_import_w": value, "power_export_w": 10 * value, "current_l1_ma": value, "energy_import_wh": 10 * value,
                        "energy_export_wh": 1000 * value, "reactive_energy_import_varh": (value + 5) // 10}, other={}, vendor="Aidon", list="3")]
        yield "Kaifa %d" % value, kaifa(
            *KAIFA_IDS, *[u32(value)] * 7, *[u32(2300)] * 3, "090C07E80101010C000AFF800000", u32(value), u64(value), u32(value), u32(value)), [
            dict(items={"list_version": "KFM_001", "meter_id": "6970631400000000", "meter_type": "MA304H4D", "meter_time": "2024-01-01T12:00:10",
                        **{name: value for name in ("power_import_w", "power_export_w", "reactive_power_import_var", "reactive_power_export_var",
                                                    "current_l1_ma", "current_l2_ma", "current_l3_ma", "energy_import_wh", "energy_export_wh",
                                                    "reactive_energy_import_varh", "reactive_energy_export_varh")},
                        **{"voltage_l%d_mv" % n: 230000 for n in (1, 2, 3)}}, other={}, vendor="Kaifa", list="3", rule="Kaifa")]
        yield "Kamstrup %d" % value, pairs(
            "1.1.1.7.0.255", u32(value), "1.1.31.7.0.255", u32(value), "1.1.32.7.0.255", "1200E6", "1.1.1.8.0.255", u32(value)), [
            dict(items={"list_version": "Kamstrup_V0001", "power_import_w": value, "current_l1_ma": 10 * value, "voltage_l1_mv": 230000,
                        "energy_import_wh": 10 * value}, other={}, vendor="Kamstrup", list="3")]
        text = "%09d.%03d" % divmod(value, 1000)
        yield "P1 %d" % value, telegram(
            "1-0:1.7.0(%s*kW)" % text, "1-0:2.7.0(%d*W)" % value, "1-0:31.7.0(%s*A)" % text, "1-0:1.8.0(%s*kWh)" % text, "1-0:2.8.0(%d*kWh)" % value,
            "1-0:3.7.0(-%s*kvar)" % text, "1-0:4.7.0(+%d*var)" % value), [
            dict(items={"power_import_w": value, "power_export_w": value, "current_l1_ma": value, "energy_import_wh": value,
                        "energy_export_wh": 1000 * value, "reactive_power_import_var": -value, "reactive_power_export_var": value}, other={})]
    for value in SIGNED:
        yield "Aidon signed %d" % value, aidon(
            register("1.0.1.7.0.255", i32(value), 0, 27), register("1.0.2.7.0.255", i32(value), 2, 27), register("1.0.31.7.0.255", i32(value), -3, 33),
            register("1.0.51.7.0.255", i32(value), -1, 33), register("1.0.3.7.0.255", i64(value), 0, 29)), [
            dict(items={"power_import_w": value, "power_export_w": 100 * value, "current_l1_ma": value, "current_l2_ma": 100 * value,
                        "reactive_power_import_var": value}, other={})]
    for value, tag in ((-32768, "108000"), (-1, "10FFFF"), (32767, "107FFF"), (-128, "0F80"), (127, "0F7F"), (255, "11FF"), (65535, "12FFFF")):
        for scaler, factor in ((-1, 100), (-2, 10)):
            yield "current %s e%d" % (tag, scaler), aidon(register("1.0.31.7.0.255", tag, scaler, 33), register("1.0.1.7.0.255", "06 00000001", 0, 27)), [
                dict(items={"current_l1_ma": value * factor, "power_import_w": 1}, other={})]
    for value in WIDE:
        yield "wide %d" % value, aidon(register("1.0.1.8.0.255", u64(value), 0, 30), register("1.0.2.8.0.255", i64(-value), 0, 30)), [
            dict(items={"energy_import_wh": value, "energy_export_wh": -value}, other={})]
        yield "wide P1 %d" % value, telegram("1-0:1.8.0(%d*Wh)" % value), [dict(items={"energy_import_wh": value}, other={})]
    for value in (1 << 62, (1 << 64) - 1):
        yield "too wide %d" % value, aidon(register("1.0.1.8.0.255", u64(value), 0, 30), register("1.0.1.7.0.255", u32(1), 0, 27)), [
            dict(items={"power_import_w": 1}, other={"1-0:1.8.0": (value, "Wh")})]
        yield "too wide P1 %d" % value, telegram("1-0:1.8.0(%d*Wh)" % value, "1-0:1.7.0(1*W)"), [
            dict(items={"power_import_w": 1}, other={"1-0:1.8.0": (str(value), "Wh")})]
    yield "digits", telegram("1-0:1.8.0(99999999.999*kWh)", "1-0:2.8.0(999999999999.999*kWh)", "1-0:1.7.0(99999.999*kW)", "1-0:31.7.0(-999.999*A)",
                             "1-0:32.7.0(999.9*V)", "1-0:3.8.0(00000000.000*kvarh)", "1-0:4.8.0(.5*kvarh)", "1-0:2.7.0(0000000000000000000000012.000*kW)"), [
        dict(items={"energy_import_wh": 99999999999, "energy_export_wh": 999999999999999, "power_import_w": 99999999, "current_l1_ma": -999999,
                    "voltage_l1_mv": 999900, "power_export_w": 12000, "reactive_energy_import_varh": 0, "reactive_energy_export_varh": 500},
             other={})]


def empty():
    """Lists of nothing give no reading, and say so; a list id alone, or padding, is one."""
    for name, body in (("array", "0100"), ("structure", "0200"), ("long array", "018100"), ("null", "00"), ("nothing", "")):
        yield "empty " + name, frame(notification(body)), []
    yield "empty telegram", telegram(), []
    yield "blank telegram", telegram("", ""), []
    yield "structure of empty structures", frame(notification("0202 0200 0200")), [
        dict(items={}, other={"#0": ([], ""), "#1": ([], "")}, list="other")]
    yield "padding alone", pairs("00", "00", count=25), []
    yield "padded", pairs("1.1.1.7.0.255", "06 00000001", "1.1.51.7.0.255", "00", "00", "00", count=25), [
        dict(items={"list_version": "Kamstrup_V0001", "power_import_w": 1}, list="1")]
    # After a restart a meter leaves its texts out: whose list it is, the one before tells.
    yield "empty texts", kaifa(u32(1)) + kaifa("0900", "0900", "0900", *[u32(1)] * 5, u32(2300)), [dict(list="1"), dict(
        items={"meter_time": "2024-01-01T00:00:00", "power_import_w": 1, "power_export_w": 1, "reactive_power_import_var": 1,
               "reactive_power_export_var": 1, "current_l1_ma": 1, "voltage_l1_mv": 230000}, other={}, vendor="Kaifa", list="2")]


def sizes():
    """The longest messages that fit, and one octet more."""
    def filler(octets):
        return "0202 0906 00005E2E00FF 0982%04X%s" % (octets, "41" * octets)

    power = register("1.0.1.7.0.255", u32(1362), 0, 27)
    short = aidon(power, filler(0))
    room = 2047 - (len(short) - 2)
    good = aidon(power)
    want = dict(items={"power_import_w": 1362})
    yield "longest frame", aidon(power, filler(room)) + good, [dict(want, other={"0-0:94.46.0": ("A" * room, "")}), want]
    yield "longest array of one octet's count", aidon(power, *["0202 0906 00005E2E%02XFF 1107" % n for n in range(126)]), [
        dict(items={"power_import_w": 1362}, other={"0-0:94.46.%d" % n: (7, "") for n in range(126)}, list="1")]
    yield "array of a count in two octets", aidon(power, *["0202 0906 00005E2E%02XFF 1107" % n for n in range(140)]), [
        dict(items={"power_import_w": 1362}, other={"0-0:94.46.%d" % n: (7, "") for n in range(140)}, list="1")]
    yield "array of a count in three octets", frame(notification("0182 0001" + power)), [dict(items={"power_import_w": 1362}, list="1", vendor="Aidon")]
    yield "structure of a count in two octets", frame(notification("0281 8D 0A0E" + b"Kamstrup_V0001".hex() + "".join(
        "0906 01015E2E%02XFF 1107" % n for n in range(70)))), [dict(items={"list_version": "Kamstrup_V0001"}, other={
            "1-1:94.46.%d" % n: (7, "") for n in range(70)})]
    short = len(notification("0102" + power + filler(0))) - 3  # without the LLC
    for octets, fits in ((PIECES, True), (PIECES + 1, False)):
        for name, cut in (("segments", segments), ("blocks", blocks)):
            room = octets - short
            message = notification("0102" + power + filler(room))
            data = b"".join(cut(message if name == "segments" else message[3:], (120,) * 18))
            yield "%d octets in %s" % (octets, name), data + aidon(power), [
                dict(want, other={"0-0:94.46.0": ("A" * room, "")})] * fits + [want]
    head = len(telegram("1-0:1.7.0(1362*W)", "0-0:94.46.0()")) - 2
    good = telegram("1-0:1.7.0(1362*W)")
    for more in (-1, 0):
        text = "A" * (BUFFER - head + more)
        yield "longest telegram %+d" % more, telegram("1-0:1.7.0(1362*W)", "0-0:94.46.0(%s)" % text) + good, [
            dict(want, other={"0-0:94.46.0": (text, "")}), want]
    for more in (1, 2, 700):
        yield "telegram too long by %d" % more, telegram("1-0:1.7.0(1362*W)", "0-0:94.46.0(%s)" % ("A" * (BUFFER - head + more))) + good, [want]
    yield "deepest nesting", aidon(power, "0202 0906 00005E2E00FF" + "0201" * 7 + "1107"), [
        dict(want, other={"0-0:94.46.0": ([[[[[[[7]]]]]]], "")})]
    yield "nested too deep", aidon(power, "0202 0906 00005E2E00FF" + "0201" * 8 + "1107"), []
    yield "longest telegram of one line", telegram("1-0:1.8.0(%s1*Wh)" % ("0" * 40)), [dict(items={"energy_import_wh": 1}, other={})]
