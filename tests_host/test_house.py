"""The simulated house: what must hold for any meter behind which it stands."""

import pytest

from tools.meter import clock
from tools.meter.house import IT, MWS_PER_WH, REGISTERS, SINGLE, TN, House

SUMMER_NOON = clock.parse("2024-06-20T10:59:50")
WINTER_NIGHT = clock.parse("2024-01-10T21:30:00")


@pytest.mark.parametrize("wiring", (SINGLE, IT, TN))
@pytest.mark.parametrize("start_ms", (SUMMER_NOON, WINTER_NIGHT))
def test_registers_are_the_integral_of_power(wiring, start_ms):
    house = House(start_ms, seed=3, wiring=wiring)
    before = house.registers_mws()
    added = [0, 0, 0, 0]
    for second in range(start_ms // 1000, start_ms // 1000 + 900):
        active, reactive = house.power(second)
        added[0] += max(sum(active), 0)
        added[1] += max(-sum(active), 0)
        added[2] += max(sum(reactive), 0)
        added[3] += max(-sum(reactive), 0)
    state = house.at(start_ms + 900_000)
    after = house.registers_mws()
    assert [b - a for a, b in zip(before, after)] == added
    assert [state.values[name] for name in REGISTERS] == [mws // MWS_PER_WH for mws in after]
    assert any(added[:2]) and any(added[2:])


def test_nothing_drifts_over_a_day_however_often_the_house_is_asked():
    start_ms = clock.parse("2024-04-01T00:00:00")
    often, once = House(start_ms, seed=5), House(start_ms, seed=5)
    for ms in range(start_ms, start_ms + 6 * 3_600_000, 2500):
        often.at(ms)
    assert often.at(start_ms + 6 * 3_600_000) == once.at(start_ms + 6 * 3_600_000)
    assert often.registers_mws() == once.registers_mws()


@pytest.mark.parametrize("seed", range(4))
def test_phases_add_up_and_nothing_flows_both_ways(seed):
    house = House(SUMMER_NOON, seed=seed)
    for ms in range(SUMMER_NOON, SUMMER_NOON + 3_600_000, 60_000):
        values = house.at(ms).values
        for kind, unit in (("power", "w"), ("reactive_power", "var")):
            net = values[f"{kind}_import_{unit}"] - values[f"{kind}_export_{unit}"]
            phases = [values[f"{kind}_import_l{n}_{unit}"] - values[f"{kind}_export_l{n}_{unit}"] for n in (1, 2, 3)]
            assert net == sum(phases)
            assert not values[f"{kind}_import_{unit}"] or not values[f"{kind}_export_{unit}"]


@pytest.mark.parametrize("wiring", (SINGLE, TN))
def test_current_voltage_and_power_of_a_phase_agree(wiring):
    house = House(WINTER_NIGHT, wiring=wiring)
    for ms in range(WINTER_NIGHT, WINTER_NIGHT + 3_600_000, 30_000):
        values = house.at(ms).values
        for n in (1, 2, 3) if wiring == TN else (1,):
            p = values[f"power_import_l{n}_w"] - values[f"power_export_l{n}_w"]
            q = values[f"reactive_power_import_l{n}_var"] - values[f"reactive_power_export_l{n}_var"]
            u, i = values[f"voltage_l{n}_mv"], values[f"current_l{n}_ma"]
            assert 207_000 <= u <= 253_000            # EN 50160
            assert (i < 0) == (p < 0)
            assert abs(abs(i) * u // 1_000_000 - round((p * p + q * q) ** 0.5)) <= 2


def test_line_currents_of_a_3_wire_house_carry_its_apparent_power():
    # Three equal loads between the lines draw sqrt(3) times the current of one load from each line.
    house = House(WINTER_NIGHT, wiring=IT)
    house.power = lambda second: ((2_300_000,) * 3, (0,) * 3)
    values = house.at(WINTER_NIGHT).values
    for n in (1, 2, 3):
        assert abs(values[f"current_l{n}_ma"] - 17_320) < 600
    assert "power_import_l1_w" not in values


def test_a_house_with_sun_exports_in_summer_and_imports_in_a_winter_night():
    summer = House(SUMMER_NOON).at(SUMMER_NOON).values
    winter = House(WINTER_NIGHT).at(WINTER_NIGHT).values
    assert summer["power_export_w"] > 1000 and summer["current_l1_ma"] < 0
    assert winter["power_import_w"] > 100 and winter["power_export_w"] == 0


def test_hourly_registers_stand_still_within_the_hour():
    house = House(SUMMER_NOON)
    start = house.at(SUMMER_NOON).hour
    full_hour = house.at(SUMMER_NOON + 10_000)
    assert full_hour.hour == {name: full_hour.values[name] for name in REGISTERS} != start
    late = house.at(SUMMER_NOON + 3_000_000)
    assert late.hour == full_hour.hour and late.values["energy_export_wh"] > late.hour["energy_export_wh"]


def test_transformers_divide_what_the_meter_sees():
    plain, secondary = House(WINTER_NIGHT, scale=20), House(WINTER_NIGHT, scale=20, ct=40)
    for name in ("power_import_w", "current_l2_ma", "energy_import_wh"):
        whole, part = plain.at(WINTER_NIGHT).values[name], secondary.at(WINTER_NIGHT).values[name]
        assert abs(whole - 40 * part) <= 40 and part > 0
    assert plain.at(WINTER_NIGHT).values["voltage_l1_mv"] == secondary.at(WINTER_NIGHT).values["voltage_l1_mv"]


def test_seeds_differ_and_repeat():
    first, again, other = (House(WINTER_NIGHT, seed).at(WINTER_NIGHT) for seed in (7, 7, 8))
    assert first == again
    assert first.values["power_import_w"] != other.values["power_import_w"]


def test_time_does_not_go_back():
    house = House(SUMMER_NOON)
    house.at(SUMMER_NOON + 5000)
    with pytest.raises(ValueError):
        house.at(SUMMER_NOON)


@pytest.mark.parametrize("utc, normal, local", (
    ("2024-03-31T00:59:59", "2024-03-31T01:59:59", "2024-03-31T01:59:59"),
    ("2024-03-31T01:00:00", "2024-03-31T02:00:00", "2024-03-31T03:00:00"),
    ("2024-10-27T00:59:59", "2024-10-27T01:59:59", "2024-10-27T02:59:59"),
    ("2024-10-27T01:00:00", "2024-10-27T02:00:00", "2024-10-27T02:00:00"),
    ("2024-12-31T23:00:00", "2025-01-01T00:00:00", "2025-01-01T00:00:00"),
))
def test_clocks_know_summer_time(utc, normal, local):
    now_ms = clock.parse(utc)
    assert clock.normal_time(now_ms).isoformat() == normal
    assert clock.local_time(now_ms).isoformat() == local


def test_times_are_read_with_and_without_offset():
    assert clock.parse("2024-06-01T14:00:00+02:00") == clock.parse("2024-06-01T12:00:00") == 1_717_243_200_000
    with pytest.raises(ValueError):
        clock.parse("noon")
