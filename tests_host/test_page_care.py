"""The page for those who have it harder: the smallest phone, a screen reader, a wrong value in every field, a session that ends
while one looks, a network that is gone. What an accessibility checker says is held against every view, light and dark."""

import json
import re
import threading

import pytest

from browsing import DESKTOP, PHONE
from conftest import obtain
from firmware import settings
from showcase import Showcase
from test_page import address, log_in
from test_set_up import shortened
from test_web import PASSWORD, SET, Dongle
from tools import npm, pcboard, page
from tools.page import bundle

SMALL = {"viewport": {"width": 320, "height": 568}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
RULES = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"


@pytest.fixture
def shown():
    """A house in winter."""
    obtain(npm.package, "uplot")
    made = Showcase("winter")
    yield made
    made.close()


def sound(tab, where):
    """Nothing shuts anybody out, nothing is wider than the window."""
    found = tab.evaluate(RULES)
    assert not [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]], where
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= tab.viewport_size["width"], where
    # What a finger shall press is large enough for one (WCAG 2.2, 2.5.8).
    small = tab.evaluate("""[...document.querySelectorAll('button, select, input:not([type=hidden]), nav a, summary')].filter(each => each.checkVisibility())
        .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()]).filter(([, box]) => box.width && Math.min(box.width, box.height) < 24).map(([html]) => html)""")
    assert not small, (where, small)


@pytest.mark.parametrize("language, dark", (("en", False), ("sv", True), ("no", False), ("no", True)))
def test_every_view_on_the_smallest_phone(shown, window, dark, language):
    # The checker would be an inline script, which the page's policy rightly refuses.
    one = window(SMALL, language=language, dark=dark, reduced_motion="reduce", bypass_csp=True)
    tab = one.page
    name = f"small-{'dark' if dark else 'light'}-{language}"

    def come(view, there):
        tab.goto("about:blank")
        tab.goto(shown.address + view)
        tab.wait_for_selector(there)
        tab.select_option("#tongue", language)
        tab.wait_for_selector(there)
        tab.add_script_tag(path=obtain(npm.package, "axe-core") / "axe.min.js")
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        tab.wait_for_timeout(300)

    come("", "#states li")
    tab.wait_for_selector("#bars li")
    sound(tab, "now")
    one.shot(f"now-{name}")
    tab.click("#span [value=day]")
    tab.click("#energy-span [value=month]")
    tab.wait_for_timeout(500)
    sound(tab, "day and month")
    come("#settings", "#s-language")
    sound(tab, "settings")
    come("#dongle", ".facts div")
    tab.wait_for_selector(".nets button")
    sound(tab, "dongle")
    tab.click(".danger >> nth=0")
    tab.wait_for_selector("#ask[open]")
    sound(tab, "a question")
    tab.keyboard.press("Escape")
    shown.authorised = False
    come("", "#login:not([hidden])")
    sound(tab, "log-in")
    shown.authorised, shown.set_up = True, False
    come("", "#wizard .nets button")
    one.shot(f"set-up-{name}")
    for step in ("wifi", "broker", "meter", "page"):
        sound(tab, step)
        if step == "wifi":
            tab.click("#wizard .row button >> nth=-1")
        elif step != "page":
            tab.click("#wizard .primary")
    tab.click("#wizard .primary")
    tab.wait_for_selector("#w-page_password[aria-invalid=true]")
    sound(tab, "a complaint")


def test_a_password_can_be_looked_at_while_it_is_typed(shown, window):
    shown.set_up = False
    tab = window().page
    tab.goto(shown.address)
    tab.wait_for_selector("#wizard .nets button")
    tab.fill("#w-psk", "hemligt-ord")
    tab.click("text=Show")
    assert tab.get_attribute("#w-psk", "type") == "text"
    tab.click("text=Hide")
    assert tab.get_attribute("#w-psk", "type") == "password" and tab.input_value("#w-psk") == "hemligt-ord"


def test_the_wired_board_asks_for_no_wifi_in_its_settings(shown, window):
    tab = window(DESKTOP).page
    tab.goto(shown.address + "#settings")
    tab.wait_for_selector("#s-language")
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.is_visible("#s-wifi_ssid")
    tab.select_option("#s-board", "wt32-eth01")
    assert not tab.is_visible("#s-wifi_ssid") and not tab.is_visible("#s-wifi_password") and tab.is_visible("#s-hostname")


# With the firmware itself

@pytest.fixture(scope="module")
def alone(tmp_path_factory, micropython32, umqtt):
    """A dongle without meter and broker."""
    dongle = Dongle(tmp_path_factory.mktemp("alone"), {**SET, "board": "esp32-p1"})
    yield dongle
    dongle.close()


WRONG = {"int": "x", "text": "å" * 200, "host": "http://x/", "name": "-x", "topic": "a/#", "psk": "kort", "country": "Sverige", "hexkey": "0f0", "hex": "0", "password": "kort"}


def test_a_wrong_value_in_every_field_is_told_beside_it(alone, window, language="sv"):
    one = window(DESKTOP, language=language)
    tab = one.page
    tab.goto(address(alone) + "#settings")
    tab.wait_for_selector("#login:not([hidden])")
    tab.select_option("#tongue", language)
    log_in(tab)
    tab.wait_for_selector("#s-language")
    before = alone.settings()
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    rules = bundle.languages(page.HERE)[language]["rules"]
    fields = [field for field in settings.FIELDS if field.kind != "choice"]
    # A few at a time, as people do; a field that means something only with another choice comes with that choice.
    for n in range(0, len(fields), 6):
        some = fields[n:n + 6]
        for choice in {"mqtt_pin": "pin", "mqtt_psk_id": "psk", "mqtt_psk_key": "psk"}.items():
            if choice[0] in [field.key for field in some]:
                tab.select_option("#s-mqtt_tls", choice[1])
        shown = [field for field in some if tab.is_visible(f"#s-{field.key}")]
        for field in shown:
            tab.fill(f"#s-{field.key}", WRONG[field.kind])
        tab.click("#settings .bar .primary")
        for field in shown:
            tab.wait_for_selector(f"#s-{field.key}[aria-invalid=true]")
            said = tab.inner_text(f"#s-{field.key}-problem")
            assert said.split()[0] == rules[field.kind].replace("{low}", "").split()[0] or re.match(r"\d", said), (field, said)
            assert not re.search(r"\b(must|the|digits|characters|empty)\b|\{", said), said
        assert tab.evaluate("document.activeElement.id") == "s-" + next(
            each for each in tab.evaluate("[...document.querySelectorAll('#settings [aria-invalid=true]')].map(each => each.name)"))
        one.refused(422)
        if n == 6:
            one.shot(f"settings-wrong-{language}")
        tab.goto("about:blank")
        tab.goto(address(alone) + "#settings")
        tab.wait_for_selector("#s-language")
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert alone.settings() == before


@pytest.mark.parametrize("name, text, words", (
    ("photo.json", "\x89PNG\r\n\x1a\n\0\0", "varken"), ("empty.json", "", "varken"), ("list.json", "[1, 2]", "varken"), ("other.json", '{"homeassistant": {}}', "varken"),
    ("huge.json", '{"settings": {"hostname": "' + "x" * 20000 + '"}}', "varken"), ("huge.txt", "mqttHost x\n" * 3000, "varken"), ("cut.json", '{"hamn":"0.1","settings":{"board":"esp', "varken"),
    ("bad.json", '{"hamn":"0.1","settings":{"mqtt_port":0,"board":"x"}}', "Fel i filen: Kort, Port."), ("bad.cfg", "hostname ams\nmqttHost x\nmeterMainFuse 5000\n", "Fel i filen: Huvudsäkring (A)."),
))
def test_a_file_that_is_no_backup_is_told_and_changes_nothing(alone, window, tmp_path, name, text, words):
    one = window(language="sv")
    tab = one.page
    tab.goto(address(alone) + "#dongle")
    tab.wait_for_selector("#login:not([hidden])")
    tab.select_option("#tongue", "sv")
    log_in(tab)
    tab.wait_for_selector("#restore-file")
    before = alone.settings()
    (tmp_path / name).write_text(text, encoding="latin-1" if "PNG" in text else "utf-8")
    tab.set_input_files("#restore-file", tmp_path / name)
    tab.click("button:text-is('Återställ')")
    tab.wait_for_selector(f"#dongle .problem:has-text('{words}')")
    if "huge" not in name:
        one.refused(422)
    assert alone.settings() == before
    tab.click("text=Logga ut")
    tab.wait_for_selector("#login:not([hidden])")


def test_plots_in_an_amsreaders_file_are_left_at_home(alone, window, tmp_path):
    tab = window().page
    tab.goto(address(alone) + "#dongle")
    log_in(tab)
    tab.wait_for_selector("#restore-file")
    before = alone.settings()
    try:
        plots = "".join(f"dayplot 5 1770000000 {n} " + "0.12 " * 400 + "\n" for n in range(20))
        (tmp_path / "ams.cfg").write_text("hostname ams-1a2b\nmqttHost 10.0.0.7\nmeterMainFuse 25\n" + plots)
        tab.set_input_files("#restore-file", tmp_path / "ams.cfg")
        tab.click("button:text-is('Restore')")
        tab.wait_for_selector("text=settings are restored")
        assert alone.settings()["mqtt_host"] == "10.0.0.7"
    finally:
        (alone.device / "settings.json").write_text(json.dumps(before))


def test_a_session_that_ends_leads_to_the_log_in_and_back(tmp_path, window, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    shortened(board, "web_access", SESSION_S=8)
    dongle = Dongle(tmp_path, {**SET, "board": "esp32-p1"}, ["p1-landis"], board)
    try:
        one = window()
        tab = one.page
        tab.goto(address(dongle))
        log_in(tab)
        tab.wait_for_selector("#phases li")
        # Nobody presses anything: the readings stop with the right to see them.
        tab.wait_for_selector("#login:not([hidden])", timeout=45_000)
        assert tab.evaluate("document.activeElement.id") == "password" and not tab.is_visible("#nav") and tab.title() == "Hamn"
        assert one.complaints and all("401" in each or "ERR_" in each for each in one.complaints)
        one.complaints.clear()
        log_in(tab)
        tab.wait_for_selector("#now:not([hidden])")
        tab.click("#nav a[href='#settings']")
        tab.wait_for_selector("#s-language")
        tab.wait_for_timeout(9_000)
        tab.select_option("#s-language", "no")
        tab.click("text=Save")
        tab.wait_for_selector("#login:not([hidden])")
        assert dongle.settings()["language"] == "en" if "language" in dongle.settings() else True
        log_in(tab)
        tab.wait_for_selector("#s-language")
        one.complaints.clear()
    finally:
        dongle.close()


def test_another_wifi_through_the_set_up_that_came_back(tmp_path, window, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    board.wifi_key = "nytt-hemligt"
    shortened(board, "link", _AWAY_MS=3000)
    shortened(board, "joining", _CONNECT_MS=2000)
    shortened(board, "survey", _TRY_MS=4000)
    dongle = Dongle(tmp_path, {**SET, "board": "esp32-p1"}, board=board)
    try:
        one = window(language="sv")
        tab = one.page
        tab.set_default_timeout(40_000)
        tab.goto(address(dongle))
        tab.wait_for_selector("#login:not([hidden])")
        tab.select_option("#tongue", "sv")
        log_in(tab)
        tab.wait_for_selector("text=Dongelns eget Wi-Fi är öppet.")
        tab.click(".nets button:has-text('PC')")
        tab.fill("#w-psk", "fel-lösenord")
        tab.click("button:text-is('Prova')")
        tab.wait_for_selector("#w-wifi-problem:has-text('Nätet godtog inte lösenordet.')")
        one.refused(422)
        tab.fill("#w-psk", "x")
        tab.click("button:text-is('Prova')")
        tab.wait_for_selector("#w-wifi-problem:has-text('8 till 63 tecken')")
        one.refused(422)
        one.shot("set-up-again")
        # Who does not want to gets to the house.
        tab.click("text=Behåll det nuvarande")
        tab.wait_for_selector("#now:not([hidden])")
        tab.reload()
        tab.wait_for_selector("text=Dongelns eget Wi-Fi är öppet.")
        tab.click(".nets button:has-text('PC')")
        tab.fill("#w-psk", "nytt-hemligt")
        tab.click("button:text-is('Prova')")
        tab.wait_for_selector("text=Allt är inställt")
        assert dongle.ends(10) == pcboard.RESET and dongle.settings()["wifi_password"] == "nytt-hemligt"
        dongle.start()
        tab.wait_for_selector("#login:not([hidden])")
        one.complaints[:] = [each for each in one.complaints if "ERR_" not in each]
    finally:
        dongle.close()


def test_the_language_may_be_chosen_before_the_dongle_has_answered(shown, window):
    shown.authorised = False
    slow = shown.session

    def session():
        tab_waits.wait(5)
        return slow()

    tab_waits = threading.Event()
    shown.session = session
    tab = window().page
    tab.goto(shown.address, wait_until="commit")
    tab.select_option("#tongue", "no")
    tab_waits.set()
    tab.wait_for_selector("#login h1:has-text('Velkommen')")
