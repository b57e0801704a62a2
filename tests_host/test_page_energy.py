"""The ledger's part of the page in a browser: the hour as it grows, days and months to leaf through, hours brought from another dongle,
served by the firmware under real MicroPython; peaks and costs as they look with a house that has lived for weeks."""

import json
import re
import time
from datetime import datetime, timedelta

import pytest

from browsing import DESKTOP, PHONE
from conftest import obtain
from energy import table
from showcase import Showcase
from test_page import address, log_in
from test_web import SET, Dongle
from test_web_energy import HERE, fill, hours_of
from tools import npm, pcboard


@pytest.fixture(scope="module")
def kept(tmp_path_factory, micropython32, umqtt):
    """A dongle that has kept books for 13 months: (Dongle, truth)."""
    folder = tmp_path_factory.mktemp("kept")
    board = pcboard.PcBoard(folder / "board")
    truth = fill(board.device)
    dongle = Dongle(folder, {**SET, "zone": "Europe/Oslo", "limit_w": 3000}, ["aidon-no"], board)
    yield dongle, truth
    dongle.close()


@pytest.fixture
def tab(kept, window):
    """A page of somebody who has logged in there."""
    made = window(PHONE)
    made.page.goto(address(kept[0]))
    log_in(made.page)
    made.page.wait_for_selector("#phases li")
    return made


def test_the_hour_grows_under_its_limit(tab):
    page = tab.page
    page.wait_for_selector("#usage:not([hidden])", timeout=60_000)
    assert page.inner_text("#usage-title") == "This hour"
    assert re.search(r"About [\d.]+\skWh at its end, in \d+ min. ", page.inner_text("#usage-end")) and "the limit of 3.00" in page.inner_text("#usage-end")
    seen = set()
    deadline = time.monotonic() + 60
    while len(seen) < 3 and time.monotonic() < deadline:
        seen.add(page.inner_text("#usage-now"))
        page.wait_for_timeout(2000)
    said = page.evaluate("fetch('/api/v1/usage').then(answer => answer.json())")
    assert abs(float(page.inner_text("#usage-now").split()[0]) - said["hour_import_kwh"]) < 0.05
    # A sunny noon draws nothing, and then nothing grows.
    power = page.evaluate("fetch('/api/v1/readings').then(answer => answer.json())")["now"]["power_import_w"]
    assert len(seen) >= 3 or power < 200, seen
    assert page.locator("#sums div").count() >= 2


def test_leafing_through_days_and_months(kept, tab):
    _, truth = kept
    page = tab.page
    page.wait_for_selector("#bars ol")
    assert page.inner_text("#leaf") == "Today" and page.is_disabled("#later")
    today = datetime.now(HERE).date()
    for n in range(1, 4):
        before = page.inner_text("#leaf")
        page.click("#earlier")
        page.wait_for_function("text => document.querySelector('#leaf').textContent !== text", arg=before)
        known = [truth[3600, index][3] for index in hours_of(today - timedelta(days=n)) if (3600, index) in truth]
        page.wait_for_function("sum => document.querySelector('#energy-said').textContent.includes(sum)", arg=f"{sum(known) / 1000:.1f}")
        assert page.locator("#bars li.missing").count() == sum((3600, index) not in truth for index in hours_of(today - timedelta(days=n)))
    page.click("#energy-span [value=month]")
    page.wait_for_selector("#bars li:nth-child(28)")
    page.click("#earlier")
    first = (today - timedelta(days=3)).replace(day=1) - timedelta(days=1)
    page.wait_for_selector(f"#leaf:has-text('{first.strftime('%B %Y')}')")
    page.focus("#bars")
    page.keyboard.press("Home")
    page.wait_for_selector("#energy-said b:has-text('kWh')")
    known = [truth[3600, index][3] for index in hours_of(first.replace(day=1)) if (3600, index) in truth]
    assert f"{sum(known) / 1000:.1f}" in page.inner_text("#energy-said")
    while page.is_enabled("#later"):
        before = page.inner_text("#leaf")
        page.click("#later")
        page.wait_for_function("text => document.querySelector('#leaf').textContent !== text", arg=before)
    assert page.inner_text("#leaf") == "This month"


def test_hours_are_brought_and_a_wrong_line_is_named(kept, tab, tmp_path):
    page = tab.page
    page.click("#nav a[href='#dongle']")
    page.wait_for_selector("#journal-file")
    lines = [f"2023-05-{1 + n // 24:02}T{n % 24:02}:00:00+02:00;3600;measured;{500 + n};0;0;0;0" for n in range(40)]
    file = tmp_path / "hours.csv"
    file.write_text("\r\n".join([table.HEAD, *lines[:30], "nonsense", *lines[30:]]))
    page.set_input_files("#journal-file", file)
    page.click("text=Read it in")
    page.wait_for_selector("p.problem:has-text('Line 32: a line needs begin')", timeout=60_000)
    tab.refused(422)
    file.write_text("\r\n".join([table.HEAD, *lines]))
    page.set_input_files("#journal-file", file)
    page.click("text=Read it in")
    # The first 16 lines of the wrong file were right.
    page.wait_for_selector("p.done:has-text('25 intervals read in; 15 were known.')", timeout=60_000)
    slots = page.evaluate("fetch('/api/v1/energy?span=day&date=2023-05-02').then(answer => answer.json())")["slots"]
    assert [slot["import_kwh"] for slot in slots[:16]] == [(524 + n) / 1000 for n in range(16)]
    tab.complaints[:] = [each for each in tab.complaints if "status of 503" not in each]  # short of memory for a moment: asked again


def test_own_tariff(kept, tab):
    dongle, _ = kept
    page = tab.page
    page.click("#nav a[href='#settings']")
    page.click("summary:has-text('Own tariff')")
    page.wait_for_selector("#own-tariff-from")
    page.select_option("#own-tariff-from", "bkk")
    text = page.input_value("#own-tariff")
    assert "[2000, 25000000]" in text
    page.fill("#own-tariff", text.replace('"peaks": 3', '"peaks": 33'))
    save = page.locator("details:has(#own-tariff) button")
    save.click()
    page.wait_for_selector("#own-tariff-problem:has-text('peaks must be a whole number from 1 to 10')", timeout=60_000)
    tab.refused(422)
    page.fill("#own-tariff", text[:-3])
    save.click()
    page.wait_for_function("document.querySelector('#own-tariff-problem').textContent.includes('JSON')")
    page.fill("#own-tariff", text.replace("BKK", "Mine"))
    save.click()
    page.wait_for_selector("details:has(#own-tariff) .done:has-text('Saved.')", timeout=60_000)
    assert json.loads((dongle.device / "tariff.json").read_text())["name"] == "Mine"
    tab.complaints[:] = [each for each in tab.complaints if "status of 503" not in each]


@pytest.mark.parametrize("size", (PHONE, DESKTOP), ids=("phone", "desktop"))
def test_peaks_and_costs_are_said_in_words(window, size):
    obtain(npm.package, "uplot")
    shown = Showcase("winter")
    try:
        page = window(size, language="sv").page
        page.goto(shown.address)
        page.select_option("#tongue", "sv")
        page.wait_for_selector("#peaks li")
        assert page.locator("#peaks li").count() == 5 and page.inner_text("#peaks-title") == "Effekttoppar, januari 2026"
        assert "585,00" in page.inner_text("#peaks") and "12,14" in page.inner_text("#peaks")
        assert page.locator("#peaks li.doubtful").inner_text().split("\n")[-1] == "Räkna med"
        assert page.locator("#cost li").count() == 3 and "1,23" in page.inner_text("#cost")
        hours = page.locator("#bars li:not(.coming) .unseen").all_inner_texts()
        assert "inte uppmätt" in hours[3] and "delvis sett" in hours[2] and "uppskattat" in hours[4] and "fördelat" in hours[5] and "hittills" in hours[-1]
    finally:
        shown.close()
