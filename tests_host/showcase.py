"""The page with a house that has lived for weeks: what no dongle on a PC has seen within a minute. It only reads; what is set,
kept and forgotten is tested with the firmware itself.

    python tests_host/showcase.py [winter|summer|bare] [port]       to look at while working on the page
"""

import json
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from firmware import settings  # noqa: E402
from tools import page  # noqa: E402
from tools.meter.house import MWS_PER_WH, House  # noqa: E402

# A winter evening while the car charges, a summer noon under the panels; UTC.
MOMENTS = {"winter": "2026-01-25T21:27:10", "summer": "2026-06-21T11:40:30", "bare": "2026-01-22T21:27:10"}
LOCAL = timezone(timedelta(hours=1))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def iso(second):
    return (EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Showcase:
    """A house at a moment, that goes on from there. address: of its page. silent: while True, no reading comes. authorised, set_up,
    portal: what it says of the session."""

    def __init__(self, moment="winter", port=0, fuse=20):
        self.bare = moment == "bare"
        self.start = int((datetime.fromisoformat(MOMENTS[moment]).replace(tzinfo=timezone.utc) - EPOCH).total_seconds())
        self.fuse = 0 if self.bare else fuse
        self.silent = False
        self.authorised = self.set_up = True
        self.portal = False
        self._began = time.monotonic()
        self._house = House(self.start * 1000, seed=2, registers_wh=(12_382_803, 1_526_113, 89_282, 2_789_380))
        self._lock = threading.Lock()
        self.files = page.files()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"show": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return self.start + int(time.monotonic() - self._began)

    def _net(self, first, last, step):
        """Mean W of import and export over those seconds."""
        found = [sum(self._house.power(second)[0]) // 1000 for second in range(first, last, step)]
        return [sum(max(sign * w, 0) for w in found) // len(found) for sign in (1, -1)]

    def reading(self):
        second = self.now()
        with self._lock:
            values = self._house.at(second * 1000).values
        now = {"protocol": "p1", "vendor": "Landis+Gyr", "meter_type": "E360"}
        for name, value in values.items():
            stem, unit = name.rsplit("_", 1)
            scale = {"mv": ("v", 1), "ma": ("a", 1), "wh": ("kwh", 3), "varh": ("kvarh", 3)}.get(unit)
            now[f"{stem}_{scale[0]}" if scale else name] = round(value / 1000, scale[1]) if scale else value
        if self.bare:
            now = {key: now[key] for key in ("power_import_w",)}
        return {"now": now, "time": iso(second), "age_s": 0, "registers_age_s": 0 if "energy_import_kwh" in now else None, "fuse_a": self.fuse}

    def history(self, span):
        count, step = (360, 10) if span == "hour" else (288, 300)
        start = self.now() // step * step - count * step
        pairs = [self._net(start + n * step, start + (n + 1) * step, max(1, step // 10)) for n in range(count)]
        if self.bare:
            pairs[: count * 9 // 10] = [(None, None)] * (count * 9 // 10)
        elif span == "day":
            pairs[70:79] = [(None, None)] * 9  # the dongle was without power for a while
        return {"start": iso(start), "step_s": step, "import_w": [pair[0] for pair in pairs], "export_w": [pair[1] for pair in pairs]}

    def energy(self, span):
        if self.bare:
            return {"unit": "kWh", "slots": []}
        here = datetime.fromtimestamp(self.now(), LOCAL)
        today = here.replace(hour=0, minute=0, second=0)
        first, length, count = (today, 3600, here.hour + 1) if span == "day" else (today.replace(day=1), 86400, here.day)
        slots = []
        for n in range(count):
            start = int(first.timestamp()) + n * length
            end = min(start + length, self.now())
            seconds = range(start, end, length // 60)
            powers = [sum(self._house.power(second)[0]) for second in seconds]
            energy = [round(sum(max(sign * mw, 0) for mw in powers) * (end - start) / max(1, len(powers)) / MWS_PER_WH / 1000, 3) for sign in (1, -1)]
            quality = "missing" if n == 3 else "estimated" if n in (4, count - 1) else "measured"
            slots.append({"time": iso(start), "import_kwh": None if n == 3 else energy[0], "export_kwh": None if n == 3 else energy[1], "quality": quality})
        return {"unit": "kWh", "slots": slots}

    def status(self):
        return {
            "port": {"state": "good", "line": "115200 8N1 inverted", "telegrams": 259_146, "checksum_errors": 3, "sentence": "good telegrams"},
            "link": {"kind": "wifi", "connected": True, "address": "192.168.1.40", "rssi_dbm": -58, "losses": 1},
            "broker": {"connected": not self.bare, "sentence": "no broker is set up" if self.bare else "connected to the broker", "sent": 259_140, "dropped": 0}, "memory": {"free_b": 36_480, "largest_b": 61_440},
            "uptime_s": 2_591_000, "version": "0.1", "board": "esp32-p1", "chip": "240ac4123456",
        }

    def session(self):
        return {"authorised": self.authorised, "set_up": self.set_up, "portal": self.portal, "language": "en", "open_readings": False, "name": "hamn-123456", "version": "0.1"}

    def settings(self):
        values = {field.key: bool(field.default) if field.secret else field.default for field in settings.FIELDS}
        values.update(wifi_ssid="Fyren", wifi_password=True, mqtt_host="homeassistant.local", mqtt_user="hamn", mqtt_password=True, page_password=True, fuse_a=self.fuse)
        described = [{"key": f.key, "kind": f.kind, "limits": f.limits, "default": f.default, "help": f.help, "secret": f.secret} for f in settings.FIELDS]
        return {"fields": described, "values": values}


class _Handler(BaseHTTPRequestHandler):
    show = None

    def log_message(self, *_):
        pass

    def _send(self, body, kind="application/json", **headers):
        self.send_response(200)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        show, address = self.show, urlsplit(self.path)
        if address.path == "/":
            policy = show.files["www/index.csp"].decode()
            return self._send(show.files["www/index.html.gz"], "text/html; charset=utf-8", Content_Encoding="gzip", Content_Security_Policy=policy)
        word = address.path.removeprefix("/api/v1/")
        if word == "events":
            return self._events()
        span = parse_qs(address.query).get("span", [""])[0]
        answers = {
            "session": show.session, "readings": show.reading, "status": show.status, "settings": show.settings,
            "history": lambda: show.history(span), "energy": lambda: show.energy(span), "tokens": lambda: {"tokens": ["grafana"]},
            "scan": lambda: {"networks": [{"ssid": ssid, "rssi_dbm": rssi, "secure": secure} for ssid, rssi, secure in (
                ("Fyren", -52, True), ("Fyren gäst", -58, False), ("TeliaGateway-9C-97-26", -71, True), ("Ett nät med ett rätt långt namn!", -88, True))]},
            "log": lambda: {"lines": ["00:00:00 hamn: hamn-123456 on esp32-p1", "00:00:03 link: connected as hamn-123456, address 192.168.1.40"]},
        }
        if word not in answers:
            return self.send_error(404)
        self._send(json.dumps(answers[word]()).encode())

    def _events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self._tell("status", self.show.status())
            while True:
                if not self.show.silent:
                    self._tell("reading", self.show.reading())
                time.sleep(1)
        except OSError:
            pass

    def _tell(self, event, data):
        self.wfile.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())


if __name__ == "__main__":
    shown = Showcase(*sys.argv[1:2], port=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(shown.address, flush=True)
    threading.Event().wait()
