"""A browser for tests of the page: headless Chromium, a window of a phone or a desktop, and an ear for what it complains about."""

import contextlib
import site
from pathlib import Path

from tools import browser, runtime, side_venv

SHOTS = runtime.ROOT / "build/screenshots"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
_LANGUAGES = {"en": "en-GB", "sv": "sv-SE", "no": "nb-NO"}


@contextlib.contextmanager
def chromium():
    """A running browser. Raises runtime.RuntimeMissing, RuntimeUnreachable where there is none."""
    program = browser.headless()
    folder = Path(side_venv.python("browser")).parent.parent
    for packages in folder.glob("lib/python*/site-packages"):
        site.addsitedir(str(packages))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-zygote", "--disable-gpu"], chromium_sandbox=False)
        try:
            yield running
        finally:
            running.close()


class Window:
    """A window with a page of ours. page: as playwright has it; complaints: what the browser found wrong."""

    def __init__(self, running, size, language="en", dark=False, **options):
        self.context = running.new_context(
            **size, locale=_LANGUAGES[language], color_scheme="dark" if dark else "light", timezone_id="Europe/Stockholm", accept_downloads=True, **options,
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints = []
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.complaints.append(f"{message.text} {message.location.get('url', '')}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def shot(self, name, whole=True):
        """A picture under build/screenshots/, of the whole page or of what the window shows."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        if whole:
            # A bar that clings to the window's edge belongs at the end of a picture of the whole page.
            size = self.page.viewport_size
            height = self.page.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
            self.page.set_viewport_size({**size, "height": max(size["height"], height)})
            self.page.wait_for_timeout(300)
        self.page.screenshot(path=SHOTS / f"{name}.png")
        if whole:
            self.page.set_viewport_size(size)

    def scrolls_sideways(self):
        return self.page.evaluate("document.scrollingElement.scrollWidth") > self.page.viewport_size["width"]

    def refused(self, status):
        """Take note of answers that were meant to be refusals: a browser complains of each, and nothing but them may be left."""
        mine = [each for each in self.complaints if f"status of {status}" in each]
        assert mine, f"nothing was refused with {status}: {self.complaints}"
        self.complaints = [each for each in self.complaints if each not in mine]

    def close(self):
        self.context.close()
