"""The README says what is true: goals, settings, boards, words, sentences, files and packages are those of the code."""

import ast
import json
import re
import subprocess

import pytest
from rooms import room

from firmware import boards, settings
from han import Reader, quantities
from tools import chips, runtime
from tools.meter.meters import METERS

ROOT = runtime.ROOT
README = (ROOT / "README.md").read_text()
# Not in a code fence: its JSON has lines and quotes of its own.
CODE = re.findall(r"`([^`\n]+)`", README) + re.findall(r"^    (.+)$", README, re.MULTILINE)
START_MS = 1_770_000_000_000


def table(heading, which=0):
    """The rows, lists of cells without the head, of a table below a heading."""
    text = re.split(rf"^#+ {re.escape(heading)}$", README, flags=re.MULTILINE)[1]
    text = re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)[which]
    return [[cell.strip() for cell in row.strip("|\n").split("|")] for row in found.splitlines()[2:]]


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_every_goal_exists_and_takes_what_is_given():
    makefile = "".join((ROOT / name).read_text() for name in ("Makefile", "tools/device.mk", "tools/quality.mk"))
    commands = [text for text in CODE if text.startswith("make ")]
    goals = {re.match(r"make ([\w-]+)", text)[1] for text in commands}
    assert goals >= {"run", "test", "flash", "configure", "console", "deploy"}
    assert goals <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for variable in re.findall(r"\b([A-Z]+)=", " ".join(commands)):
        assert f"$({variable})" in makefile, variable
    for meter in re.findall(r"METER=(\S+)", " ".join(commands)):
        assert meter in METERS


def test_every_module_that_is_called_exists():
    modules = re.findall(r"python -m (\S+)", " ".join(CODE))
    assert modules
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    for meter in re.findall(r"--hex (\S+)", " ".join(CODE)):
        assert meter in METERS


def test_settings():
    assert table("Settings") == [
        [f"`{field.key}`", field.help.replace("<", "\\<") + ("; secret" if field.secret else ""), f"`{field.default}`" if field.default != "" else ""]
        for field in settings.FIELDS
    ]
    choices = {field.key: field.limits for field in settings.FIELDS if field.kind == "choice"}
    for key in ("meter_line", "mqtt_layout", "zone", "tariff", "guard_output"):
        assert names(re.search(rf"^`{key}`: (.*?)\.", README, re.MULTILINE)[1]) == list(choices.pop(key))
    assert [names(row[0]) for row in table("Boards")] == [[name] for name in choices.pop("board")]
    assert [names(row[0]) for row in table("TLS")] == [[word] for word in choices.pop("mqtt_tls")]
    assert names(re.search(r"\(`mqtt_clear_login`: (.*?)\)", README, re.DOTALL)[1]) == list(choices.pop("mqtt_clear_login"))
    assert names(re.search(r"`language`: (.*?)\.", README)[1]) == list(choices.pop("language"))
    for key in ("open_readings", "homewizard"):
        assert names(re.search(r"`open_readings`, `homewizard`: (.*?)\.", README)[1]) == list(choices.pop(key))
    assert not choices


def test_boards():
    rows = table("Boards")
    assert [names(row[0])[0] for row in rows] == list(boards.NAMES)
    for row in rows:
        name = names(row[0])[0]
        board = boards.profile(name)
        assert row[2] == ("Ethernet" if board.ethernet else "Wi-Fi")
        assert row[3] == {"p1": "P1", "mbus": "M-Bus"}[board.adapter]
        assert row[4:6] == [str(board.rx), str(board.idle_tx)]
        chip = next((chip for chip in ("s3", "c3") if f"-{chip}-" in name), None)
        assert row[6:] == ["ESP32_GENERIC" + (f"_{chip.upper()}" if chip else ""), str(board.relay)]


def spread(key):
    """What a key of the table stands for: l1 also for l2 and l3, t1 for t2 to t4."""
    for first, count in (("_l1", 3), ("_t1", 4)):
        if first in key:
            return [key.replace(first, f"{first[:2]}{n}") for n in range(1, count + 1)]
    return [key]


def test_words_and_units():
    units = {"_w": "W", "_var": "var", "_v": "V", "_a": "A", "_kwh": "kWh", "_kvarh": "kvarh", "_hz": "Hz"}
    documented = {}
    for keys, unit, _ in table("Messages", 1):
        for key in names(keys):
            documented.update(dict.fromkeys(spread(key), unit))
    own = {"protocol", "vendor", "rule", "list", "n", "time"}
    count = quantities._LIST_VERSION + 1
    said = {quantities.customary_name(n)[0] for n in range(count)}
    assert set(documented) == said | own
    for key in said:
        ending = max((end for end in units if key.endswith(end)), key=len, default=None)
        assert documented[key] == (units[ending] if ending else "1" if key.startswith("power_factor") else ""), key


def test_the_messages_are_what_that_meter_gives():
    text = re.search(r"```json\n(.*?)```", README, re.DOTALL)[1]
    examples = [json.loads(one) for one in re.findall(r"\{.*?\}", text, re.DOTALL)]
    meter = METERS["p1-landis"]
    (reading,) = Reader().feed(meter.telegram(START_MS, meter.house(START_MS), "p1"))
    real = [json.loads(payload) for _, payload, _ in room("layout").Layout("T").messages(reading, 1, "2026-11-22T06:45:50Z")]
    assert [list(example) for example in examples] == [list(message) for message in real]
    assert [[type(value) for value in example.values()] for example in examples] == [
        [type(value) for value in message.values()] for message in real]
    assert examples[3]["vendor"] == real[3]["vendor"]


def sentences():
    """All texts in the code of the device."""
    for path in (ROOT / "main.py", *(ROOT / "firmware").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_the_dongle_says_what_the_table_of_troubles_quotes():
    said = list(sentences())
    quoted = [row[0] for row in table("When nothing comes")]
    assert quoted
    for words in quoted:
        assert any(words in text for text in said), words


def test_topics():
    topics = [names(row[0])[0].partition("<chip id>")[2] for row in table("Messages")]
    meter = METERS["p1-landis"]
    (reading,) = Reader().feed(meter.telegram(START_MS, meter.house(START_MS), "p1"))
    groups = [topic.decode()[1:] for topic, _, _ in room("layout").Layout("T").messages(reading, 1, "")]
    assert topics == [*groups, "/hour", "/minute", "/interval", "/usage", "/guard", "/peaks", "/cost", "/device", "/status"]
    said = set(sentences())
    assert set(topics[4:]) | {"hamn/"} <= said


def test_files():
    named = {path for row in table("Files") for path in names(row[0])}
    for path in named:
        assert (ROOT / path).exists(), path
    for text in CODE:
        if re.fullmatch(r"[\w.]+/[\w./]*|\w+\.txt|LICENSE", text) and not text.startswith("Europe/"):
            assert (ROOT / text).exists(), text
    git = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if git.returncode:
        pytest.skip("this is no clone: what belongs to the project cannot be told from what was built")
    tracked = git.stdout.split()
    assert {path.partition("/")[0] for path in tracked if "/" in path} == {path.partition("/")[0] for path in named if "/" in path}
    for path in tracked:
        if re.fullmatch(r"firmware/\w+\.py", path) and not path.endswith("__init__.py"):
            assert path in named, path


def test_figures():
    assert "MicroPython %d.%d or newer) for your chip" % chips.OLDEST in README
    assert re.search(r"MicroPython %d\.%d or newer \(unix port\)" % runtime.OLDEST_MICROPYTHON, README)
    most = re.search(r"^_MOST = const\((\d+)\)", (ROOT / "firmware/outbox.py").read_text(), re.MULTILINE)[1]
    assert f"up to {most} messages wait" in README


def test_limits_are_still_limits():
    code = {path.name: path.read_text() for path in (ROOT / "firmware").glob("*.py")}
    uses_keys = any("meter_key" in text for name, text in code.items() if name != "settings.py")
    assert ("makes no use of them" in README) != uses_keys
    assert ("TLS: readings cross" in README) != any(re.search(r"^\s*(import|from) (tls|ssl)\b", text, re.MULTILINE) for text in code.values())


def test_dependencies():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = [text.partition("==")[0] for text in lines if text and not text.startswith("#")]
    assert all("==" in text for text in lines if text and not text.startswith("#"))
    assert sorted(name for row in table("Dependencies") for name in names(row[0])) == sorted(pinned)
