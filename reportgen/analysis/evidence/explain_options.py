"""The options of what is explained, and the entry of a model's output that they mean."""

from dataclasses import dataclass

from reportgen.errors import UsageError
from reportgen.models.loaded import LoadedModel
from reportgen.models.readers.reader import spell
from reportgen.results.info import OutputInfo


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What the user wants explained; None: what the model predicts for each text."""

    explain_class: str | None = None  # name or number of a class, label or number
    explain_token: str | None = None  # a next token, or one in the place of masks
    # The token that its lead is over; of completions and masks at each step.
    against: str | None = None


NOTHING = ExplainOptions()


def find_explained(model: LoadedModel, asked: ExplainOptions) -> tuple[int | None, int | None]:
    """The index of the output that is explained, and of the one that its lead is measured over;
    None if the options do not name one.

    Raises:
        UsageError: the output has no such class, or no such token.
    """
    index = None
    if asked.explain_class is not None:
        index = find_class(model.output, asked.explain_class)
    if asked.explain_token is not None:
        index = _find_token(model, "--explain-token", asked.explain_token)
    if asked.against is None:
        return index, None
    against = _find_token(model, "--against", asked.against)
    if against == index:
        raise UsageError("--against: the same token as --explain-token; name another one")
    return index, against


def _find_token(model: LoadedModel, option: str, wanted: str) -> int:
    """The id of the token `wanted`.

    Raises:
        UsageError: no next token is explained, or the tokenizer has no such token.
    """
    if model.reader.kind == "completion" and option == "--explain-token":
        raise UsageError(
            f"{option}: each token of the completions is explained here, with --against its lead "
            "over another; leave the option out, or both --generate and the completions "
            "(--completion-column '')"
        )
    if model.reader.kind not in ("next_token", "masks", "completion"):
        kind = model.output.kind.replace("_", " ")
        raise UsageError(
            f"{option}: the model's output is {kind}, not a next token; leave the option out"
        )
    tokenizer = model.tokenizer
    known = tokenizer.get_vocab().get(wanted)
    if known is not None:
        return int(known)
    ids = tokenizer(wanted, add_special_tokens=False, verbose=False)["input_ids"]
    if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
        return int(ids[0])
    parts = ", ".join(repr(spell(tokenizer, own)) for own in ids[:5])
    found = f"the tokenizer splits it into {len(ids)}: {parts}" if ids else "it has no characters"
    if ids == [tokenizer.unk_token_id]:
        found = "the tokenizer does not know it"
    raise UsageError(f"{option} {wanted!r} is no single token: {found}; name one token")


def find_class(output: OutputInfo, wanted: str) -> int:
    """The index of the class, label or number with the name `wanted`, or with that number from 0.

    Raises:
        UsageError: there is none.
    """
    if output.kind == "tags":
        raise UsageError(
            f"--explain-class {wanted}: each word's own tag is explained, for the model's output "
            "is tags; leave the option out and choose a word in the report"
        )
    if wanted in output.labels:
        return output.labels.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(output.labels):
        return int(wanted)
    if not output.labels:
        raise UsageError(
            f"--explain-class {wanted}: the model's output is {output.kind.replace('_', ' ')}, "
            "which has no classes to choose from; leave the option out"
        )
    names = ", ".join(output.labels)
    raise UsageError(f"--explain-class {wanted}: the model has no such class; it has {names}")
