"""What was compared, and what of it could not be."""

from dataclasses import dataclass

from reportgen.comparison import Comparison
from reportgen.limits import MIN_TEXTS
from reportgen.report.compare_words import CompareWords
from reportgen.results import Results


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One fact of both models."""

    name: str
    base: str
    head: str
    is_same: bool


def model_rows(
    comparison: Comparison, base: Results, head: Results, words: CompareWords
) -> tuple[ModelRow, ...]:
    """The models and what they were run on."""
    sides = [_facts(results, words) for results in (base, head)]
    return tuple(
        ModelRow(words.say(key), value, sides[1][key], value == sides[1][key])
        for key, value in sides[0].items()
    )


def _facts(results: Results, words: CompareWords) -> dict[str, str]:
    info, language = results.info, words.language
    model, output, evidence = info.model, info.output, info.evidence
    kind = language.say("output", output.kind, n=len(output.labels), pooling=output.pooling or "")
    files = language.say("run", "comma").join(item.name for item in info.inputs)
    level = evidence.level
    return {
        "model": model.name,
        "architecture": model.architecture,
        "size": language.say("run", "size_value", layers=model.n_layers, heads=model.n_heads),
        "output": language.say("run", "output_value", name=output.name, kind=kind),
        "tokenizer": words.say("vocabulary", name=model.tokenizer, n=f"{model.vocabulary_size:,}"),
        "evidence": words.say("evidence_none")
        if level == "none"
        else words.say("evidence_value", level=level, n=f"{evidence.n_texts:,}"),
        "texts": words.say("texts_value", n=f"{len(results.texts):,}", files=files),
        "weights": model.weights_sha256,
    }


def remarks(base: Results, head: Results, words: CompareWords) -> tuple[str, ...]:
    """What the results themselves say a reader should know, with the model's side in front."""
    said = []
    for key, results in (("base", base), ("head", head)):
        side = words.say(key) + words.language.say("page", "colon")
        said += [side + remark for remark in results.info.remarks]
        if results.info.evidence.interrupted:
            said.append(side + words.say("interrupted"))
    return tuple(said)


def limits(comparison: Comparison, words: CompareWords) -> tuple[str, ...]:
    """Everything that could not be compared, a sentence each; else that all was."""
    pairing = comparison.pairing
    said = []
    left = pairing.n_texts - pairing.n_analysed
    if left:
        neither = left - pairing.n_only_base - pairing.n_only_head
        given = {"base": pairing.n_only_base, "head": pairing.n_only_head, "none": neither}
        said.append(words.count("limit_status", left, **given))
    if pairing.n_analysed > pairing.n_aligned:
        said.append(words.count("limit_tokens", pairing.n_analysed - pairing.n_aligned))
    if pairing.n_other_labels:
        said.append(words.count("limit_labels", pairing.n_other_labels))
    if not pairing.same_output:
        said.append(words.say("limit_output"))
    elif comparison.predictions is None:
        said.append(words.say("limit_embedding"))
    if not pairing.same_scalar:
        said.append(words.say("limit_scalar"))
    elif comparison.units.n_other_target:
        said.append(words.count("limit_target", comparison.units.n_other_target))
    said += _of_heads(comparison, words)
    if pairing.n_aligned and not comparison.tokens:
        said.append(words.say("limit_few", n=MIN_TEXTS))
    return tuple(said) or (words.say("limit_none"),)


def _of_heads(comparison: Comparison, words: CompareWords) -> list[str]:
    pairing, heads = comparison.pairing, comparison.heads
    if not pairing.same_shape:
        return [words.say("limit_shape")]
    if heads is None:
        return [words.say("limit_maps")] if pairing.n_aligned else []
    if len(heads.texts) < pairing.n_aligned:
        return [words.count("limit_some_maps", len(heads.texts))]
    return []
