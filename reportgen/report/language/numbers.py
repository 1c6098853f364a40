"""One rule of digits: what is less than one does not read as one."""

_MORE = 3  # decimals at the most, beyond those asked for


def short_of(whole: float, value: float, digits: int) -> int:
    """How many decimals `value` takes so that, printed, it is no `whole` where it is less: 0.9997
    with two decimals is not 1.00 but 0.9997. What lies nearer than three more decimals tell keeps
    its `digits`."""
    if abs(value) >= whole:
        return digits
    tried = range(digits, digits + _MORE + 1)
    return next((d for d in tried if float(f"{abs(value):.{d}f}") < whole), digits)
