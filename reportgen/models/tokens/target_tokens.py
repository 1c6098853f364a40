"""The tokens of a decoder that writes a target for a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetTokens:
    """What a decoder is given and then should write; all tuples have an entry per token.

    The decoder reads all of them but the last: at each token it writes the next one.
    """

    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    # Code points of the completion; None for special tokens and for tokenizers without offsets.
    spans: tuple[tuple[int, int] | None, ...]
    specials: tuple[bool, ...]
    units: tuple[int, ...]  # display unit
    # Tokens in front that are given, not written: the one that starts every target, and those that
    # the tokenizer puts in front of a target, such as that of its language.
    n_given: int

    @property
    def read(self) -> tuple[int, ...]:
        """The ids that the decoder reads."""
        return self.ids[:-1]

    @property
    def written(self) -> tuple[int, ...]:
        """The ids that the decoder should write."""
        return self.ids[self.n_given :]
