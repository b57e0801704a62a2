"""Somebody who visits the page of a dongle on this PC: plain HTTP, nothing hidden."""

import http.client
import json
import time


class Answer:
    """status, headers (names in small letters), body (bytes)."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Visitor:
    """Keeps the session's cookie as a browser does."""

    def __init__(self, port, host="127.0.0.1"):
        self.port = port
        self.host = host
        self.cookie = None

    def ask(self, method, path, body=None, headers=None, seconds=30):
        """One request; `body` is sent as JSON unless it is bytes."""
        fields = {"Host": f"{self.host}:{self.port}", **(headers or {})}
        if self.cookie:
            fields.setdefault("Cookie", self.cookie)
        if body is not None:
            fields.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, {name: value for name, value in fields.items() if value is not None})
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        cookie = answer.headers.get("set-cookie")
        if cookie:
            self.cookie = cookie.partition(";")[0]
        return answer

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.ask("POST", path, body if body is not None else {}, **options)

    def put(self, path, body, **options):
        return self.ask("PUT", path, body, **options)

    def log_in(self, password):
        return self.post("/api/v1/login", {"password": password})

    def wait(self, seconds=20):
        """Until the page is there."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = self.get("/api/v1/session")
                if answer.status == 200:  # it knows its own address by then
                    return answer.json()
            except OSError:
                pass
            assert time.monotonic() < deadline, "nobody serves the page"
            time.sleep(0.1)
