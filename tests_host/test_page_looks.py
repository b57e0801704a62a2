"""How the page looks and reads: three languages, phone and desktop, light and dark, pictures of each under build/screenshots/; its
weight, its words, and what an accessibility checker says of it."""

import gzip
import json
import re

import pytest

from browsing import DESKTOP, PHONE
from conftest import obtain
from firmware import settings
from showcase import Showcase
from tools import npm, page
from tools.page import bundle

MOST = 60_000  # octets over the wire


MOMENTS = ("winter", "summer", "bare")
# Every word and form in winter; the rest where it looks different.
VIEWS = [(moment, language, size, dark) for moment in MOMENTS for language in ("en", "sv", "no") for size in ("phone", "desktop") for dark in ("light", "dark")
         if moment == "winter" or language == "en" and (moment == "summer" or dark == "light")]


@pytest.fixture(scope="module")
def house(request):
    """A house in the light of that moment: (its name, a Showcase)."""
    obtain(npm.package, "uplot")
    shown = Showcase(request.param)
    yield request.param, shown
    shown.close()


@pytest.fixture(scope="module")
def made():
    """The page's files."""
    obtain(npm.package, "uplot")
    return page.files()


def test_weight(made):
    packed = made["www/index.html.gz"]
    assert len(packed) <= MOST
    text = gzip.decompress(packed).decode()
    assert "http://" not in text and "https://" not in text and "src=" not in text
    assert page.files() == made, "the same every time"


@pytest.mark.parametrize("house, language, size, dark", VIEWS, indirect=["house"])
def test_every_view(house, window, language, size, dark):
    moment, shown = house
    name = "-".join((moment, size, dark, language))
    one = window(PHONE if size == "phone" else DESKTOP, language=language, dark=dark == "dark")
    tab = one.page
    tab.goto(shown.address)
    tab.select_option("#tongue", language)
    tab.wait_for_selector("#states li")
    tab.wait_for_selector("#curve canvas")
    tab.wait_for_timeout(1200)  # for the staffs to fill
    for view in ("now", "settings", "dongle"):
        if view != "now":
            tab.click(f"#nav a[href='#{view}']")
            tab.wait_for_selector({"settings": "#s-language", "dongle": ".facts div"}[view])
            tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        if moment == "winter" or view == "now":
            one.shot(f"{view}-{name}")
        assert not one.scrolls_sideways(), view
        text = tab.inner_text("body")
        assert not re.search(r"undefined|NaN|\[object|Invalid|\{\w+\}", text), view
        # A key that has no words would stand there itself.
        assert not re.search(r"(?<![\w@/-])[a-z]+\.[a-z_]{3,}(?![\w.])", re.sub(r"\S+\.(local|org|pem)", "", text)), view


@pytest.mark.parametrize("house", MOMENTS, indirect=True)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_accessibility(house, window, dark):
    _, shown = house
    # The checker would be an inline script, which the page's policy rightly refuses.
    one = window(PHONE, dark=dark, reduced_motion="reduce", bypass_csp=True)
    tab = one.page
    tab.goto(shown.address)
    tab.wait_for_selector("#states li")
    tab.wait_for_selector("#curve canvas")
    tab.add_script_tag(path=obtain(npm.package, "axe-core") / "axe.min.js")
    for view in ("now", "settings", "dongle"):
        tab.click(f"#nav a[href='#{view}']")
        tab.wait_for_selector({"now": "#states li", "settings": "#s-language", "dongle": ".facts div"}[view])
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        tab.wait_for_timeout(300)
        found = tab.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
        assert not [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]], view
    moving = "[...document.querySelectorAll('*')].filter(each => getComputedStyle(each).animationName !== 'none').length"
    assert tab.evaluate(moving) == 0


def luminance(colour):
    """WCAG 2.1, relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast(theme):
    # Where the ground is a gradient, the checker looks away: every text on every ground that there is.
    sheet = (page.HERE / "css/a-base.css").read_text()
    colours = dict(re.findall(r"--(\w+): (#\w{6});", re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[theme]))
    for text, grounds in {"ink": "fog paper sky dawn sea", "slate": "fog paper sky dawn sea", "import": "fog dawn", "export": "fog sea", "alarm": "fog paper dawn sea",
                          "warn": "fog dawn sea", "good": "fog dawn sea"}.items():
        for ground in grounds.split():
            high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, f"{text} on {ground}: {(high + 0.05) / (low + 0.05):.2f}"


def test_a_meter_that_falls_silent_is_seen(window, made):
    shown = Showcase("summer")
    try:
        one = window()
        tab = one.page
        tab.clock.install()
        tab.goto(shown.address)
        tab.clock.run_for(2000)
        tab.wait_for_selector("#phases li")
        assert tab.get_attribute("body", "data-way") == "export" and "Feeding" in tab.inner_text("#way")
        shown.silent = True
        tab.wait_for_timeout(1500)
        tab.clock.run_for(50_000)
        tab.wait_for_selector("#now.stale")
        assert "silent for" in tab.inner_text("#fresh")
        one.shot("silent", whole=False)
        shown.silent = False
        tab.wait_for_timeout(1500)
        tab.clock.run_for(3000)
        tab.wait_for_selector("#now:not(.stale)")
    finally:
        shown.close()


def test_every_setting_has_a_name_and_a_line_in_every_language():
    keys = {field.key for field in settings.FIELDS}
    kinds = {field.kind for field in settings.FIELDS}
    for code, table in bundle.languages(page.HERE).items():
        assert set(table["fields"]) == keys, f"languages/{code}.json: {set(table['fields']) ^ keys}"
        assert kinds <= set(table["rules"]), code
        for field in settings.FIELDS:
            if field.kind == "choice" and set(field.limits) not in ({"on", "off"}, {"yes", "no"}):
                assert set(table["options"][field.key]) == set(field.limits), (code, field.key)


def test_no_word_is_left_over_or_missing():
    table = bundle.languages(page.HERE)["en"]
    code = "".join(path.read_text() for path in sorted((page.HERE / "js").glob("*.js"))) + (page.HERE / "index.html").read_text()
    flat = set()

    def walk(part, path):
        for key, value in part.items():
            if isinstance(value, dict):
                walk(value, path + key + ".")
            else:
                flat.add(path + key)

    walk({key: value for key, value in table.items() if key not in ("fields", "options", "rules", "told")}, "")
    asked = set(re.findall(r"""\bt\([^)]*?["`]([\w.]+)["`]""", code)) | set(re.findall(r'data-t="([\w.]+)"', code)) | set(re.findall(r'["`]([a-z]+\.\w+)["`]', code))
    # A key that is put together ("port." + state) asks for all that begin so.
    begun = tuple(set(re.findall(r"""["`]([a-z]+\.(?:\w+_)?)(?:"|\$)""", code)))
    missing = {key for key in asked if "." in key and key.split(".")[0] in table and not key.startswith("rules.") and key not in flat and not key.endswith((".", "_"))}
    assert not missing, missing
    left = {key for key in flat if key not in asked and not key.startswith(begun)}
    assert not left, left


@pytest.mark.parametrize("file, change, problem", (
    ("languages/sv.json", lambda text: json.dumps({**json.loads(text), "extra": "x"}), "sv.json"),
    ("languages/no.json", lambda text: text.replace("{fuse} A", "fuse A"), "no.json"),
    ("js/app.js", lambda text: 'import {nothing} from "./nothing.js";\n' + text, "nothing.js is missing"),
    ("js/dom.js", lambda text: 'import {ask} from "./api.js";\n' + text, "import each other"),
    ("js/dom.js", lambda text: text + "export default 1;\n", "not understood"),
    ("js/dom.js", lambda text: text + 'const end = "</script>";\n', "</script"),
    ("index.html", lambda text: text.replace("<style></style>", ""), "one <style>"),
))
def test_sources_that_make_no_page(tmp_path, made, file, change, problem):
    for path in page.HERE.rglob("*"):
        if path.suffix in (".html", ".css", ".js", ".json"):
            copy = tmp_path / path.relative_to(page.HERE)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(change(path.read_text()) if copy == tmp_path / file else path.read_text())
    with pytest.raises(bundle.PageError, match=re.escape(problem)):
        page.files(tmp_path)
