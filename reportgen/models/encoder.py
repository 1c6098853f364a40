"""Finds the transformer inside a module."""

from torch import nn
from transformers import PreTrainedModel

from reportgen.errors import ModelError
from reportgen.models.architecture import accepted_arguments


def find_encoder(module: nn.Module, name: str | None = None) -> tuple[str, PreTrainedModel]:
    """Find the transformer whose attention is read.

    It is the outermost transformers model in `module`, without its head; in an encoder-decoder it
    is the encoder.

    Args:
        name: picks one of several transformers, by its dotted name inside `module`.

    Returns:
        Its dotted name inside `module` ("" for `module` itself), and the transformer.

    Raises:
        ModelError: there is none, none called `name`, or several and no `name`.
    """
    inside = {
        path: inner
        for path, inner in module.named_modules()
        if isinstance(inner, PreTrainedModel) and not _is_shell(inner)
    }
    kind = type(module).__name__
    if not inside:
        raise ModelError(
            f"no transformer inside {kind}: none of its modules is a transformers model, "
            "and only their attention can be read"
        )
    if name is not None and name not in inside:
        names = ", ".join(path or '""' for path in inside)
        raise ModelError(f"--encoder {name}: no such transformer inside {kind}; it has {names}")
    candidates = _outermost(inside) if name is None else {name: inside[name]}
    if len(candidates) > 1:
        names = ", ".join(f"{path} ({type(inner).__name__})" for path, inner in candidates.items())
        raise ModelError(
            f"several transformers inside {kind}: {names}; choose one with --encoder NAME"
        )
    encoder = _without_head(next(iter(candidates.values())))
    return next(path for path, inner in module.named_modules() if inner is encoder), encoder


def _is_shell(model: PreTrainedModel) -> bool:
    """Whether `model` is a user's own class around a transformer that it does not name as its base
    model."""
    return (
        model.base_model is model
        and not type(model).__module__.startswith("transformers.")
        and any(
            inner is not model
            and isinstance(inner, PreTrainedModel)
            and "input_ids" in accepted_arguments(inner)
            for inner in model.modules()
        )
    )


def _outermost(inside: dict[str, PreTrainedModel]) -> dict[str, PreTrainedModel]:
    """Those of `inside` that are not part of another one."""
    return {
        path: model
        for path, model in inside.items()
        if not any(
            path != outer and (outer == "" or path.startswith(f"{outer}.")) for outer in inside
        )
    }


def _without_head(model: PreTrainedModel) -> PreTrainedModel:
    """`model` without its head; of an encoder-decoder, the encoder."""
    base = model.base_model
    if not isinstance(base, PreTrainedModel):
        base = model
    if getattr(base.config, "is_encoder_decoder", False):
        encoder = base.get_encoder()
        return encoder if isinstance(encoder, PreTrainedModel) else base
    return base
