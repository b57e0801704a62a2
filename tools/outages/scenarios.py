"""What goes wrong, one function each: a generator that breaks something, yields, and mends it.

It yields the words of which the console must say some meanwhile; none where the dongle need not notice.
"""

import contextlib
from collections import namedtuple

from tools.outages import proxy
from tools.broker import HOST
from tools.certificates import CA, Authority
from tools.outages.house import NAME
from tools.router import time_answer

# name: for ONLY=; words: for the table; seconds: how long it lasts; steady: whether readings arrive before; through: whether
# messages get through meanwhile.
Scenario = namedtuple("Scenario", "name words run meter seconds steady through settings")
SCENARIOS = {}


def _scenario(words, seconds=20, meter="aidon-no", steady=True, through=False, **settings):
    def keep(function):
        name = function.__name__.strip("_").replace("_", "-")
        SCENARIOS[name] = Scenario(name, words, function, meter, seconds, steady, through, settings)
        return function

    return keep


@_scenario("broker killed and restarted")
def _killed(house):
    house.broker.kill()
    house.proxy.behave(proxy.REFUSE)
    yield "refused the connection",
    house.start_broker()
    house.proxy.behave(proxy.PASS)


@_scenario("connection refused", meter="p1-landis")
def _refused(house):
    house.proxy.behave(proxy.REFUSE)
    yield "refused the connection",
    house.proxy.behave(proxy.PASS)


@_scenario("connection refused for two minutes", seconds=120)
def _long(house):
    house.proxy.behave(proxy.REFUSE)
    yield "refused the connection",
    house.proxy.behave(proxy.PASS)


@_scenario("unreachable, packets swallowed", seconds=30)
def _unreachable(house):
    house.proxy.behave(proxy.SWALLOW)
    yield "does not answer",
    house.proxy.behave(proxy.PASS)


@_scenario("accepts and says nothing", seconds=25)
def _mute(house):
    house.proxy.behave(proxy.MUTE)
    yield "the broker does not answer",
    house.proxy.behave(proxy.PASS)


@_scenario("answers one byte a second", seconds=30, through=True)
def _slow(house):
    house.proxy.behave(proxy.SLOW)
    yield ()
    house.proxy.behave(proxy.PASS)


@_scenario("closes after CONNACK")
def _after_connack(house):
    house.proxy.behave(proxy.CLOSE_CONNACK)
    yield "closed the connection", "broke the connection"
    house.proxy.behave(proxy.PASS)


@_scenario("closes in the middle of a PUBLISH", meter="p1-landis")
def _mid_publish(house):
    house.proxy.behave(proxy.CLOSE_PUBLISH)
    yield "closed the connection", "broke the connection"
    house.proxy.behave(proxy.PASS)


@_scenario("never acknowledges", seconds=30, through=True)
def _no_puback(house):
    house.proxy.behave(proxy.NO_ACK)
    yield "acknowledge",
    house.proxy.behave(proxy.PASS)


@_scenario("connection goes dead silently", seconds=30)
def _stalled(house):
    house.proxy.behave(proxy.STALL)
    yield "acknowledge", "fallen silent", "does not answer"
    house.proxy.behave(proxy.PASS)


@_scenario("wrong password, then the right one", steady=False, mqtt_user="hamn", mqtt_password="right", mqtt_clear_login="yes")
def _password(house):
    house.broker.users = {"hamn": "wrong"}
    house.restart_broker()
    yield "bad user name or password", "not authorised"
    house.broker.users = {"hamn": "right"}
    house.restart_broker()


@_scenario("the broker's name does not resolve", steady=False, meter="p1-landis")
def _name(house):
    del house.router.names[NAME]
    yield "does not resolve",
    house.router.names[NAME] = HOST


@_scenario("Wi-Fi gone and back")
def _wifi(house):
    house.board.no_network.touch()
    house.proxy.behave(proxy.SWALLOW)
    house.router.dns = house.router.ntp = lambda query: None
    yield "link: lost",
    house.router.dns, house.router.ntp = house.router.by_name, time_answer
    house.proxy.behave(proxy.PASS)
    house.board.no_network.unlink()


@contextlib.contextmanager
def _certificate(house, authority, **issue):
    """The broker shows a certificate made so; afterwards a good one."""
    ours = Authority()
    path = house.board.device / CA.lstrip("/")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(ours.pem)
    bad = house.broker.add_tls(*(authority or ours).issue(**issue)[:2])
    good = house.broker.add_tls(*ours.issue((NAME,))[:2])
    house.broker.keep_to_tls_1_2()
    house.restart_broker()
    house.proxy.upstream = bad
    yield
    house.proxy.upstream = good


def _tls(words, **options):
    return _scenario(f"TLS: {words}", 12, steady=False, mqtt_tls="ca", **options)


@_tls("certificate for another name")
def _tls_host(house):
    with _certificate(house, None, names=("other.lan",)):
        yield "certificate is for another name",


@_tls("certificate expired", meter="p1-landis")
def _tls_expired(house):
    with _certificate(house, None, names=(NAME,), days=(-30, -1)):
        yield "certificate has expired",


@_tls("certificate of an unknown authority")
def _tls_stranger(house):
    with _certificate(house, Authority("Somebody"), names=(NAME,)):
        yield "not from the authority",


@_tls("clock not set")
def _tls_clock(house):
    house.router.ntp = lambda query: None
    with _certificate(house, None, names=(NAME,)):
        yield "waiting for the time",
    house.router.ntp = time_answer
