"""Which texts are variants of others: the name of an edit, and the id of the text it changed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reportgen.errors import InputError, some
from reportgen.texts.columns import quoted_name

if TYPE_CHECKING:
    from reportgen.texts.read import TextInput

_UNUSED = "or leave the column unused with --variant-of-column ''"


def check_originals(texts: Sequence["TextInput"], *, is_whole: bool) -> tuple[str, ...]:
    """Check that variants name their originals.

    Args:
        texts: all that are read.
        is_whole: whether these are all there are; a limit may part a variant from its original,
            which then counts as a text like the others.

    Returns:
        A remark for the user on variants without their original, if there are any.

    Raises:
        InputError: a variant names no text, itself or another variant.
    """
    variants = {text.id: text for text in texts if text.variant_of is not None}
    if not variants:
        return ()
    wanted = {text.variant_of for text in variants.values()}
    known = {text.id for text in texts if text.id in wanted}
    alone = []
    for text in variants.values():
        if text.variant_of not in known:
            if is_whole:
                raise InputError(
                    f"{_begin(text)}: no text has this id; name the id of the original, {_UNUSED}"
                )
            alone.append(text.source)
        elif text.variant_of in variants:
            raise InputError(f"{_begin(text)}: {_no_original(text, variants)}, {_UNUSED}")
    if not alone:
        return ()
    return (
        f"{some(alone)}: the original of a variant is beyond the limit; the variant counts as a "
        "text like the others",
    )


def _begin(text: "TextInput") -> str:
    return f"{text.source}: variant_of {quoted_name(text.variant_of or '')}"


def _no_original(text: "TextInput", variants: Mapping[str, "TextInput"]) -> str:
    """Why `text` cannot be a variant of another variant, and what to do."""
    if text.variant_of == text.id:
        return "that is its own id; name its original"
    seen, root = {text.id}, text
    while root.variant_of is not None and root.variant_of in variants:
        root = variants[root.variant_of]
        if root.id in seen:
            return "this text is the original of its own original; leave the cell of one empty"
        seen.add(root.id)
    return f"that text is a variant itself; name its original, {quoted_name(root.variant_of or '')}"
