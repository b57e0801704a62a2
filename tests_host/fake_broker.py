"""Brokers for tests that behave as a test wants, and someone who listens at a real one."""

import contextlib
import pathlib
import socket
import threading
import time

HERE = pathlib.Path(__file__).parent
CONNACK = b"\x20\x02\x00\x00"


def play(pc_board, script="mp_mqtt.py"):
    """Run a script on the PC board; return its output lines as (first word, rest)."""
    child = pc_board.start(script=HERE / script)
    guard = threading.Timer(60, child.stop)
    guard.start()
    try:
        output = child.output.read().decode()
        child.process.wait(5)
    finally:
        guard.cancel()
        child.stop()
    print(output)
    return dict((line.split(" ", 1) + [""])[:2] for line in output.splitlines())


@contextlib.contextmanager
def server(handle):
    """A TCP server that gives its one connection to handle(sock); errors there fail the test. Yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)
    failures = []

    def serve():
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(20)
                handle(connection)
        except (ConnectionError, TimeoutError):
            pass  # the client may go whenever it likes
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(30)
        listener.close()
    assert not thread.is_alive()
    if failures:
        raise failures[0]


def packet(sock):
    """Receive one MQTT packet: (first byte, body)."""
    first, length = exactly(sock, 2)
    if length & 0x80:
        length = length & 0x7F | exactly(sock, 1)[0] << 7
    return first, exactly(sock, length)


def exactly(sock, n):
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data


def until_closed(sock):
    while sock.recv(4096):
        pass


def misbehave(pc_board, monkeypatch, handle, scenario="", **environment):
    with server(handle) as port:
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.setenv("SCENARIO", scenario)
        for key, value in environment.items():
            monkeypatch.setenv(key, str(value))
        result = play(pc_board)
    assert int(result["stall"]) < 250, result
    return result


def welcome(sock):
    assert packet(sock)[0] == 0x10
    sock.sendall(CONNACK)
    assert packet(sock) == (0x31, b"\x00\x08t/statusonline")


@contextlib.contextmanager
def subscriber(port):
    """Yields the list of (topic, payload) that arrive under t/."""
    import paho.mqtt.client as mqtt

    received = []
    ready = threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe("t/#")
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _client, _data, message: received.append((message.topic, message.payload))
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert ready.wait(10)
        yield received
    finally:
        client.loop_stop()


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
