"""How much a statement takes: what is measured and what is said of it go by the same numbers."""

MIN_TEXTS = 5  # texts that a statement about all of them, and an interval, need
MIN_CONTENT = 3  # content tokens a text needs to take part
MIN_UNITS = 4  # content units that a rank correlation needs to mean anything
SINK_RATIO = 3.0  # times an even spread: the attention that a sink gets at least
MASK_OFFSET = 1.0  # mean effect of [MASK] in standard deviations: above it they all go one way
