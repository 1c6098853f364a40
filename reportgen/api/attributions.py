"""Scores that Python gives: numbers, or what captum, shap and inseq return.

None of these libraries is imported: their objects are known by what they have.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isnan
from typing import Any, TypeAlias

import numpy as np

from reportgen.analysis import tokens_before_completions
from reportgen.errors import InputError, UsageError, quoted
from reportgen.models import LoadedModel, describe
from reportgen.results import ScoreSource
from reportgen.texts import TextInput, TextSet, UserScores, finite, with_scores

# Of a text, or of a text and its pair, and its tokens: one score for each, or what a library
# returns.
Attribute: TypeAlias = Callable[[Any, tuple[str, ...]], Any]
# Scores and, where they are known, the words or tokens that they are of.
_Given: TypeAlias = tuple[Sequence[float], Sequence[str] | None]
_STEPS = ("source_attributions", "target_attributions")  # of inseq


def with_python_scores(
    texts: TextSet, scores: Mapping[str, Any], wanted: str | None = None, *, is_cut: bool = False
) -> TextSet:
    """`texts` with `scores` by name: one value per text, in order, or by id; or what shap or inseq
    returned for all of them.

    Args:
        wanted: the class that is explained; None: the predicted one.
        is_cut: only the first texts are used, so that there may be scores of more.

    Raises:
        UsageError: a name is taken, or there are more or fewer values than texts.
        InputError: a value is none that is known, or holds what is no finite number.
    """
    for name, value in scores.items():
        by_id = _by_id(texts, name, value, is_cut=is_cut)
        read = _read_all(name, by_id, wanted)
        sources = [*texts.scores, ScoreSource(str(name), "scores")]
        texts = with_scores(texts, sources, read, is_cut=is_cut)
    return texts


def with_attributed(
    texts: TextSet,
    functions: Mapping[str, Attribute],
    model: LoadedModel,
    wanted: str | None = None,
    generate: int | None = None,
) -> TextSet:
    """`texts` with what each of `functions` says of a text and its tokens in `model`.

    Raises:
        UsageError: a name is taken.
        InputError: a function fails, or returns what is no score for each token, word or unit.
    """
    for name, function in functions.items():
        tokens = tokens_before_completions(texts, model, generate)
        read = _read_all(name, _attributed(tokens, name, function), wanted)
        sources = [*texts.scores, ScoreSource(name, getattr(function, "__name__", "function"))]
        texts = with_scores(texts, sources, read)
    return texts


def _attributed(
    texts: Iterable[tuple[TextInput, tuple[str, ...]]], name: str, function: Attribute
) -> Iterator[tuple[str, Any]]:
    for source, tokens in texts:
        whole = source.text if source.pair is None else (source.text, source.pair)
        try:
            yield source.id, function(whole, tokens)
        except Exception as error:
            raise InputError(
                f"attribute {quoted(repr(name))}: failed on the text {quoted(repr(source.id))}: "
                f"{quoted(describe(error))}"
            ) from error


def _by_id(texts: TextSet, name: str, value: Any, *, is_cut: bool) -> Iterable[tuple[str, Any]]:
    """The value of each text, with its id."""
    if isinstance(value, Mapping):
        return [(str(text_id), each) for text_id, each in value.items()]
    if hasattr(value, "sequence_attributions"):  # of inseq
        value = value.get_scores_dicts()
    elif _is_of_shap(value) and not _is_one_text(value):
        value = [value[i] for i in range(len(value))]
    elif _is_of_shap(value) or hasattr(value, "input_tokens"):
        value = [value]
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UsageError(f"scores {name!r:.80}: {type(value).__name__}; give one value per text")
    values = list(value)
    if len(values) != len(texts.texts) and not (is_cut and len(values) > len(texts.texts)):
        raise UsageError(
            f"scores {name!r:.80}: {len(values)} for {len(texts.texts)} texts; give one per text, "
            "or None"
        )
    return zip((text.id for text in texts.texts), values, strict=False)


def _read_all(
    name: str, by_id: Iterable[tuple[str, Any]], wanted: str | None
) -> dict[str, list[UserScores]]:
    scores: dict[str, list[UserScores]] = {}
    for text_id, value in by_id:
        if value is None:
            continue
        where = f"scores {quoted(repr(name))}: text {quoted(repr(text_id))}"
        try:
            numbers, words = _read(value, wanted)
            values = tuple(map(finite, numbers))
        except ValueError as error:
            raise InputError(f"{where}: {str(error).split('; write')[0]}") from error
        named = None if words is None else tuple(map(str, words))
        scores[text_id] = [UserScores(name, values, named, "scores")]
    return scores


def _read(value: Any, wanted: str | None) -> _Given:
    """The scores that one text is given.

    Raises:
        ValueError: with what is wrong, for a message.
    """
    if _is_of_shap(value):
        return _of_shap(value, wanted)
    if hasattr(value, "sequence_attributions"):
        value = value.get_scores_dicts()[0]
    elif hasattr(value, "get_scores_dict"):
        value = value.get_scores_dict()
    if isinstance(value, Mapping) and set(_STEPS) <= set(value):
        return _of_inseq(value)
    if hasattr(value, "seq_attr") and hasattr(value, "input_tokens"):  # of a captum LLM method
        return _numbers(value.seq_attr), list(value.input_tokens)
    if isinstance(value, tuple) and value and hasattr(value[0], "detach"):
        value = value[0]  # beside the convergence delta
    if _is_in_pairs(value):
        return _numbers([score for _, score in value]), [word for word, _ in value]
    return _numbers(value), None


def _is_in_pairs(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) and len(value) > 0
    return is_list and all(
        isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str)
        for item in value
    )


def _numbers(value: Any) -> Sequence[float]:
    """A list of numbers; attributions of captum, `[1, token, dimension]` or `[token, dimension]`,
    are summed over dimensions."""
    is_tensor = hasattr(value, "detach")
    array = np.asarray(value.detach().cpu().double() if is_tensor else value)
    if array.dtype == object or array.dtype.kind not in "fiu":
        raise ValueError(f"{type(value).__name__} holds no numbers; give one number for each token")
    if array.ndim > 1 and len(array) == 1:
        array = array[0]
    if array.ndim == 2 and is_tensor:
        array = array.sum(axis=1)
    if array.ndim != 1:
        shape = " × ".join(map(str, array.shape)) or "no list"
        raise ValueError(
            f"{shape} numbers; give one number for each token, so choose a class or add up first"
        )
    numbers: list[float] = array.astype(np.float64).tolist()
    return numbers


def _is_of_shap(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("values", "base_values", "data")) and not hasattr(
        value, "columns"
    )


def _is_one_text(explanation: Any) -> bool:
    """Whether an `Explanation` is of one text, so that its data are tokens."""
    return len(explanation.data) > 0 and isinstance(explanation.data[0], str)


def _of_shap(explanation: Any, wanted: str | None) -> _Given:
    """The values of a `shap.Explanation` for one text: of the class that is explained, by its name
    or number; by default of that whose explained output, the sum of base value and values, is the
    largest."""
    if not _is_one_text(explanation):
        explanation = explanation[0]
    values, words = np.asarray(explanation.values, np.float64), list(map(str, explanation.data))
    if values.ndim == 2:
        output = np.asarray(explanation.base_values, np.float64) + values.sum(axis=0)
        values = values[:, _place(explanation.output_names, wanted, output)]
    return values.tolist(), words


def _place(names: Any, wanted: str | None, output: "np.ndarray[Any, Any]") -> int:
    known = [] if names is None or isinstance(names, str) else list(map(str, names))
    if wanted is None or len(output) == 1:
        return int(output.argmax())
    if wanted in known:
        return known.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(output):
        return int(wanted)
    raise ValueError(
        f"no class {quoted(repr(wanted))} among those that shap explained "
        f"({quoted(', '.join(known))}); give explain_class a name or a number that both know"
    )


def _of_inseq(scores: Mapping[str, Any]) -> _Given:
    """The scores of what a model read, from what `get_scores_dicts` of inseq returns: the sum over
    the tokens that it wrote."""
    source, target = (scores[name] for name in _STEPS)
    written = {place for place, _ in target} or {place for place, _ in source}
    sums: dict[tuple[int, str], float] = {}
    for step in (source or target).values():
        for key, score in step.items():
            if (source or key[0] < min(written)) and not isnan(score):
                sums[key] = sums.get(key, 0.0) + float(score)
    ordered = sorted(sums)
    return [sums[key] for key in ordered], [token for _, token in ordered]
