"""The page's words for what the chip says in English: every trouble there is, in the reader's language."""

import json
import re

import pytest

from conftest import obtain
from firmware import sentences
from showcase import Showcase
from tools import npm, page
from tools.page import bundle

# Values that sentences are made with.
VALUES = {"large": (65536,), "rubbish": ("a length of 5 octets",), "refusal": (9,), "certificate": (-0x2700,), "missing file": ("certificates/ca.pem",),
          "unreadable file": ("certificates/ca.pem",)}


def said():
    """[(table, sentence)] of all that is wrong with the broker or the network, as the chip says it."""
    found = [("CONNECTION", sentences.find("CONNECTION", key, VALUES.get(key, ()))) for key in sentences.CONNECTION if key is not None]
    found += [("CONNECTION", sentences.find("CONNECTION", 113_000, ())), ("CONNECTION", "connecting")]
    found += [("CONNECTION", text) for text in sentences.REFUSAL.values()]
    found += [("LINK", sentences.find("LINK", key, ())) for key in sentences.LINK if key is not None]
    return [*found, ("LINK", sentences.find("LINK", 9, ())), ("LINK", "the Wi-Fi driver failed (-1)")]


# Said elsewhere than on the page, or in words of the page's own: no broker, no Wi-Fi set up, no cable.
ELSEWHERE = ("no broker is set up", "Wi-Fi is not set up", "no Ethernet")


@pytest.mark.parametrize("code", ("sv", "no"))
def test_every_trouble_has_words(code):
    told = bundle.languages(page.HERE)[code]["told"]
    used = set()
    for table, sentence in said():
        if sentence.startswith(ELSEWHERE):
            continue
        fits = [part for part in told if re.search(part, sentence)]
        assert fits, sentence
        used.add(fits[0])
        # Of Wi-Fi a sentence of its own, of the broker the end of one.
        assert told[fits[0]].endswith(".") == (table == "LINK"), (sentence, told[fits[0]])
        assert not re.search(r"\b(the|is|not|broker's|check)\b", told[fits[0]]), told[fits[0]]
    assert used == set(told), set(told) - used


def test_certificates_are_not_told_apart_by_chance():
    told = bundle.languages(page.HERE)["sv"]["told"]

    def words(key):
        sentence = sentences.find("CONNECTION", key, VALUES.get(key, ()))
        return next(told[part] for part in told if re.search(part, sentence))

    assert "namn" in words("host") and "gått ut" in words("has expired") and "utfärdaren" in words("wrong authority") and "fingeravtrycket" in words("wrong fingerprint")
    assert "skadad" in words("missing file") and words("certificate") == "certifikatet godtas inte"
    assert "namnet" in words("name") and "nekar" in words("refused") and "svarar inte som" in words("mute") and "svarar inte" in words("away")


def test_a_broker_that_refuses_is_told_in_the_readers_language(window):
    obtain(npm.package, "uplot")
    shown = Showcase("winter")
    try:
        state = shown.status()
        state["broker"] = {"connected": False, "sentence": sentences.REFUSAL[4], "sent": 0, "dropped": 0}
        shown.status = lambda: json.loads(json.dumps(state))
        tab = window(language="sv").page
        tab.goto(shown.address)
        tab.select_option("#tongue", "sv")
        tab.wait_for_selector("#bars li")
        tab.wait_for_selector("#states li:has-text('Brokern är inte ansluten: fel användarnamn eller lösenord.')")
        tab.select_option("#tongue", "en")
        # By the names that the settings have on the page.
        tab.wait_for_selector("#states li:has-text('bad user name or password: check User name and Password.')")
    finally:
        shown.close()
