"""One meter's figures: a house, visitors who do what the page does, and what the watch says of it."""

import contextlib
import http.client
import re
import socket
import statistics
import threading
import time

from tools.broker import HOST
from tools.outages.house import HouseError
from tools.visits.house import House

# A meter every 10 s, whose line settings are searched for first.
_UP_SECONDS = 90
# What Home Assistant is told, and what reads the meter's rarer lists, is over by then.
_SETTLE_SECONDS = 12
# A message on its way, or what is written once a minute, takes some for a moment.
_LOOKS = 10
_CROWD = 50
_ANSWER_SECONDS = 30
# What the page asks for when it opens, after itself.
_OPENING = ("session", "history?span=hour", "energy?span=day", "status")
_CROWD_PATHS = ("/api/v1/readings", "/", "/api/v1/history?span=hour", "/api/v1/status", "/metrics")


class _Visitor:
    def __init__(self, port):
        self.port = port
        self.cookie = None

    def ask(self, path, method="GET", body=None):
        """(status, octets of the answer on the wire). Raises OSError, http.client.HTTPException."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_SECONDS)
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            if self.cookie:
                headers["Cookie"] = self.cookie
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            octets = len(answer.read()) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 17
            if answer.getheader("Set-Cookie"):
                self.cookie = answer.getheader("Set-Cookie").partition(";")[0]
            return answer.status, octets
        finally:
            connection.close()

    def look_on(self):
        """An open stream of events, a socket."""
        connection = socket.create_connection((HOST, self.port), _ANSWER_SECONDS)
        connection.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n\r\n".encode())
        return connection

    def open(self):
        """Open the page: (its octets, its stream of events, seconds until the first reading)."""
        began = time.monotonic()
        octets = self.ask("/")[1]
        self.ask("/api/v1/session")
        events = self.look_on()
        told = b""
        while b"event: reading\ndata: {" not in told:
            piece = events.recv(4096)
            if not piece:
                raise HouseError("the stream of events ended")
            told += piece
        took = time.monotonic() - began
        for path in _OPENING[1:]:
            self.ask("/api/v1/" + path)
        return octets, events, took


def _rate(visitor, path, seconds=3):
    began = time.monotonic()
    count = 0
    while time.monotonic() - began < seconds:
        visitor.ask(path)
        count += 1
    return round(count / (time.monotonic() - began), 1)


def _crowd(visitor):
    """How many of a crowd that comes at once were not served."""
    served = []

    def visit(number):
        with contextlib.suppress(OSError, http.client.HTTPException):
            served.append(visitor.ask(_CROWD_PATHS[number % len(_CROWD_PATHS)])[0])

    crowd = [threading.Thread(target=visit, args=(number,)) for number in range(_CROWD)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(4 * _ANSWER_SECONDS)
    return _CROWD - served.count(200)


def _own_cost(house):
    """B of heap that the watch takes: by what is free at the start with it and without."""

    def ready():
        return [int(found[1]) for _, text in house.said if (found := re.search(r"ready, (\d+) B free", text))]

    house.switch_on_unwatched()
    house.wait(lambda: len(ready()) == 1, _UP_SECONDS, "the dongle does not start")
    house.cut_power()
    house.switch_on()
    house.wait(lambda: len(ready()) == 2, _UP_SECONDS, "the dongle does not start")
    return ready()[0] - ready()[1]


def measure(folder, meter):
    """{name: value} for the rows of __main__.py. Raises HouseError, and what starting its parts raises."""
    found = {}
    with House(folder, meter) as house, contextlib.ExitStack() as streams:
        house.configure()
        house.plug_in()
        cost = _own_cost(house)
        house.wait(lambda: house.counts()["sent"] >= 2 and house.proxy.connections, _UP_SECONDS, "no messages arrive over TLS")
        time.sleep(_SETTLE_SECONDS)
        visitor = _Visitor(house.board.page)

        def since():
            return house.another_look()

        # While it looked for the line's settings, the dongle could not understand anything.
        before = len(house.stamps())
        house.wait(lambda: len(house.stamps()) > before, _UP_SECONDS, "the meter is silent")
        time.sleep(1)
        since()
        before = len(house.stamps()) - house.counts()["telegrams"]

        house.mark()
        found["idle"] = statistics.median_low(since().free for _ in range(_LOOKS)) + cost
        house.mark()
        found["weight"], events, took = visitor.open()
        streams.callback(events.close)
        found["first"] = round(took * 1000)
        found["loading"] = since().lowest + cost
        time.sleep(1)
        found["one"] = house.mark().free + cost
        for _ in range(2):
            streams.callback(visitor.open()[1].close)
        time.sleep(1)
        found["three"] = house.mark().free + cost
        visitor.ask("/")
        for path in _OPENING:
            visitor.ask("/api/v1/" + path)
        found["loading_three"] = since().lowest + cost
        streams.close()
        time.sleep(1)
        found["rate_page"] = _rate(visitor, "/")
        found["rate_readings"] = _rate(visitor, "/api/v1/readings")
        house.mark()
        began = time.monotonic()
        found["failed"] = _crowd(visitor)
        found["crowd_seconds"] = round((time.monotonic() - began) * 1000)
        found["crowd"] = since().lowest + cost
        found["stall"] = since().stall_ms
        (password,) = {text.split()[-1] for _, text in house.said if text.startswith("The password of the page")}
        house.mark()
        visitor.ask("/api/v1/login", "POST", '{"password":"%s"}' % password)
        answers = [visitor.ask("/api/v1/settings")[0], visitor.ask("/api/v1/settings", "PUT", '{"fuse_a":35}')[0]]
        if answers != [200, 200]:
            raise HouseError(f"the settings answer with {answers}")
        found["settings"] = since().lowest + cost
        sent = house.unplug()["telegrams"]
        time.sleep(1)
        since()
        found["lost"] = sent - before - house.counts()["telegrams"]
    return found
