"""The most that one file of texts may hold; tests set smaller limits in this one place."""

# A file that is read as a whole then takes about 1 GB of memory, whatever is in it: bytes, texts or
# lines, and what may end a cell (a wide table of numbers is no file of texts).
MAX_BYTES = 200_000_000
MAX_ROWS = 500_000
MAX_CELLS = 5_000_000
# Characters of a text, and of its pair, that are kept: more than any model that is reported takes.
MAX_TEXT = 1_000_000
