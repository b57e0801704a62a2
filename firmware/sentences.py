"""What people are told when something is wrong, in one room that is entered when there is something to tell.

In a table, None is the sentence for every key that has none of its own.
"""

import errno

CONNECTION = {  # what StreamError is made with: an errno, which differs from port to port, or a word of ours
    "unset": "no broker is set up: run make configure PORT=..., readings stay on this console",
    "name": "the broker's name does not resolve: check mqtt_host",
    "no name server": "no name server answers: check the router, or give the broker's address as mqtt_host",
    "login in clear": "user name and password would cross the network in the clear: set up mqtt_tls, or allow it: mqtt_clear_login=yes",
    "clock": "waiting for the time, which TLS needs to check the broker's certificate: check ntp_host",
    "refused": "the broker refused the connection: is it running, and is mqtt_port right?",
    errno.ECONNREFUSED: "the broker refused the connection: is it running, and is mqtt_port right?",
    errno.ECONNRESET: "the broker broke the connection",
    errno.ECONNABORTED: "the broker broke the connection",
    32: "the broker broke the connection",  # EPIPE
    errno.EHOSTUNREACH: "the broker's machine cannot be reached",
    "away": "the broker's machine does not answer",
    errno.ETIMEDOUT: "the broker's machine does not answer",
    "full": "the broker takes no more data",
    "closed": "the broker closed the connection",
    "mute": "the broker does not answer",
    "silent": "the broker has fallen silent",
    "unacknowledged": "the broker takes messages but does not acknowledge them",
    "half": "the broker stopped in the middle of a packet",
    "large": "the broker sent a packet of more than %d bytes",
    "strange": "what answers is not an MQTT broker",
    "rubbish": "the broker sent what is not MQTT (%s)",
    "refusal": "refused with code %d",
    errno.ENOMEM: "too little memory for this connection",
    # TLS: the broker's certificate, our own files and settings, the handshake. Numbers are those of Mbed TLS (ssl.h); words
    # of more than ten letters are not kept for ever in MicroPython's table of names.
    "wrong authority": "the broker's certificate is not from the authority in certificates/ca.pem",
    "host": "the broker's certificate is for another name: mqtt_host must be the name in it",
    "has expired": "the broker's certificate has expired",
    "not valid yet": "the broker's certificate is not valid yet",
    "certificate": "the broker's certificate is not accepted (%s)",
    "wrong fingerprint": "the broker's certificate is another one than mqtt_pin says",
    "no fingerprint": "mqtt_pin is not set: make configure PORT=...",
    "no shared key": "mqtt_psk_id or mqtt_psk_key is not set: make configure PORT=...",
    "missing file": "%s is missing: make certificates PORT=...",
    "unreadable file": "%s is damaged or none of its kind: make certificates PORT=...",
    "unsupported": "this MicroPython cannot do that: mqtt_tls=psk needs 1.29",
    "handshake": "the broker does not answer in the TLS handshake: does this port speak TLS?",
    "does not speak TLS": "the broker broke off the TLS handshake: does this port speak TLS, or want a client's certificate?",
    -0x7200: "what answers does not speak TLS: check mqtt_port",
    -0x7780: "the broker refused our side of TLS: check the client's certificate, or mqtt_psk_id and mqtt_psk_key",
    None: "the network or the broker failed (error %s)",
}

REFUSAL = {  # MQTT 3.1.1, table 3.1: CONNACK return codes
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker refuses the client's identifier",
    3: "the broker is not available at the moment",
    4: "bad user name or password: check mqtt_user and mqtt_password",
    5: "not authorised: the broker's rules keep this user out",
}

LINK = {  # wlan.status() on the ESP32, the IDF's reason codes; and words of ours
    201: "no Wi-Fi: the network is not in range, or its name is spelt differently",
    202: "no Wi-Fi: the password was refused",
    203: "no Wi-Fi: the access point refused",
    204: "no Wi-Fi: the handshake timed out, which often means a wrong password",
    210: "no Wi-Fi: no access point with the right security is in range",
    211: "no Wi-Fi: no access point with the right security is in range",
    212: "no Wi-Fi: the signal is too weak",
    "unset": "Wi-Fi is not set up: use the set-up Wi-Fi below or make configure PORT=..., readings stay on this console",
    "cable": "no Ethernet: check the cable and whether the router hands out addresses",
    None: "no Wi-Fi: no answer in time (status %s)",
}

JOURNAL = {  # an errno of the file system (28: ENOSPC)
    28: "the flash is full: the hourly registers are not kept; remove files that are not Hamn's",
    None: "the flash fails (error %s): the hourly registers are not kept",
}

LEDGER = {  # an errno of the file system (28: ENOSPC)
    28: "the flash is full: hours are not kept; remove files that are not Hamn's",
    None: "the flash fails (error %s): hours are not kept",
}

METER = {  # the states of line.py, but for those of every good start
    1: "no bytes from the meter: check the cable, and whether the grid company has opened the port",
    2: "bytes come, but nothing in them is a telegram: wrong line settings, a missing pull-up or a loose wire",
    3: "telegrams come damaged (checksum errors): check the pull-up, the length of the cable and the supply",
}


def find(table, key, values):
    """The sentence for `key` in the table of that name, with its values; without one, the key itself is shown."""
    if key == "refusal" and values[0] in REFUSAL:
        return REFUSAL[values[0]]
    table = globals()[table]
    if isinstance(key, int) and -256 < key < 0:
        key = -key  # an errno of the socket below TLS, which comes through upside down
    if key in table:
        return table[key] % values
    return table[None] % (key,)
