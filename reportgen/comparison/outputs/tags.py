"""Words whose tag is another one in a second model."""

from reportgen.comparison.compare import Comparison
from reportgen.findings.outputs.tags import Word


def other_tags(comparison: Comparison, text: int) -> list[tuple[Word, Word]] | None:
    """The words of row `text` of `texts` that have another tag in the new model, with both; None
    where the models do not tag the same words."""
    sides = (comparison.base.tags, comparison.head.tags)
    own, other = (() if side is None else side.words.get(text, ()) for side in sides)
    if [word.name for word in own] != [word.name for word in other]:
        return None
    return [pair for pair in zip(own, other, strict=True) if pair[0].tag != pair[1].tag]
