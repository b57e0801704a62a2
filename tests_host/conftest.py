"""What many tests need: real MicroPython, a broker, the PC board."""

import os

import bench
import browsing
import pytest

from tools import npm, pcboard, runtime
from tools.broker import Broker

# Programs must keep the order of what they say on an ordinary PC too, not only where a developer has set this.
os.environ.pop("PYTHONUNBUFFERED", None)

_must_fetch = False


def pytest_addoption(parser):
    parser.addoption("--must-fetch", action="store_true", help="fail where a program or package cannot be fetched; otherwise such a test is skipped")


def pytest_configure(config):
    global _must_fetch
    _must_fetch = config.getoption("--must-fetch")


def out_of_reach(error):
    """Skip the test, since this machine has no way to what it needs; with --must-fetch, fail."""
    (pytest.fail if _must_fetch else pytest.skip)(str(error))


def obtain(fetch, *arguments):
    """Return fetch(*arguments); skip the test when this machine has no way to it. Any other failure is a failure."""
    try:
        return fetch(*arguments)
    except runtime.RuntimeUnreachable as error:
        out_of_reach(error)


@pytest.fixture(scope="session")
def micropython32():
    """The argv prefix of a 32-bit MicroPython: what the chip's objects measure."""
    return obtain(runtime.micropython, 32)


@pytest.fixture(scope="session")
def micropython64():
    """The argv prefix of a 64-bit MicroPython."""
    return obtain(runtime.micropython, 64)


@pytest.fixture(params=[32, 64])
def micropython(request):
    """The argv prefix of MicroPython, in both sizes."""
    return request.getfixturevalue(f"micropython{request.param}")


@pytest.fixture(scope="session")
def umqtt():
    """The folder with umqtt/simple.py from the package index. What the page is made of has come too: no board without both."""
    obtain(npm.package, "uplot")
    return obtain(runtime.umqtt)


@pytest.fixture
def broker(tmp_path):
    """A running tools.broker.Broker on a free loopback port."""
    with Broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def pc_board(tmp_path, micropython32, umqtt):
    """A staged tools.pcboard.PcBoard, 32 bits, 112 KB heap."""
    return pcboard.PcBoard(tmp_path / "board")


@pytest.fixture(params=[32, 64])
def board(request, tmp_path, umqtt):
    """A staged PC board, in both sizes."""
    request.getfixturevalue(f"micropython{request.param}")
    return pcboard.PcBoard(tmp_path / "board", request.param, {32: "112k", 64: "224k"}[request.param])


@pytest.fixture(name="bench")
def make_bench(board):
    """make(line=bench.P1): that board with a wire, in both sizes."""
    made = []

    def make(line=bench.P1):
        made.append(bench.Bench(board, line))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def chromium():
    """A running headless Chromium. For a module: what drives it keeps an asyncio loop running in the thread of all tests."""
    try:
        with browsing.chromium() as running:
            yield running
    except runtime.RuntimeUnreachable as error:
        out_of_reach(error)


@pytest.fixture
def window(chromium):
    """make(size=browsing.PHONE, …): a window; at the end nothing must be left of which the browser complained."""
    made = []

    def make(size=browsing.PHONE, **options):
        made.append(browsing.Window(chromium, size, **options))
        return made[-1]

    yield make
    complaints = [each.complaints for each in made]
    for each in made:
        each.close()
    assert not any(complaints), complaints
