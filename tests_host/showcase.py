"""The page with a house that has lived for weeks: what no dongle on a PC has seen within a minute. It only reads; what is set,
kept and forgotten is tested with the firmware itself.

    python tests_host/showcase.py [winter|summer|bare] [port]       to look at while working on the page
"""

import calendar
import json
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from energy import presets  # noqa: E402
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

    def energy(self, span, date=""):
        """The slots of a day or month; as if the third hour, and the second day, had not been seen."""
        if self.bare:
            return {"unit": "kWh", "date": None, "places": 0, "slots": []}
        now = datetime.fromtimestamp(self.now(), LOCAL)
        first = (datetime.fromisoformat(date).replace(tzinfo=LOCAL) if date else now).replace(hour=0, minute=0, second=0)
        length, places = 3600, 24
        if span == "month":
            first = first.replace(day=1)
            length, places = 86400, calendar.monthrange(first.year, first.month)[1]
        slots = []
        for n in range(places):
            start = int(first.timestamp()) + n * length
            if start > self.now():
                break
            end = min(start + length, self.now())
            energy = self._energy(start, end)
            runs = end < start + length
            slot = {"time": iso(start), "import_kwh": None if n == 3 else energy[0], "export_kwh": None if n == 3 else energy[1],
                    "quality": {2: "missing", 3: "missing", 4: "estimated", 5: "split", 6: "split"}.get(n, "measured")}
            slots.append({**slot, "running": True} if runs else slot)
        return {"unit": "kWh", "date": first.strftime("%Y-%m-%d"), "places": places, "slots": slots}

    def _energy(self, start, end):
        """kWh of import and export."""
        seconds = range(start, end, max(1, (end - start) // 60))
        with self._lock:
            powers = [sum(self._house.power(second)[0]) for second in seconds]
        return [round(sum(max(sign * mw, 0) for mw in powers) * (end - start) / max(1, len(powers)) / MWS_PER_WH / 1000, 3) for sign in (1, -1)]

    def usage(self):
        if self.bare:
            return {"time": None}
        now = self.now()
        here = datetime.fromtimestamp(now, LOCAL)
        midnight = int(here.replace(hour=0, minute=0, second=0).timestamp())
        hour = now // 3600 * 3600
        so_far, last = self._energy(hour, now), self._energy(hour - 3600, hour)
        expected = round(so_far[0] + self._net(now - 120, now, 10)[0] * (3600 - now % 3600) / 3_600_000, 3)
        made = {"time": iso(now), "interval_s": 3600, "interval_import_kwh": so_far[0], "interval_expected_kwh": expected, "limit_w": 12139,
                "hour_import_kwh": so_far[0], "hour_export_kwh": so_far[1], "hour_expected_kwh": expected,
                "last_hour": iso(hour - 3600), "last_hour_import_kwh": last[0], "last_hour_export_kwh": last[1], "last_hour_quality": "measured"}
        month = int(here.replace(day=1, hour=0, minute=0, second=0).timestamp())
        for key, start, end in (("today", midnight, now), ("yesterday", midnight - 86400, midnight), ("month", month, now), ("last_month", month - 31 * 86400, month)):
            made[key + "_import_kwh"], made[key + "_export_kwh"] = self._energy(start, end)
        return made

    def peaks(self):
        if self.bare:
            return {"tariff": None, "peaks": []}
        rows = [("2026-01-17T20:00:00Z", 9120, "measured", "counted"), ("2026-01-11T16:00:00Z", 8740, "split", "counted"), ("2026-01-22T21:00:00Z", 8015, "estimated", "confirmed"),
                ("2026-01-06T06:00:00Z", 9480, "estimated", "doubtful"), ("2026-01-13T18:00:00Z", 9950, "measured", "dropped")]
        found = [{"start": start, "power_w": power, "counted_w": power, "quality": quality, "state": state} for start, power, quality, state in rows]
        return {"currency": "NOK", "tariff": "Elvia", "month": "2026-01", "span_s": 3600, "power_w": 8625, "fee": 420.0, "next_step_w": 10000, "next_fee": 585.0, "limit_w": 12139,
                "last_month_power_w": 7210, "last_month_fee": 420.0, "corrections": 2, "peaks": found}

    def cost(self):
        if self.bare:
            return {"currency": None}
        return {"currency": "NOK", "price": 1.23456, "price_export": 0.54, "hour_cost": 4.1, "hour_income": 0, "today_cost": 41.32, "today_income": 2.01, "month_cost": 1271.55,
                "month_income": 34.5, "yesterday_cost": 38.2, "yesterday_income": 2.46, "last_month_cost": 1402.11, "last_month_income": 12.9, "unpriced_kwh": 12.345,
                "known_until": "2026-01-26T23:00:00Z", "cheapest_1h": "2026-01-26T02:00:00Z", "cheapest_3h": "2026-01-26T01:00:00Z", "cheapest_6h": "2026-01-26T00:15:00Z"}

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
        span, date = [parse_qs(address.query).get(key, [""])[0] for key in ("span", "date")]
        answers = {
            "session": show.session, "readings": show.reading, "status": show.status, "settings": show.settings,
            "history": lambda: show.history(span), "energy": lambda: show.energy(span, date), "usage": show.usage, "peaks": show.peaks, "cost": show.cost,
            "tariff": lambda: {"tariff": presets.preset("ellevio"), "presets": {name: presets.preset(name) for name in presets.names()}},
            "contract": lambda: {"contract": {"currency": "NOK", "import": {"fixed": 4500000, "vat": 250}, "export": {}}},
            "tokens": lambda: {"tokens": ["grafana"]},
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
