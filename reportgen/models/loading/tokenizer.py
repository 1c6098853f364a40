"""Loads the tokenizer of a model, and refuses one that cannot belong to the model."""

from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import ModelError, first_line
from reportgen.models.architecture import embedding_rows
from reportgen.models.spec import check_tokenizer_folder, local_folder


def load_tokenizer(
    name: str, revision: str | None = None, *, trust_remote_code: bool = False
) -> PreTrainedTokenizerBase:
    """Load the tokenizer from the folder or hub id `name`.

    Raises:
        ModelError: there is none, it needs a package that is not installed, or has no vocabulary.
    """
    folder = local_folder(name, "--tokenizer")
    if folder is not None:
        check_tokenizer_folder(folder)
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder or name, revision=revision, trust_remote_code=trust_remote_code
        )
    except ImportError as error:
        raise ModelError(f"{name}: its tokenizer needs a package: {first_line(error)}") from error
    except Exception as error:
        raise ModelError(
            f"{name}: its tokenizer cannot be loaded ({type(error).__name__}: "
            f"{first_line(error)}); copy or download it again, or name another with --tokenizer"
        ) from error
    require_vocabulary(tokenizer, name)
    return tokenizer


def require_vocabulary(tokenizer: PreTrainedTokenizerBase, name: str) -> None:
    """Check that a tokenizer has more than special tokens: without its files, transformers makes up
    an empty one.

    Raises:
        ModelError: it has special tokens only.
    """
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise ModelError(
            f"{name}: the tokenizer knows only {len(tokenizer)} special tokens, its vocabulary is "
            "missing; name the folder that has it with --tokenizer"
        )


def require_fit(tokenizer: PreTrainedTokenizerBase, encoder: PreTrainedModel) -> None:
    """Check that `encoder` has an embedding for every token id of the tokenizer.

    Raises:
        ModelError: it does not.
    """
    rows = embedding_rows(encoder)
    if rows is None:
        return
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= rows:
        raise ModelError(
            f"the tokenizer has token ids up to {highest} ({len(tokenizer)} tokens), the model "
            f"knows {rows}: they do not belong together; name the model's own with --tokenizer"
        )


def cut_at_the_end(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """Set `tokenizer` to cut long texts at their end, which is what reports show.

    Returns:
        A remark for the user if it was set to cut their start, else None.
    """
    if tokenizer.truncation_side == "right":
        return None
    tokenizer.truncation_side = "right"
    return (
        "the tokenizer is set to cut long texts at their start (truncation_side); "
        "here they are cut at their end"
    )


def padding_id(tokenizer: PreTrainedTokenizerBase, encoder: PreTrainedModel) -> int:
    """The padding id for batches: that of the model, else of the tokenizer, else any valid id."""
    rows = embedding_rows(encoder)
    for token_id in (
        getattr(encoder.config.get_text_config(), "pad_token_id", None),
        tokenizer.pad_token_id,
        tokenizer.eos_token_id,
    ):
        if isinstance(token_id, int) and token_id >= 0 and (rows is None or token_id < rows):
            return token_id
    return 0
