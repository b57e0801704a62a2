"""What visitors of the page cost the dongle: memory, time, and the patience of the parser (`make page-bench`)."""
