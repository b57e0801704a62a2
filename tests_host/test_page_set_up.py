"""The page in a browser at the dongle's turning points: from the shop to the first reading, restart, and back to the shop."""

from browsing import DESKTOP
from test_page import address, log_in, watts
from test_web import PASSWORD, SET, Dongle
from tools import pcboard


class FromTheShop(Dongle):
    """A dongle that nobody has set up, with a meter on its port and a broker in the house."""

    def __init__(self, folder, board):
        super().__init__(folder, {}, ["p1-landis"], board)

    def start(self):
        if not self.said:
            (self.device / "settings.json").unlink()
        super().start()


def test_from_the_shop_to_the_first_reading(tmp_path, window, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    board.wifi_key = "hemligt-ord"
    dongle = FromTheShop(tmp_path, board)
    try:
        phone = window(language="sv")
        page = phone.page
        page.goto(address(dongle))
        # It speaks the phone's language before anybody has chosen one.
        page.wait_for_selector("text=Vilket Wi-Fi är ditt?")
        page.click(".nets button:has-text('PC')")
        phone.shot("set-up-1-wifi")
        page.fill("#w-psk", "not-this-one")
        page.click("button:text-is('Prova')")
        page.wait_for_selector("#w-wifi-problem:has-text('Nätet godtog inte lösenordet.')")
        phone.refused(422)
        page.fill("#w-psk", "hemligt-ord")
        page.click("button:text-is('Prova')")
        page.wait_for_selector("text=Vart ska mätvärdena?")
        page.fill("#w-mqtt_host", "mqtt://wrong")
        page.fill("#w-mqtt_port", "0")
        phone.shot("set-up-2-broker")
        page.click("button:text-is('Nästa')")
        assert page.input_value("#w-board") == "esp32-p1"
        page.fill("#w-fuse_a", "25")
        phone.shot("set-up-3-meter")
        page.click("button:text-is('Nästa')")
        page.click("button:text-is('Klar')")
        assert "tecken" in page.inner_text("#w-page_password-problem")
        page.fill("#w-page_password", PASSWORD)
        phone.shot("set-up-4-page")
        page.click("button:text-is('Klar')")
        # Back to the question whose answer was wrong, with what is wrong beside it.
        page.wait_for_selector("#w-mqtt_port[aria-invalid=true]")
        phone.refused(422)
        assert page.inner_text("#w-mqtt_port-problem") == "Ett heltal från 1 till 65\u00a0535."
        page.fill("#w-mqtt_host", "127.0.0.1")
        page.fill("#w-mqtt_port", str(dongle.broker.port))
        for button in ("Nästa", "Nästa", "Klar"):
            page.click(f"#wizard button:text-is('{button}')")
        page.wait_for_selector("text=Allt är inställt")
        phone.shot("set-up-5-done")
        assert page.get_attribute("#wizard a", "href") == "http://127.0.0.1/"
        assert dongle.ends(10) == pcboard.RESET
        assert dongle.settings()["wifi_password"] == "hemligt-ord" and dongle.settings()["language"] == "sv" and dongle.settings()["fuse_a"] == 25
        dongle.start()
        # Nobody has to log in with the password just chosen.
        page.wait_for_selector("#phases li", timeout=40_000)
        assert watts(page) > 0 and page.inner_text("#way") in ("Tar från nätet", "Matar in på nätet")
        assert phone.complaints == [each for each in phone.complaints if "ERR_" in each]
        phone.complaints.clear()  # while it restarted nobody answered
    finally:
        dongle.close()


def test_a_wired_dongle_asks_for_no_wifi(tmp_path, window, micropython32, umqtt):
    dongle = Dongle(tmp_path, {"board": "wt32-eth01"})
    try:
        page = window(DESKTOP).page
        page.goto(address(dongle))
        page.wait_for_selector("text=stands on its label")
        log_in(page, (dongle.device / "label.txt").read_text().strip())
        page.wait_for_selector("text=Where do the readings go?")
        assert page.locator(".steps i").count() == 3
        # The language may change on the way.
        page.select_option("#tongue", "no")
        page.wait_for_selector("text=Hvor skal måleverdiene?")
    finally:
        dongle.close()


def test_restart_and_forget(tmp_path, window, micropython32, umqtt):
    dongle = Dongle(tmp_path, SET)
    try:
        one = window()
        page = one.page
        page.goto(address(dongle) + "#settings")
        log_in(page)
        page.wait_for_selector("#s-language")
        page.click("summary:has-text('Network')")
        page.fill("#s-ntp_host", "ntp.example")
        page.click("button:text-is('Save')")
        page.click("text=Restart now")
        assert dongle.ends() == pcboard.RESET
        page.wait_for_selector("text=This page goes on by itself.")
        dongle.start()
        page.wait_for_selector("#login:not([hidden])")
        log_in(page)
        page.wait_for_selector("#s-language")
        assert page.input_value("#s-ntp_host") == "ntp.example"
        page.click("#nav a[href='#dongle']")
        page.click("text=Factory reset")
        page.click("text=Forget everything >> nth=-1")
        page.wait_for_selector("text=Everything is forgotten")
        assert dongle.ends() == pcboard.RESET and not (dongle.device / "settings.json").exists()
        one.complaints[:] = [each for each in one.complaints if "ERR_" not in each]
    finally:
        dongle.close()
