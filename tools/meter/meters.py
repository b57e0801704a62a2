"""The table of simulated meters: name, wiring, line settings, push schedule and layout of each.

    meter = METERS["aidon-no"]
    house = meter.house(start_ms, seed=1)
    for now_ms, name in meter.due(start_ms): meter.telegram(now_ms, house, name), meter.truth(now_ms, house, name)
"""

from collections import namedtuple

from tools.meter import obis
from tools.meter.aidon import AidonNorway, AidonSweden
from tools.meter.house import IT, SINGLE, TN, House
from tools.meter.kaifa import Kaifa
from tools.meter.kamstrup import Kamstrup
from tools.meter.p1 import BY_DIRECTION, KILO_VAR_LOWER, P1

HOUR_MS = 3_600_000


class Line(namedtuple("Line", "baud bits parity stop inverted")):
    """UART settings; `parity` None, 0 (even) or 1 (odd); `inverted` as on the open collector of RJ12."""

    def bits_a_byte(self):
        """Bit times that one byte takes, with start, parity and stop bits."""
        return 1 + self.bits + (self.parity is not None) + self.stop


MBUS_8E1 = Line(2400, 8, 0, 1, False)
MBUS_8N1 = Line(2400, 8, None, 1, False)
RJ12 = Line(115200, 8, None, 1, True)

# A push: the list's name, every how many ms, how many ms after the full interval of the meter's clock. Of pushes that fall on the
# same moment only the last in the row is sent, as captures show and the vendors' tables say.
Push = namedtuple("Push", "name every_ms offset_ms")

AIDON_PUSH = (Push("1", 2500, 0), Push("2", 10_000, 0), Push("3", HOUR_MS, 10_000))
KAIFA_PUSH = (Push("1", 2000, 0), Push("2", 10_000, 0), Push("3", HOUR_MS, 10_000))
KAMSTRUP_PUSH = (Push("2", 10_000, 0), Push("3", HOUR_MS, 5000))
ONE_LIST_PUSH = (Push("3", 10_000, 0),)
P1_PUSH = (Push("p1", 10_000, 0),)

AIDON_ID, KAIFA_ID, KAIFA_SE_ID = "7359992890000017", "6970631400000025", "7340157300000031"
KAMSTRUP_ID, EMBRIQ_ID = "5706567200000048", "40799390\0\0\0\0\0\0\0\0"
IT_CURRENTS = ("31.7.0", "71.7.0")


class Meter:
    """One simulated meter: `name`, `words` about it, `line` settings, `pushes`, `protocol` ('hdlc' or 'p1'), its layout and its house."""

    def __init__(self, name, words, line, pushes, layout, wiring=TN, **house):
        self.name = name
        self.words = words
        self.line = line
        self.pushes = pushes
        self.layout = layout
        self.protocol = layout.protocol
        self._house = dict(house, wiring=wiring)

    def house(self, start_ms, seed=1):
        """A House that suits this meter. Ask `telegram` and `truth` only for times from `start_ms` on, never backwards."""
        return House(start_ms, seed, **self._house)

    def due(self, start_ms):
        """Endless (ms, list name) of what is pushed from `start_ms` on, aligned to the clock."""
        times = [push.offset_ms + -(-(start_ms - push.offset_ms) // push.every_ms) * push.every_ms for push in self.pushes]
        while True:
            now_ms = min(times)
            hit = [i for i, time in enumerate(times) if time == now_ms]
            yield now_ms, self.pushes[hit[-1]].name
            for i in hit:
                times[i] += self.pushes[i].every_ms

    def telegram(self, now_ms, house, name):
        """The bytes of list `name` at that time."""
        return self.layout.telegram(now_ms, house.at(now_ms), name)

    def truth(self, now_ms, house, name):
        """What a correct reader makes of that telegram: vocabulary names to integers and texts, with `protocol`, `list` and,
        where the telegram tells it, `vendor`."""
        return dict(self.layout.truth(now_ms, house.at(now_ms), name), protocol=self.protocol)


def _rows():
    yield Meter("p1-landis", "Landis+Gyr E360, P1 text, signed currents (the usual Swedish meter)", RJ12, P1_PUSH,
                P1("Landis+Gyr", "LGF5E360", signed_currents=True))
    yield Meter("p1-sagemcom", "Sagemcom T211, P1 text, lower-case units", RJ12, P1_PUSH,
                P1("Sagemcom", r"ELL5\253833635_A", BY_DIRECTION, KILO_VAR_LOWER))
    yield Meter("p1-aidon", "Aidon 6534, P1 text", RJ12, P1_PUSH, P1("Aidon", "ADN9 6534"))
    yield Meter("p1-aidon-1ph", "Aidon 6511, P1 text, one phase, `!` on the last line", RJ12, P1_PUSH,
                P1("Aidon", "ADN9 6511", phases=1, last_line_end=""), SINGLE)
    yield Meter("p1-kamstrup", "Kamstrup OMNIPOWER, P1 text", RJ12, P1_PUSH, P1("Kamstrup", "KAM5", BY_DIRECTION))
    yield Meter("p1-kaifa", "Kaifa MA304H4E, P1 text", RJ12, P1_PUSH, P1("Kaifa", "KFM5KAIFA-METER"))

    yield Meter("aidon-no", "Aidon 6534 (NO): lists 1, 2, 3", MBUS_8E1, AIDON_PUSH, AidonNorway("6534", AIDON_ID))
    yield Meter("aidon-no-1ph", "Aidon 6515 (NO), one phase", MBUS_8E1, AIDON_PUSH,
                AidonNorway("6515", AIDON_ID, obis.CURRENTS[:1], obis.VOLTAGES[:1]), SINGLE)
    yield Meter("aidon-no-it", "Aidon 6525 (NO), 3-wire IT, without current L2", MBUS_8E1, AIDON_PUSH,
                AidonNorway("6525", AIDON_ID, IT_CURRENTS), IT)
    yield Meter("aidon-no-ct", "Aidon 6540 (NO), 3-wire IT behind 200/5 A transformers", MBUS_8E1, AIDON_PUSH,
                AidonNorway("6540", AIDON_ID, IT_CURRENTS), IT, scale=20, ct=40)
    yield Meter("aidon-se", "Aidon 6534 (SE), one list of 27 items on RJ12", RJ12, ONE_LIST_PUSH, AidonSweden())
    yield Meter("aidon-se-nve", "Aidon 6534 (SE), the same list on RJ45", MBUS_8E1, ONE_LIST_PUSH, AidonSweden())

    yield Meter("kaifa-no", "Kaifa MA304H4 (NO): lists 1, 2, 3 by position", MBUS_8E1, KAIFA_PUSH, Kaifa("MA304H4", KAIFA_ID))
    yield Meter("kaifa-no-1ph", "Kaifa MA105H2E (NO), one phase", MBUS_8E1, KAIFA_PUSH, Kaifa("MA105H2E", KAIFA_ID, 1), SINGLE)
    yield Meter("kaifa-no-it", "Kaifa MA304H3E (NO), 3-wire IT, voltage L1-L3 always 0", MBUS_8E1, KAIFA_PUSH,
                Kaifa("MA304H3E", KAIFA_ID, dead_voltage="52.7.0"), IT)
    yield Meter("kaifa-se", "Kaifa MA304H4 (SE), 18 pairs of OBIS and value", MBUS_8E1, (Push("3", 10_000, 5000),),
                Kaifa("MA304H4", KAIFA_SE_ID, swedish=True, pairs=True))
    yield Meter("kaifa-se-pos", "Kaifa MA304H4D (SE), 18 values by position", MBUS_8E1, ONE_LIST_PUSH,
                Kaifa("MA304H4D", KAIFA_SE_ID, swedish=True))
    yield Meter("kaifa-se-ct", "Kaifa MA304T4 (SE), transformers, 64-bit energies", MBUS_8E1, ONE_LIST_PUSH,
                Kaifa("MA304T4", KAIFA_SE_ID, swedish=True, wide=True), scale=20,
                registers_wh=(5_204_118_233, 41_220_917, 8_113_402, 1_207_655_310))

    yield Meter("kamstrup-no", "Kamstrup 6841138 (NO): 10-second and hourly list", MBUS_8N1, KAMSTRUP_PUSH,
                Kamstrup("6841138AN243101090", KAMSTRUP_ID))
    yield Meter("kamstrup-no-1ph", "Kamstrup 6861111 (NO), one phase, padded with nulls", MBUS_8N1, KAMSTRUP_PUSH,
                Kamstrup("6861111BN242101040", KAMSTRUP_ID, 1), SINGLE)
    yield Meter("kamstrup-no-it", "Kamstrup 6841121 (NO), 3-wire IT", MBUS_8N1, KAMSTRUP_PUSH,
                Kamstrup("6841121BN243101040", KAMSTRUP_ID), IT)
    yield Meter("kamstrup-no-old", "Kamstrup 6841121 (NO), old firmware, tagged time", MBUS_8N1, KAMSTRUP_PUSH,
                Kamstrup("6841121BN243101040", KAMSTRUP_ID, old_firmware=True), IT)
    yield Meter("kamstrup-se", "Kamstrup 6841131 (SE), registers in Wh", MBUS_8N1, KAMSTRUP_PUSH,
                Kamstrup("6841131BN245101092", KAMSTRUP_ID, energy_scaler=0))
    yield Meter("kamstrup-ct", "Kamstrup 6851138 (SE), transformers, currents in mA", MBUS_8N1, KAMSTRUP_PUSH,
                Kamstrup("6851138BN243101090", KAMSTRUP_ID, current_scaler=-3), scale=20)

    yield Meter("landis-no", "Landis+Gyr E350 (NO), EMBRIQ: Aidon's layout, currents in 0.01 A", MBUS_8E1, AIDON_PUSH,
                AidonNorway("E350", EMBRIQ_ID, vendor="Landis+Gyr", list_id="EMBRIQ_V1_1", current_scaler=-2, energy_scaler=0,
                            stamp_s=6))
    yield Meter("landis-zmf100", "Landis+Gyr ZMF100 (NO), EMBRIQ with swapped tags and 0-0:x.8.0", MBUS_8E1, AIDON_PUSH,
                AidonNorway("ZMF1", EMBRIQ_ID, vendor="Landis+Gyr", list_id="EMBRIQ_V1_1", current_scaler=-2, energy_scaler=0,
                            energy_medium="0-0:", stamp_s=6, swapped_tags=True))


METERS = {meter.name: meter for meter in _rows()}
DEFAULT = "p1-landis"
