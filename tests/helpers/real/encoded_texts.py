"""Texts as the tokenizer leaves them, made up."""

from reportgen.models import EncodedText


def encoded(n_content: int) -> EncodedText:
    """A text of `n_content` tokens between two special ones, each token a unit."""
    n = n_content + 2
    roles = ("cls", *(None,) * n_content, "sep")
    return EncodedText(
        ids=tuple(range(n)),
        type_ids=None,
        tokens=("x",) * n,
        spans=(None,) * n,
        segments=(None, *(0,) * n_content, None),
        roles=roles,
        units=tuple(range(n)),
        n_truncated=0,
        cuts=(None, None),
        n_unknown=0,
    )
