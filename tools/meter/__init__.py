"""Simulated meters: telegrams of real layouts from a plausible house, at true line pace.

Everything is encoded here from the protocol, apart from the firmware's parser, so that each can be held against the other.
`python -m tools.meter --list` prints the meters; `tools.meter.meters.METERS` is the same table for tests.
"""
