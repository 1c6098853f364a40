"""Comparison -> everything its page says, in the order of its sections."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.comparison.change import SAME_OUTPUT, SAME_SHARE, Change
from reportgen.comparison.compare import Comparison
from reportgen.comparison.notes import CHANGE_THRESHOLDS
from reportgen.findings.findings import Findings
from reportgen.findings.notes.citations import Citation
from reportgen.findings.notes.note import Note
from reportgen.report.compare_sections.attention import Grid, LayerAnswer, make_grids, make_layers
from reportgen.report.compare_sections.predictions import (
    PredictionAnswer,
    TokenAnswer,
    make_predictions,
    make_tokens,
    mean_change,
)
from reportgen.report.compare_sections.texts import TextPair, make_pairs
from reportgen.report.components import Kpi, Sentence
from reportgen.report.language.comparison import CompareWords, Write
from reportgen.report.language.numbers import written
from reportgen.report.language.sentences import citation
from reportgen.report.options import CompareOptions, chosen_options
from reportgen.report.run import Facts, GateRow, gate_rows
from reportgen.results.measures import MIN_TEXTS


def command(comparison: Comparison, options: CompareOptions) -> str:
    """The command line that gives this page; models that are no folder or hub id stand in as
    results folders."""
    base, head = comparison.base.info, comparison.head.info
    models = [side.model for side in (base, head)]
    is_named = all(model.source in ("folder", "hub", "demo") for model in models)
    chosen = {k: v for k, v in base.settings.options.items() if k != "model"}
    words = ["reportgen", "compare"]
    if is_named and chosen == {k: v for k, v in head.settings.options.items() if k != "model"}:
        names = [model.name.removeprefix("reportgen ") for model in models]
        words += ["--base", names[0], "--head", names[1]]
        words += ["-" if item.name == "stdin" else item.name for item in base.inputs]
        for name, value in chosen.items():
            words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    else:
        words += ["base_results/", "head_results/"]
    for name, text in chosen_options(options, of_page=True).items():
        words += [f"--{name}", text]
    return shlex.join([*words, "-o", "compare.html"])


@dataclass(frozen=True, slots=True)
class Reproduced:
    """What it takes to make the same page again."""

    command: str
    versions: tuple[Facts, Facts]
    checksums: Facts


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One fact of both models."""

    name: str
    base: str
    head: str
    is_same: bool


def headline(comparison: Comparison, notes: Sequence[Note], words: CompareWords) -> tuple[str, ...]:
    """What a reader must know, in one to three sentences."""
    pairing, predictions = comparison.pairing, comparison.predictions
    n_texts = pairing.n_analysed
    if comparison.is_same:
        key = (
            ("same" if predictions else "same_unpredicted")
            if comparison.effects
            else ("same_unmoved" if predictions else "same_looks")
        )
        said = [words.say(key, n=n_texts)]
        return (*said, *([words.say("same_weights")] if pairing.same_weights else []))
    if predictions is None:
        said = [words.say("changed_unknown")]
    elif predictions.n_moved:
        given = {"k": predictions.n_moved, "n": len(predictions.texts)}
        limit = predictions.threshold if predictions.kind == "number" else None
        if limit is None:
            said = [words.say("changed", **given)]
        else:
            said = [words.say("changed_number", threshold=words.size(limit), **given)]
    else:
        said = [words.say("changed_none", n=len(predictions.texts))]
    first = min(notes, key=_headline_rank, default=None)
    key = "" if first is None else _headline_key(first)
    if first is not None and key:
        is_size = words.is_size and not key.startswith("looks")
        said.append(words.say(f"headline_{key}{'_size' if is_size else ''}", **words.values(first)))
    elif comparison.tokens:
        said.append(words.say("headline_no_token"))
    changed = comparison.heads_changed
    if changed is not None and changed.any():
        said.append(words.say("headline_heads", k=changed.sum(), n=changed.size))
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


def remarks(comparison: Comparison, words: CompareWords) -> tuple[str, ...]:
    """What the results themselves say a reader should know, with the model's side in front."""
    said = []
    for key, findings in (("base", comparison.base), ("head", comparison.head)):
        side = words.say(key) + words.language.say("page", "colon")
        said += [side + remark for remark in findings.info.remarks]
        if findings.info.evidence.interrupted:
            said.append(side + words.say("interrupted"))
    return tuple(said)


# The sections that the bar at the top of the page links to.
_NAVIGATION = (
    "overview",
    "predictions",
    "tokens",
    "layers",
    "heads",
    "pairs",
    "models",
    "method",
)


@dataclass(frozen=True, slots=True)
class ComparePage:
    """The page that compares two models."""

    title: str
    brand: str  # the title in the bar at the top
    lang: str
    names: tuple[str, str]
    is_demo: bool
    remarks: tuple[str, ...]  # what a reader should know of how a model was loaded or run
    gates: tuple[GateRow, ...]
    headline: tuple[str, ...]
    kpis: tuple[Kpi, ...]
    models: tuple[ModelRow, ...]
    limits: tuple[str, ...]
    predictions: PredictionAnswer | None
    tokens: TokenAnswer | None
    layers: tuple[LayerAnswer, ...]
    grids: tuple[Grid, ...]
    pairs: tuple[TextPair, ...]
    pairs_lead: str
    notes: tuple[Sentence, ...]
    method: tuple[str, ...]
    thresholds: tuple[str, ...]
    sources: tuple[str, ...]
    reproduce: Reproduced
    navigation: tuple[tuple[str, str], ...] = ()  # id and name of the sections that it links to

    @property
    def sections(self) -> Mapping[str, object | None]:
        """What the sections show, by id, in reading order; None: not on this page."""
        return {
            "run": self.names,
            "overview": self.headline,
            "predictions": self.predictions,
            "tokens": self.tokens,
            "layers": self.layers or None,
            "heads": self.grids or None,
            "pairs": self.pairs,
            "notes": self.notes,
            "models": self.models,
            "method": self.method,
            "reproduce": self.reproduce,
        }


def make_compare_page(
    comparison: Comparison,
    options: CompareOptions,
    words: CompareWords,
) -> ComparePage:
    """Everything the page says of `comparison`."""
    notes = comparison.notes
    title = options.title or words.say("title")
    page = ComparePage(
        title=title,
        brand=title,
        lang=options.lang,
        names=(comparison.base.info.model.name, comparison.head.info.model.name),
        is_demo="demo" in {side.info.model.source for side in (comparison.base, comparison.head)},
        remarks=remarks(comparison, words),
        gates=gate_rows(options.gates, words.language),
        headline=headline(comparison, notes, words),
        kpis=_kpis(comparison, words),
        models=model_rows(comparison, words),
        limits=limits(comparison, words),
        predictions=make_predictions(comparison, words),
        tokens=make_tokens(comparison, words),
        layers=make_layers(comparison, words),
        grids=make_grids(comparison, words),
        pairs=make_pairs(comparison, words),
        pairs_lead=words.say("pairs_lead_size" if words.is_size else "pairs_lead"),
        notes=tuple(words.note(note) for note in notes),
        method=_method(comparison, words),
        thresholds=tuple(
            words.say(f"limit_{each.id}", value=each.value) for each in CHANGE_THRESHOLDS
        ),
        sources=_sources(notes, words),
        reproduce=_reproduce(comparison, options, words),
    )
    shown = [id for id in _NAVIGATION if page.sections[id] is not None]
    return replace(page, navigation=tuple((id, words.say(f"nav_{id}")) for id in shown))


def _headline_key(note: Note) -> str:
    """What of a note on a token the headline says; "" for a note on something else."""
    looks = any(id in ("token_looks", "token_looks_row") for id in (note.id, *note.also))
    if note.id == "token_moves":
        return "both" if looks else "moves"
    if note.id == "token_moves_less":
        return "moves_less"
    if looks:
        return "looks"
    return "looks_less" if note.id.startswith("token_looks_less") else ""


def _headline_rank(note: Note) -> int:
    """What a model does now comes before what it does no longer; notes of one rank keep theirs."""
    ranks = {"both": 0, "moves": 0, "looks": 1, "moves_less": 2, "looks_less": 3}
    return ranks.get(_headline_key(note), len(ranks))


def _kpis(comparison: Comparison, words: CompareWords) -> tuple[Kpi, ...]:
    pairing, predictions = comparison.pairing, comparison.predictions
    total = words.say("kpi_of", n=pairing.n_texts)
    kpis = [Kpi(f"{pairing.n_aligned:,}", words.say("kpi_texts"), total)]
    if predictions is not None:
        share = words.share(predictions.share_moved.head)
        kpis.append(Kpi(f"{predictions.n_moved:,}", words.say("kpi_changed"), share))
        for key, change, write in (
            ("kpi_mean", predictions.mean, _mean(predictions.mean, words)),
            ("kpi_r2", predictions.r2, words.fit),
            ("kpi_accuracy", predictions.accuracy, words.share),
        ):
            if change is None:
                continue
            cell = words.changed(change, write)
            if key == "kpi_mean":
                kpis.append(Kpi(cell.text, words.say(key), cell.small))
                continue
            own, other = (write(end, False) for end in (change.base, change.head))
            said = words.say("compared_as", base=own, head=other)
            remark = " ".join(filter(None, (said, cell.small)))
            kpis.append(Kpi(cell.text, words.say(key), remark))
    heads, changed = comparison.heads, comparison.heads_changed
    if heads is not None and changed is not None:
        ends = (words.fit(float(v)) for v in (heads.distance.mean(), heads.distance.max()))
        distance = words.say("kpi_distance", **dict(zip(("mean", "max"), ends, strict=True)))
        kpis.append(Kpi(f"{changed.sum():,}", words.say("kpi_heads"), distance))
    if comparison.effects is not None:
        mean = written(comparison.effects.mean.head, 2)
        kpis.append(Kpi(mean, words.say("kpi_effects"), words.say("kpi_spreads")))
    return tuple(kpis)


def _mean(change: Change | None, words: CompareWords) -> Write:
    return words.prediction if change is None else mean_change(change, words)


def _method(comparison: Comparison, words: CompareWords) -> tuple[str, ...]:
    said = [
        words.say("method_texts"),
        words.say(
            "method_same",
            output=SAME_OUTPUT,
            share=SAME_SHARE,
        ),
        words.say("method_intervals"),
    ]
    if comparison.effects is not None:
        said.append(words.say("method_effects", spread=comparison.effects.spread))
    if comparison.heads is not None:
        said.append(words.say("method_distance"))
    return tuple(said)


def _sources(notes: Sequence[Note], words: CompareWords) -> tuple[str, ...]:
    cited: list[Citation] = [source for note in notes for source in note.citations]
    cited += [each.citation for each in CHANGE_THRESHOLDS if each.citation]
    return tuple(sorted({citation(source, words.language) for source in cited}))


def _reproduce(comparison: Comparison, options: CompareOptions, words: CompareWords) -> Reproduced:
    base, head = comparison.base.info, comparison.head.info
    files = {item.name: item.sha256 for item in (*base.inputs, *head.inputs)}
    weights = (
        (words.say("weights_base"), base.model.weights_sha256),
        (words.say("weights_head"), head.model.weights_sha256),
    )
    versions = [tuple(sorted(side.versions.items())) for side in (base, head)]
    return Reproduced(
        command=command(comparison, options),
        versions=(versions[0], versions[1]),
        checksums=weights + tuple(files.items()),
    )


def model_rows(comparison: Comparison, words: CompareWords) -> tuple[ModelRow, ...]:
    """The models and what they were run on."""
    sides = [_facts(side, words) for side in (comparison.base, comparison.head)]
    return tuple(
        ModelRow(words.say(key), value, sides[1][key], value == sides[1][key])
        for key, value in sides[0].items()
    )


def _facts(findings: Findings, words: CompareWords) -> dict[str, str]:
    info, language = findings.info, words.language
    model, output, evidence = info.model, info.output, info.evidence
    kind = language.say("output", output.kind, n=len(output.labels), pooling=output.pooling or "")
    files = language.say("common", "comma").join(item.name for item in info.inputs)
    level = evidence.level
    return {
        "model": model.name,
        "architecture": model.architecture,
        "size": language.say("run", "size_value", layers=model.n_layers, heads=model.n_heads),
        "output": language.say("run", "output_value", name=output.name, kind=kind),
        "tokenizer": words.say("vocabulary", name=model.tokenizer, n=model.vocabulary_size),
        "evidence": words.say("none")
        if level == "none"
        else words.say("evidence_value", level=level, n=evidence.n_texts),
        "texts": words.say("texts_value", n=len(findings.texts), files=files),
        "weights": model.weights_sha256,
    }


def _of_heads(comparison: Comparison, words: CompareWords) -> list[str]:
    pairing, heads = comparison.pairing, comparison.heads
    if not pairing.same_shape:
        return [words.say("limit_shape")]
    if heads is None:
        return [words.say("limit_maps")] if pairing.n_aligned else []
    if len(heads.texts) < pairing.n_aligned:
        return [words.count("limit_some_maps", len(heads.texts))]
    return []
