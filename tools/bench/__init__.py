"""What the parser costs, and how fast it is beside other parsers: `make bench`."""
