"""The page in a browser, served by the firmware under real MicroPython: log-in, what moves, what is set and kept."""

import json
import re
import time

import pytest

from browsing import DESKTOP, PHONE
from test_web import PASSWORD, SET, WHOLE, Dongle
from visitor import Visitor

METER = ["aidon-no", "--start", "2026-02-02T02:59:50"]


@pytest.fixture(scope="module")
def house(tmp_path_factory, micropython32, umqtt):
    """A whole house: Norwegian meter, broker, a page with a password."""
    dongle = Dongle(tmp_path_factory.mktemp("house"), WHOLE, METER)
    yield dongle
    dongle.close()


@pytest.fixture
def owner(house, window):
    """make(size, …): a window of somebody who has logged in, with the house in it."""

    def make(size=PHONE, **options):
        made = window(size, **options)
        made.page.goto(address(house))
        log_in(made.page)
        made.page.wait_for_selector("#phases li")
        return made

    return make


def address(dongle):
    Visitor(dongle.board.page).wait()  # before it knows its own address it refuses everybody
    return f"http://127.0.0.1:{dongle.board.page}/"


def log_in(page, password=PASSWORD):
    page.fill("#password", password)
    page.click("#login button")


def watts(page):
    """The power that is shown, in W."""
    size, unit = page.inner_text("#figure"), page.inner_text("#unit")
    return float(size.replace(",", ".")) * (1000 if unit == "kW" else 1)


def test_log_in(house, window):
    one = window(language="no")
    page = one.page
    page.goto(address(house))
    page.wait_for_selector("#login:not([hidden])")
    assert page.inner_text("#login h1") == "Welcome", "the setting, until this browser chooses"
    page.select_option("#tongue", "no")
    assert page.inner_text("#login h1") == "Velkommen" and page.get_attribute("html", "lang") == "nb"
    one.shot("log-in")
    log_in(page, "not the password")
    page.wait_for_selector("#password-problem:has-text('Det er ikke passordet.')")
    one.refused(401)
    assert page.evaluate("document.activeElement.id") == "password"
    log_in(page)
    page.wait_for_selector("#now:not([hidden])")
    page.reload()
    page.wait_for_selector("#way:has-text('nettet')")  # the session and the language are remembered
    page.goto(address(house) + "#dongle")
    page.click("text=Logg ut")
    page.wait_for_selector("#login:not([hidden])")
    page.goto(address(house) + "#settings")
    page.wait_for_selector("#login:not([hidden])")


def test_what_is_shown_is_what_the_meter_says_and_it_moves(house, owner):
    page = owner(DESKTOP).page
    figures, lengths = set(), set()
    deadline = time.monotonic() + 20
    page.wait_for_selector(".buoy")
    curves = set()
    while time.monotonic() < deadline and (len(figures) < 3 or len(curves) < 3):
        figures.add(watts(page))
        lengths.add(page.get_attribute("#curve", "aria-label"))
        curves.add(page.evaluate("document.querySelector('#curve canvas').toDataURL()"))
        page.wait_for_timeout(1000)
    assert len(figures) >= 3 and len(curves) >= 3, (figures, lengths)
    reading = page.evaluate("fetch('/api/v1/readings').then(answer => answer.json())")
    assert abs(watts(page) - (reading["now"]["power_import_w"] - reading["now"].get("power_export_w", 0))) < 60
    assert page.locator("#phases li").count() == 3
    volts = reading["now"]["voltage_l2_v"]
    assert abs(float(page.locator("#phases li").nth(1).locator("span").nth(1).inner_text().split()[0]) - volts) < 5
    page.wait_for_selector("#totals dd", timeout=60_000)
    reading = page.evaluate("fetch('/api/v1/readings').then(answer => answer.json())")
    assert page.locator("#totals dd").first.inner_text().split()[0].replace(",", "") == str(reading["now"]["energy_import_kwh"])
    assert "The meter speaks" in page.inner_text("#states") and "127.0.0.1" in page.inner_text("#states")
    page.click("#span [value=day]")
    page.wait_for_selector("#curve canvas")
    assert re.search(r"ago|just now", page.inner_text("#fresh"))


def test_settings_wrong_and_right(house, owner):
    desk = owner(DESKTOP)
    page = desk.page
    page.click("#nav a[href='#settings']")
    page.wait_for_selector("#s-language")
    before = house.settings()
    page.click("summary:has-text('Broker')")
    page.fill("#s-mqtt_port", "70000")
    page.click("summary:has-text('Network')")
    page.fill("#s-hostname", "-no-")
    page.click("text=Save")
    page.wait_for_selector("#s-mqtt_port-problem:has-text('from 1 to 65535')")
    desk.refused(422)
    desk.shot("settings-wrong")
    assert page.get_attribute("#s-hostname", "aria-invalid") == "true" and page.evaluate("document.activeElement.id") == "s-hostname"
    assert "Not saved" in page.inner_text("#settings [role=status]") and house.settings() == before
    page.fill("#s-mqtt_port", str(before["mqtt_port"]))
    page.fill("#s-hostname", "")
    assert page.is_disabled("text=Save")
    page.click("summary:has-text('Meter')")
    page.fill("#s-fuse_a", "35")
    page.fill("#s-mqtt_password", "new secret")
    page.click("text=Save")
    page.wait_for_selector("#settings .done:has-text('Saved.')")
    after = house.settings()
    assert after["fuse_a"] == 35 and after["mqtt_password"] == "new secret" and after["mqtt_port"] == before["mqtt_port"]
    # A secret is never shown, and can be taken away.
    assert page.input_value("#s-mqtt_password") == "" and "new secret" not in page.content()
    page.click("summary:has-text('Broker')")
    page.locator(".field:has(#s-mqtt_password) button").click()
    page.click("text=Save")
    page.wait_for_selector("#settings .done")
    assert house.settings()["mqtt_password"] == ""
    page.click("#nav a[href='#now']")
    page.wait_for_selector("text=Share of the main fuse, 35 A.")


def test_backup_and_restore(house, owner, tmp_path):
    phone = owner()
    page = phone.page
    page.goto(address(house) + "#dongle")
    with page.expect_download() as plain:
        page.click("text=Download backup")
    kept = json.loads(plain.value.path().read_text())
    assert set(kept) == {"hamn", "settings"} and kept["settings"]["wifi_ssid"] == "PC"
    page.fill("#backup-password", "a password to keep")
    with page.expect_download() as sealed:
        page.click("text=Download backup")
    assert sealed.value.suggested_filename.endswith(".json")
    before = house.settings()
    (house.device / "settings.json").write_text(json.dumps({**before, "ntp_host": "other", "wifi_password": "lost-and-gone"}))
    (tmp_path / "backup.json").write_text(sealed.value.path().read_text())
    page.set_input_files("#restore-file", tmp_path / "backup.json")
    page.fill("#restore-password", "not that one")
    page.click("button:text-is('Restore')")
    page.wait_for_selector("text=The password does not fit")
    phone.refused(422)
    page.fill("#restore-password", "a password to keep")
    page.click("button:text-is('Restore')")
    page.wait_for_selector("text=settings are restored")
    after = house.settings()
    assert {key: after[key] for key in before} == before
    (tmp_path / "ams.cfg").write_text("hostname ams-1a2b\nmqttHost 10.0.0.7\nmqttPort 1883\nmeterMainFuse 25\n")
    page.reload()
    page.wait_for_selector("#restore-file")
    page.set_input_files("#restore-file", tmp_path / "ams.cfg")
    page.click("button:text-is('Restore')")
    page.wait_for_selector("text=settings are restored")
    assert house.settings()["mqtt_host"] == "10.0.0.7"
    (house.device / "settings.json").write_text(json.dumps(before))


def test_log_telegram_and_keys(house, owner):
    phone = owner()
    page = phone.page
    page.goto(address(house) + "#dongle")
    page.click("text=Show the log")
    page.wait_for_selector("pre:has-text('mqtt: connected')")
    page.click("text=Catch a telegram")
    page.wait_for_selector("pre:has-text('7E')")
    with page.expect_download() as telegram:
        page.click("text=Download >> nth=0")
    assert re.fullmatch(r"7E[0-9A-F\s]+7E\s*", telegram.value.path().read_text().upper())
    page.click("text=Copy")
    page.wait_for_selector("text=/Copied|selected/")
    page.click("text=Keys for machines")
    page.fill("#token-name", "grafana")
    page.click("text=Make key")
    key = page.inner_text("code")
    assert re.fullmatch(r"[0-9a-f]{32}", key)
    page.click(".nets button:has-text('grafana')")
    page.click("#ask [value=yes]")
    page.wait_for_selector(".nets button", state="detached")
    page.click("text=Factory reset")
    assert "cannot be undone" in page.inner_text("#ask")
    phone.shot("factory-reset", whole=False)
    page.click("#ask [value=no]")
    page.wait_for_timeout(1500)
    assert (house.device / "settings.json").exists() and house.child.running()


def test_the_keyboard_reaches_everything(house, window):
    page = window(DESKTOP).page
    page.goto(address(house))
    page.wait_for_selector("#login:not([hidden])")
    page.keyboard.type(PASSWORD)  # the field has the focus
    page.keyboard.press("Enter")
    page.wait_for_selector("#phases li")
    page.wait_for_selector("#bars ol, #bars p")
    page.reload()  # the session is remembered, the place is the beginning
    for part in ("#phases li", "#curve canvas", "#bars ol, #bars p", "#states li"):
        page.wait_for_selector(part)
    path = []
    for _ in range(12):
        page.keyboard.press("Tab")
        path.append(page.evaluate("document.activeElement.id || document.activeElement.hash || document.activeElement.value || document.activeElement.className"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", path
        if path[-1] == "bars":
            break
    assert path == ["#content", "#now", "#settings", "#dongle", "tongue", "hour", "curve", "day", "earlier", "bars"]
    page.focus("#span [value=hour]")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#span [value=day]", "aria-checked") == "true" and page.evaluate("document.activeElement.value") == "day"
    page.keyboard.press("ArrowLeft")
    page.focus("#curve")
    page.keyboard.press("End")
    page.wait_for_selector("#curve-said b")
    assert re.fullmatch(r"\d\d:\d\d\s+−?[\d.]+\sk?W", page.inner_text("#curve-said"))
    page.focus("#nav a[href='#settings']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#s-language")


def test_it_comes_back_by_itself(tmp_path, window, micropython32, umqtt):
    dongle = Dongle(tmp_path, {**SET, "open_readings": "on"}, METER)
    try:
        one = window()
        page = one.page
        page.goto(address(dongle))
        page.wait_for_selector("#phases li")
        dongle.child.stop()
        page.wait_for_selector("#now.stale #fresh:has-text('does not answer')")
        one.shot("away", whole=False)
        dongle.start()
        page.wait_for_selector("#now:not(.stale)", timeout=30_000)
        one.complaints[:] = [each for each in one.complaints if "ERR_" not in each]
    finally:
        dongle.close()
