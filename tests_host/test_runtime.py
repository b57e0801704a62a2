"""The runtime fetcher: apt's sources are understood, downloads are whole or absent, and what is fetched works."""

import fcntl
import os
import subprocess
import sys
import time

import pytest

from tools import private_apt, process, runtime

LIST = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian/ bookworm main contrib
deb-src http://source.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb https://vendor.example/apt bookworm-pgdg main
"""
DEB822 = """\
Types: deb
# a comment in the middle
URIs: http://two.example/debian
  http://three.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
Enabled: no

Types: deb
URIs: https://node.example/node
Suites: nodistro
Components: main
"""


def etc(folder, list_text="", **sources):
    (folder / "sources.list.d").mkdir(parents=True)
    (folder / "sources.list").write_text(list_text)
    for name, text in sources.items():
        (folder / f"sources.list.d/{name}.sources").write_text(text)
    return folder


def test_mirrors_are_found_in_both_formats_and_nothing_else_is(tmp_path):
    folder = etc(tmp_path / "etc", LIST, debian=DEB822)
    (folder / "sources.list.d/other.list.save").write_text("deb http://old.example/debian bookworm main\n")
    assert private_apt.mirrors(folder) == ["http://one.example/debian", "http://two.example/debian", "http://three.example/debian"]


def test_no_sources_no_mirror(tmp_path):
    assert private_apt.mirrors(tmp_path) == []
    assert private_apt.mirrors(etc(tmp_path / "etc", "rubbish\ndeb\ndeb [\n", broken="Types deb\n:\n\n")) == []


@pytest.mark.skipif(not os.path.exists("/usr/bin/apt-get"), reason="this is no Debian")
def test_an_unreachable_mirror_is_an_error_that_says_so(tmp_path):
    folder = etc(tmp_path / "etc", "deb http://127.0.0.1:9/debian bookworm main\n")
    with pytest.raises(private_apt.AptUnreachable, match="127.0.0.1"):
        private_apt.PrivateApt(tmp_path / "apt", etc=folder).unpack(["micropython"], tmp_path / "dest")


@pytest.mark.skipif(not os.path.exists("/usr/bin/apt-get"), reason="this is no Debian")
def test_an_archive_without_a_valid_signature_is_refused(tmp_path, http_archive):
    folder = etc(tmp_path / "etc", f"deb {http_archive} bookworm main\n")
    (tmp_path / "dest").mkdir()
    with pytest.raises(private_apt.AptError):
        private_apt.PrivateApt(tmp_path / "apt", etc=folder).unpack(["micropython"], tmp_path / "dest")
    assert not list((tmp_path / "dest").iterdir())


@pytest.fixture
def http_archive(tmp_path):
    """A little archive that offers a package of the right name, unsigned."""
    import functools
    import http.server
    import threading

    dist = tmp_path / "archive/dists/trixie"
    (dist / "main/binary-amd64").mkdir(parents=True)
    (dist / "main/binary-amd64/Packages").write_text(
        "Package: micropython\nVersion: 9\nArchitecture: amd64\nFilename: pool/m.deb\nSize: 1\nSHA256: " + "0" * 64 + "\n"
    )
    (dist / "Release").write_text("Origin: Debian\nSuite: trixie\nCodename: trixie\nArchitectures: amd64 i386\nComponents: main\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "archive")
    handler.log_message = None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def test_a_folder_is_made_once_and_anew_when_its_recipe_changes(cache):
    calls = []

    def fill(folder):
        calls.append(folder)
        (folder / "content").write_text(str(len(calls)))

    for recipe, content in (("a", "1"), ("a", "1"), ("b", "2"), ("b", "2")):
        assert (runtime.kept("thing", recipe, fill) / "content").read_text() == content
    assert len(calls) == 2
    assert sorted(path.name for path in cache.iterdir()) == ["fetch.lock", "thing"]


def test_a_broken_fetch_leaves_nothing_and_the_old_folder_untouched(cache):
    def fill(folder):
        (folder / "half").write_text("x")
        raise RuntimeError("the network went away")

    with pytest.raises(RuntimeError):
        runtime.kept("thing", "a", fill)
    assert [path.name for path in cache.iterdir()] == ["fetch.lock"]
    runtime.kept("thing", "a", lambda folder: (folder / "good").write_text("x"))
    with pytest.raises(RuntimeError):
        runtime.kept("thing", "b", fill)
    assert (cache / "thing/good").exists()


def test_two_processes_do_not_fetch_at_once(cache):
    program = (
        "import sys, time; from pathlib import Path; from tools import runtime; runtime.CACHE = Path(sys.argv[1])\n"
        "def fill(folder): print('filled'); time.sleep(1); (folder / 'done').touch()\n"
        "assert (runtime.kept('thing', 'a', fill) / 'done').exists()"
    )
    argv = [sys.executable, "-c", program, str(cache)]
    both = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=runtime.ROOT) for _ in range(2)]
    said = [each.communicate(timeout=30)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert "".join(said).count("filled") == 1


def test_waiting_for_a_lock_has_a_deadline(cache):
    cache.mkdir()
    with open(cache / "fetch.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(runtime.RuntimeMissing, match="another process"):
            with runtime.locked("fetch", 0.5):
                pass


def test_without_any_micropython_a_sentence_says_what_to_do(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(runtime.RuntimeUnreachable, match="Install MicroPython"):
        runtime.micropython(32)


@pytest.mark.parametrize(("says", "bits", "good"), [
    ("1 25 64", 64, True), ("1 29 32", 32, True), ("2 0 64", 64, True), ("1 23 64", 64, False), ("1 25 64", 32, False), ("hello", 64, False),
])
def test_an_installed_micropython_is_used_where_there_is_no_debian(cache, monkeypatch, tmp_path, says, bits, good):
    program = tmp_path / "micropython"
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if good:
        assert runtime.micropython(bits) == [str(program)]
    else:
        with pytest.raises(runtime.RuntimeMissing):
            runtime.micropython(bits)


def test_micropython_is_real_and_of_its_size(micropython32, micropython64):
    program = "import sys, asyncio, tls, vfs, ffi; print(sys.implementation.name, sys.maxsize)"
    for argv, largest in ((micropython32, 2**31 - 1), (micropython64, 2**63 - 1)):
        done = process.run([*argv, "-X", "heapsize=112k", "-c", program], 20)
        assert (done.stdout, done.stderr) == (f"micropython {largest}\n", "")


def test_umqtt_is_the_pinned_one(umqtt):
    text = (umqtt / "umqtt/simple.py").read_text()
    assert "class MQTTClient" in text and "ussl" in text


def test_the_broker_starts_and_nothing_of_it_stays(broker):
    pid = broker._child.process.pid
    assert os.path.exists(f"/proc/{pid}")
    broker.stop()
    assert not os.path.exists(f"/proc/{pid}")
    broker.start()  # again on the same port


def test_the_command_line(capsys):
    assert runtime.main([]) == 2
    assert runtime.main(["micropython16"]) == 2
    assert "micropython32" in capsys.readouterr().err


def test_a_child_dies_with_its_parent(tmp_path):
    """However the parent ends."""
    program = (
        "import os, signal, sys; from tools.process import Child\n"
        "child = Child([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, cwd=runtime.ROOT)
    pid = int(done.stdout)
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}/exe") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}/exe")


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path):
    with pytest.raises(subprocess.TimeoutExpired):
        process.run(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; wait"], 0.5)
    time.sleep(0.2)
    assert not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}/exe")
