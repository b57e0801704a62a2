"""The whole dongle before a broker and a network that misbehave: `make outages`."""
