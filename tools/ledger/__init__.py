"""The ledger beside the truth: simulated houses and meters, a dongle, a judge, tariffs worked out a second time.

`python -m tools.ledger` prints the table; `tools.ledger.sim.simulate` is one line of it for tests.
"""
