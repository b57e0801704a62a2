"""A search for inputs that break the parser, guided by the code that they reach: `make campaign`."""
