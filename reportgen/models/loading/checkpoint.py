"""Loads weights from a file into a module, without running any code in the file."""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from reportgen.errors import ModelError, some
from reportgen.models.folders import is_pointer
from reportgen.results import require_regular, room

StateDict: TypeAlias = dict[str, Tensor]
# Keys under which training code saves the weights among other state, the most likely first.
_NESTED = ("model_state_dict", "state_dict", "model_state", "model", "module", "net", "weights")
# Buffers that old versions of transformers saved and new ones compute.
_OLD_BUFFERS = re.compile(
    r"(^|\.)(position_ids|token_type_ids|masked_bias|attn\.bias|rotary_emb\.inv_freq)$"
)
_PICKLED_CLASS = re.compile(r"GLOBAL (\S+)")


def load_checkpoint(module: nn.Module, path: Path) -> None:
    """Load the weights in the file `path` into `module`, all of them or none.

    The file may be a state_dict saved by `torch.save` (also nested among other state, from a GPU,
    from DataParallel or torch.compile) or a `.safetensors` file.

    Raises:
        ModelError: the file has Python objects, no weights, or weights of another module.
    """
    state = read_state_dict(path)
    expected = {k: t for k, t in module.state_dict().items() if isinstance(t, Tensor)}
    state = _fit_keys(state, expected)
    tied = {t.data_ptr() for key, t in expected.items() if key in state and t.numel()}
    missing = [k for k, t in expected.items() if k not in state and t.data_ptr() not in tied]
    unexpected = [key for key in state if key not in expected]
    if missing or unexpected:
        raise ModelError(_misfit(path, type(module).__name__, state, expected, missing, unexpected))
    wrong = [
        f"{key} {list(tensor.shape)} where the module has {list(expected[key].shape)}"
        for key, tensor in state.items()
        if tensor.shape != expected[key].shape
    ]
    if wrong:
        raise ModelError(
            f"{path}: {len(wrong)} weights of another shape than in {type(module).__name__}: "
            f"{some(wrong)}; build the module as it was trained, see --factory-args"
        )
    module.load_state_dict(state, strict=False)  # tied weights have one of their names only


def read_state_dict(path: Path) -> StateDict:
    """Read the tensors in a checkpoint, by name, onto the CPU.

    Raises:
        ModelError: it has Python objects, is damaged, or has no tensors.
    """
    with _readable_errors(path):
        require_file(path)
        if path.suffix == ".safetensors":
            return load_file(path)
        require_honest_size(path)
        saved = torch.load(path, map_location="cpu", weights_only=True)
    return _tensors(path, saved)


def require_readable(path: Path) -> None:
    """Check that `read_state_dict` will succeed, without reading the tensors.

    Raises:
        ModelError: it would fail.
    """
    with _readable_errors(path):
        require_file(path)
        if path.suffix == ".safetensors":
            with safe_open(path, "pt"):
                return
        require_honest_size(path)
        saved = torch.load(path, map_location="meta", weights_only=True)
    _tensors(path, saved)


def require_file(path: Path) -> int:
    """The size of the file of a model at `path`.

    Raises:
        ModelError: it is a folder, a pipe, a device or a socket, whose reading may never end.
        OSError: there is no such file.
    """
    try:
        return require_regular(path)
    except ValueError as error:
        raise ModelError(f"{path}: {error}; copy or download it again") from error


def require_honest_size(path: Path) -> None:
    """Check that a file of weights does not unpack to far more than its size; `torch.save` does not
    compress.

    Raises:
        ModelError: it does.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    if unpacked > room(path.stat().st_size):
        raise ModelError(
            f"{path}: unpacks to {unpacked / 1e6:,.0f} MB, far more than it holds; save the "
            "weights again with torch.save"
        )


def weights_sha256(state: Mapping[str, Tensor]) -> str:
    """The SHA-256 of weights, over the name, type, shape and bytes of each, sorted by name.

    It is the same for a `.bin` and a `.safetensors` file of the same weights.
    """
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name}\0{tensor.dtype}\0{list(tensor.shape)}\0".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


@contextmanager
def _readable_errors(path: Path) -> Iterator[None]:
    """Within it, turn any error into a ModelError that says why `path` cannot be read."""
    try:
        yield
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    except Exception as error:  # unpickling fails in as many ways as there are broken files
        raise ModelError(f"{path}: {_unreadable(path, error)}") from error


def _unreadable(path: Path, error: Exception) -> str:
    """What is wrong with the file `path`, and what to do."""
    if is_pointer(path):
        return "stands in for weights that Git LFS keeps; fetch them with git lfs pull"
    pickled = _PICKLED_CLASS.search(str(error))
    if pickled or "TorchScript" in str(error):
        what = f"Python objects ({pickled[1]})" if pickled else "a TorchScript program"
        return (
            f"holds {what}, and loading those would run code from the file; "
            "save the weights alone with torch.save(model.state_dict(), path)"
        )
    format = "a safetensors file" if path.suffix == ".safetensors" else "a file of torch.save"
    return (
        f"damaged, or not {format} ({type(error).__name__}); copy or download it again, or save "
        "the weights again"
    )


def _tensors(path: Path, saved: Any) -> StateDict:
    """The tensors in what `torch.save` wrote, also if nested among other state."""
    if not isinstance(saved, dict):
        raise ModelError(f"{path}: holds a {type(saved).__name__}, not a state_dict")
    # First the usual keys of weights, because a loss or a step may be saved beside them.
    for key in _NESTED:
        if isinstance(saved.get(key), dict):
            return _tensors(path, saved[key])
    tensors: StateDict = {str(k): v for k, v in saved.items() if isinstance(v, Tensor)}
    if tensors:
        return tensors
    raise ModelError(
        f"{path}: no weights in it, only {some([str(key) for key in saved]) or 'an empty dict'}; "
        "save them with torch.save(model.state_dict(), path)"
    )


def _fit_keys(state: StateDict, expected: Mapping[str, Tensor]) -> StateDict:
    """`state` with the keys of `expected`: without prefixes of wrappers and without old buffers."""
    state = {key.replace("_orig_mod.", ""): tensor for key, tensor in state.items()}
    bare = state
    while bare and not any(key in expected for key in bare):
        # DataParallel and trainers put the same prefix ("module.", "model.") before every key.
        prefix = next(iter(bare)).partition(".")[0] + "."
        if not all(key.startswith(prefix) for key in bare):
            break
        bare = {key.removeprefix(prefix): tensor for key, tensor in bare.items()}
    if any(key in expected for key in bare):
        state = bare
    return {
        key: tensor
        for key, tensor in state.items()
        if key in expected or not _OLD_BUFFERS.search(key)
    }


def _misfit(
    path: Path,
    kind: str,
    state: StateDict,
    expected: Mapping[str, Tensor],
    missing: list[str],
    unexpected: list[str],
) -> str:
    parts = [
        f"{len(keys)} {what} ({some(keys)})"
        for what, keys in (("missing", missing), ("unexpected", unexpected))
        if keys
    ]
    message = f"{path}: does not fit {kind}: {', '.join(parts)}"
    hint = _helping_prefix(state, expected)
    return f"{message}; {hint or 'build the module as it was trained, see --factory-args'}"


def _helping_prefix(state: StateDict, expected: Mapping[str, Tensor]) -> str | None:
    """A hint: the prefix to add to or remove from the keys of `state` so that most of them fit."""
    best, n_best = None, sum(key in expected for key in state)
    for prefix in sorted({key[: i + 1] for key in expected for i in _dots(key)}):
        n = sum(f"{prefix}{key}" in expected for key in state)
        if n > n_best:
            best, n_best = f'with "{prefix}" put before its keys', n
    for prefix in sorted({key[: i + 1] for key in state for i in _dots(key)}):
        n = sum(key.removeprefix(prefix) in expected for key in state)
        if n > n_best:
            best, n_best = f'with "{prefix}" taken from its keys', n
    return f"{best}, {n_best} of {len(expected)} would fit" if best else None


def _dots(key: str) -> list[int]:
    return [i for i, character in enumerate(key) if character == "."]
