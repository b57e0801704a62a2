"""Damaged streams through the parser: nothing wrong believed, nothing intact missed: `make fuzz`."""
