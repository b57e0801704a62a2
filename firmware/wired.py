"""Makes the Ethernet interface of a board that has one. A rare room: link.py enters it once and lets it go."""

from machine import Pin


def make(network, phy):
    """The network.LAN for the PHY of a board profile. Raises what the driver raises."""
    return network.LAN(mdc=Pin(phy.mdc), mdio=Pin(phy.mdio), power=Pin(phy.power), phy_addr=phy.address,
                       phy_type=getattr(network, phy.phy), ref_clk=Pin(phy.ref_clk), ref_clk_mode=Pin.IN)
