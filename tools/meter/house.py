"""A house behind the meter: appliances, sun, voltages that move, and registers that add up.

Power is a pure function of seed and second, so a house gives the same telegrams for the same seed and start, however often it is asked.
All quantities are integers; the registers are integrated second by second in mWs, so nothing drifts.
"""

from collections import namedtuple
from math import isqrt

SINGLE, IT, TN = "one phase", "three phases, 3-wire IT", "three phases, 4-wire TN"
DAY_S = 86400
HOUR_S = 3600
MWS_PER_WH = 3_600_000
MASK = (1 << 64) - 1

# What the meter sees: `values` by vocabulary name (mV, mA, W, var, Wh, varh), `hour` the four registers at the last full hour.
State = namedtuple("State", "values hour")

REGISTERS = ("energy_import_wh", "energy_export_wh", "reactive_energy_import_varh", "reactive_energy_export_varh")


def scatter(*keys):
    """A well mixed 64-bit number from integers (splitmix64): randomness that can be asked for any second."""
    x = 0
    for key in keys:
        x = (x + key + 0x9E3779B97F4A7C15) & MASK
        x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
        x ^= x >> 31
    return x


def drift(seed, channel, second, period, span):
    """A value within -span…span that wanders smoothly, with a new direction every `period` seconds."""
    step, inside = divmod(second, period)
    here, there = (scatter(seed, channel, step + n) % (2 * span + 1) - span for n in (0, 1))
    return here + (there - here) * inside // period


def _fridge(seed, second):
    return 1000 if (second + scatter(seed, 1)) % 3300 < 1200 else 0


def _lights(seed, second):
    return 1000 if 17 * HOUR_S <= (second + HOUR_S) % DAY_S < 23 * HOUR_S else 0


def _cooker(seed, second):
    hungry = 16 * HOUR_S + 1800 <= (second + HOUR_S) % DAY_S < 17 * HOUR_S + 2400
    return 1000 if hungry and second % 40 < 24 else 0


def _boiler(seed, second):
    return 1000 if (second + scatter(seed, 2)) % 6300 < 1500 else 0


def _car(seed, second):
    day, night = divmod(second - 21 * HOUR_S, DAY_S)
    return 1000 if night < 4 * HOUR_S and scatter(seed, 3, day) % 7 < 4 else 0


def _sun(seed, second):
    """Per mille of the panels' peak: a parabola over the day, longer and higher in summer, under passing clouds."""
    day, time = divmod(second + HOUR_S, DAY_S)
    season = 1000 - abs(day * 100 % 36525 // 100 - 172) * 1000 // 194
    half = 12600 + 19800 * season // 1000
    off_noon = abs(time - DAY_S // 2)
    if off_noon >= half:
        return 0
    arc = (half * half - off_noon * off_noon) * 1000 // (half * half)
    peak = 150 + 850 * season // 1000
    clouds = 600 + drift(seed, 4, second, 240, 400)
    return arc * peak * clouds // 1_000_000


# (per mille that runs, W on each phase, var on each phase); negative W is produced, negative var is capacitive
APPLIANCES = (
    (_fridge, (85, 0, 0), (55, 0, 0)),
    (_lights, (0, 120, 160), (0, -25, -30)),
    (_cooker, (1800, 1200, 0), (0, 0, 0)),
    (_boiler, (0, 0, 2000), (0, 0, 0)),
    (_car, (2300, 2300, 2300), (-60, -60, -60)),
    (_sun, (-2000, -2000, -2000), (40, 40, 40)),
)
BASE_W = (90, 130, 60)
BASE_VAR = (-40, -65, -20)


class House:
    """A house of one wiring, seen by its meter.

    `scale` multiplies the loads (a workshop), `ct` divides what the meter measures (values on the secondary side of current
    transformers). `registers_wh`: the four registers at the start, import, export, reactive import and export in Wh or varh.
    """

    def __init__(self, start_ms, seed=1, wiring=TN, scale=1, ct=1, registers_wh=None):
        self.seed = seed
        self.wiring = wiring
        self.scale = scale
        self.ct = ct
        if registers_wh is None:
            registers_wh = [(low + scatter(seed, 10, low) % low) * scale // ct for low in (9_000_000, 1_200_000, 60_000, 1_500_000)]
        self._registers_mws = [wh * MWS_PER_WH for wh in registers_wh]
        self._hour = self._energies()
        self._second = start_ms // 1000
        self._state = None

    def power(self, second):
        """((mW of each phase), (mvar of each phase)) during that second; import is positive, inductive is positive."""
        watts = [w + drift(self.seed, 20 + i, second, 600, w // 4) + scatter(self.seed, 30 + i, second) % 7 - 3
                 for i, w in enumerate(BASE_W)]
        vars_ = [var + drift(self.seed, 40 + i, second, 300, 15) for i, var in enumerate(BASE_VAR)]
        for runs, phase_w, phase_var in APPLIANCES:
            share = runs(self.seed, second)
            if share:
                for i in range(3):
                    watts[i] += phase_w[i] * share // 1000
                    vars_[i] += phase_var[i] * share // 1000
        if self.wiring == SINGLE:
            watts, vars_ = [sum(watts)], [sum(vars_)]
        factor = 1000 * self.scale
        return tuple(w * factor // self.ct for w in watts), tuple(var * factor // self.ct for var in vars_)

    def registers_mws(self):
        """The four registers in mWs or mvars, as of the last time asked for."""
        return tuple(self._registers_mws)

    def at(self, now_ms):
        """The State at that time. Time only goes forward: raises ValueError for an earlier second."""
        second = now_ms // 1000
        if second < self._second:
            raise ValueError("a house cannot go back in time")
        if self._state is None or second != self._second:
            while self._second < second:
                self._integrate(self._second)
                self._second += 1
                if self._second % HOUR_S == 0:
                    self._hour = self._energies()
            self._state = State(self._measure(second), self._hour)
        return self._state

    def _energies(self):
        return {name: mws // MWS_PER_WH for name, mws in zip(REGISTERS, self._registers_mws)}

    def _integrate(self, second):
        active, reactive = self.power(second)
        for at, total in ((0, sum(active)), (2, sum(reactive))):
            self._registers_mws[at + (total < 0)] += abs(total)

    def _measure(self, second):
        active, reactive = self.power(second)
        voltages = [self._voltage(i, second, mw) for i, mw in enumerate(active)]
        if self.wiring == IT:
            currents = _line_currents(active, reactive, voltages)
        else:
            currents = [_signed(isqrt(p * p + q * q) * 1000 // u, p) for p, q, u in zip(active, reactive, voltages)]
        values = dict(self._energies())
        _put_power(values, "", sum(active), sum(reactive))
        for i, (u, ma) in enumerate(zip(voltages, currents), 1):
            values[f"voltage_l{i}_mv"] = u
            values[f"current_l{i}_ma"] = ma
        if self.wiring != IT:
            for i, (p, q) in enumerate(zip(active, reactive), 1):
                _put_power(values, f"_l{i}", p, q)
        return values

    def _voltage(self, i, second, mw):
        """mV of a phase (of a line voltage on IT): it wanders, flickers, and sags under load or rises under sun."""
        sag = mw * self.ct // self.scale * 9 // 10_000
        return 230_000 + drift(self.seed, 50 + i, second, 300, 3500) + drift(self.seed, 60 + i, second, 7, 400) - sag


def _signed(magnitude, like):
    return -magnitude if like < 0 else magnitude


def _put_power(values, suffix, mw, mvar):
    for name, unit, milli in (("power", "w", mw), ("reactive_power", "var", mvar)):
        values[f"{name}_import{suffix}_{unit}"] = max(milli, 0) // 1000
        values[f"{name}_export{suffix}_{unit}"] = max(-milli, 0) // 1000


def _line_currents(active, reactive, voltages):
    """mA in L1, L2, L3 of loads between L1-L2, L1-L3 and L2-L3, whose voltages stand at 0, -60 and -120 degrees."""
    loads = []
    for p, q, u, cosine, sine in zip(active, reactive, voltages, (1000, 500, -500), (0, -866, -866)):
        real, imaginary = p * 1000 // u, -q * 1000 // u
        loads.append((real * cosine - imaginary * sine, real * sine + imaginary * cosine))
    (a, b), (c, d), (e, f) = loads
    lines = ((a + c, b + d), (e - a, f - b), (-c - e, -d - f))
    return [_signed(isqrt(x * x + y * y) // 1000, sum(active)) for x, y in lines]
