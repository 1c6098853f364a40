"""What was compared and how: both models, the method, and how to make the comparison again."""

import shlex
from dataclasses import dataclass

from reportgen.comparison import CHANGE_THRESHOLDS, SAME_OUTPUT, SAME_SHARE, Comparison
from reportgen.findings import Findings
from reportgen.options import shown_options
from reportgen.report.components import Cell, Column, Table
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.remarks import remark
from reportgen.report.language.sentences import citation, output_text, verdict_of
from reportgen.report.options import CompareOptions
from reportgen.report.redact.rules import shown_option
from reportgen.report.sections.all_models import model_names
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.further import further_of_comparison, further_table
from reportgen.report.sections.run import Reproduce, RunSection, as_typed, gate_rows
from reportgen.results import REDACT, RunInfo
from reportgen.tasks import target_of

_NAMED = 4  # steps that are named one by one
_NAME = 48  # half-width characters of a model's name below the title


@dataclass(frozen=True, slots=True)
class ComparisonMethod:
    """How the models were compared, the thresholds of the notes, and the literature."""

    sentences: tuple[str, ...]
    thresholds: tuple[str, ...]
    sources: tuple[str, ...]


def make_run(context: CompareContext) -> RunSection:
    """The section above the overview."""
    gates = gate_rows(context.options.gates, context.runs.findings, context.language)
    return RunSection(_line(context), context.is_demo, gates, remarks(context))


def _line(context: CompareContext) -> tuple[str, ...]:
    pairing, words = context.comparison.pairing, context.words
    base, head = (shorten(visible(name), _NAME) for name in context.names)
    line = [many(context) or words.say("compared_as", base=base, head=head)]
    line.append(words.say("line_texts", k=pairing.n_aligned, n=pairing.n_independent))
    if pairing.same_weights:
        line.append(words.say("line_weights"))
    return tuple(line)


def many(context: CompareContext) -> str:
    """Which models were compared, in order, where there are more than two; else ""."""
    models, words = context.comparison.all_models, context.words
    if models is None:
        return ""
    names, n = model_names(models, words), len(models.infos)
    if n > _NAMED and models.trend.checkpoints[0].step is not None:
        return words.say("many_steps", n=n, first=names[0], last=names[-1])
    return words.say("many", n=n, names=words.language.listed(names))


def remarks(context: CompareContext) -> tuple[str, ...]:
    """The remarks in the results: what holds for all models once, then what holds for some."""
    return (*remarks_of_all(context), *remarks_of_some(context))


def remarks_of_all(context: CompareContext) -> tuple[str, ...]:
    """The remarks that the results of all models have."""
    comparison = context.comparison
    others = (comparison.head.info, *(info for _, info in _between(comparison)))
    shared = (
        text for text in comparison.base.info.remarks if all(text in o.remarks for o in others)
    )
    return tuple(remark(text, context.language) for text in shared)


def remarks_of_some(context: CompareContext) -> tuple[str, ...]:
    """The remarks that not all results have, with the side of their model in front."""
    words, comparison = context.words, context.comparison
    colon, of_all = context.language.say("page", "colon"), remarks_of_all(context)
    sides = (
        (words.say("base"), comparison.base.info),
        *((words.say("nth_model", i=number), info) for number, info in _between(comparison)),
        (words.say("head"), comparison.head.info),
    )
    lines = []
    for side, info in sides:
        spoken = (remark(text, context.language) for text in info.remarks)
        own_remarks = [sentence for sentence in spoken if sentence not in of_all]
        lines += [side + colon + sentence for sentence in own_remarks]
        if info.evidence.interrupted:
            lines.append(side + colon + words.say("interrupted"))
    return tuple(lines)


def _between(comparison: Comparison) -> tuple[tuple[int, RunInfo], ...]:
    """The number of each model that is neither the first nor the last, and how it was run."""
    models = comparison.all_models
    return () if models is None else tuple(enumerate(models.infos, 1))[1:-1]


def make_models(context: CompareContext) -> Table:
    """The models and what they were run on: a row for each fact, the last of them the checksum."""
    words = context.words
    base, head = (_facts(s, words) for s in (context.comparison.base, context.comparison.head))
    columns = ("", words.say("base"), words.say("head"), "")
    rows = (
        (words.say(key), value, head[key], _same(key, value, head[key], words))
        for key, value in base.items()
    )
    return Table(tuple(map(Column, columns)), tuple(tuple(map(Cell, row)) for row in rows))


def _same(key: str, base: str, head: str, words: CompareWords) -> str:
    """Whether a fact is the same of both models; "" for figures, which differ by chance too."""
    return "" if key == "colours" else words.say("equal" if base == head else "unequal")


def _facts(findings: Findings, words: CompareWords) -> dict[str, str]:
    info, language = findings.info, words.language
    model, output, level = info.model, info.output, info.evidence.level
    files = language.listed(item.name for item in info.inputs)
    return {
        "model": model.name,
        "architecture": model.architecture,
        "size": language.say("run", "size_value", layers=model.n_layers, heads=model.n_heads),
        "output": output_text(output, language),
        "tokenizer": words.say("vocabulary", name=model.tokenizer, n=model.vocabulary_size),
        "evidence": words.say("none")
        if level == "none"
        else words.say("evidence_value", level=level, n=info.evidence.n_texts),
        **_colours(findings, words),
        "texts": words.say("texts_value", n=len(findings.texts), files=files),
        "weights": model.weights_sha256,
    }


def _colours(findings: Findings, words: CompareWords) -> dict[str, str]:
    """Whether the colours of a model tell what counts, as its report says."""
    language, judged = words.language, findings.colouring.judgement
    if judged is None:
        return {"colours": words.say("none")}
    estimate = judged.agreement
    agreement = words.interval_if_any(estimate.interval, words.fit)
    value = f"{words.fit(estimate.mean)} {agreement}"
    verdict = verdict_of(judged, language)
    return {"colours": words.say("colours_value", value=value, verdict=verdict)}


def make_method(context: CompareContext) -> ComparisonMethod:
    """How the models were compared."""
    comparison, words = context.comparison, context.words
    sentences = [
        words.say("method_texts"),
        words.say("method_same", output=SAME_OUTPUT, share=SAME_SHARE),
        words.say("method_intervals"),
    ]
    if comparison.effects is not None:
        sentences.append(words.say("method_effects", spread=comparison.effects.spread))
        if target_of(comparison.base.info.evidence).is_lead:
            sentences.append(words.say("method_contrast"))
    if comparison.heads is not None:
        sentences.append(words.say("method_distance"))
    cited = [source for note in comparison.notes for source in note.citations]
    cited += [each.citation for each in CHANGE_THRESHOLDS if each.citation]
    return ComparisonMethod(
        tuple(sentences),
        tuple(words.say(f"limit_{each.id}", value=each.value) for each in CHANGE_THRESHOLDS),
        tuple(sorted({citation(source, words.language) for source in cited})),
    )


def make_reproduce(context: CompareContext) -> Reproduce:
    """The command of the comparison with versions and checksums."""
    words, base, head = context.words, context.comparison.base.info, context.comparison.head.info
    inputs = (*base.inputs, *head.inputs)
    files = {item.name: item.sha256 for item in inputs if item.sha256}
    versions = [
        (words.say(f"versions_{key}"), tuple(sorted(side.versions.items())))
        for key, side in (("base", base), ("head", head))
    ]
    if versions[0][1] == versions[1][1]:
        versions = [(words.language.say("reproduce", "versions"), versions[0][1])]
    return Reproduce(
        command=_command(context.comparison, context.options, context.output),
        lead=words.say("reproduce_lead"),
        versions=tuple(versions),
        checksums=(
            (words.say("weights_base"), base.model.weights_sha256),
            *(
                (words.say("weights_model", i=number), info.model.weights_sha256)
                for number, info in _between(context.comparison)
            ),
            (words.say("weights_head"), head.model.weights_sha256),
            *files.items(),
        ),
        further=further_table(
            further_of_comparison(context.comparison),
            words.language,
            (remark for info in (base, head) for remark in info.remarks),
        ),
    )


def _command(comparison: Comparison, options: CompareOptions, output: str) -> str:
    """The command line that writes the file `output` again. It names results folders where a model
    has no name on a command line, or where two were run with different options."""
    base, head = comparison.base.info, comparison.head.info
    between = [info for _, info in _between(comparison)]
    models = [side.model for side in (base, *between, head)]
    is_named = all(model.source in ("folder", "hub", "demo") for model in models)
    chosen, *others = (
        {k: v for k, v in side.settings.options.items() if k != "model"}
        for side in (base, *between, head)
    )
    words = ["reportgen", "compare"]
    if is_named and all(chosen == other for other in others):
        first, *names = (model.name.removeprefix("reportgen ") for model in models)
        words += ["--base", first]
        words += [part for name in names for part in ("--head", name)]
        words += [word for item in head.inputs for word in as_typed(item.name)]
        for name, value in chosen.items():
            words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    else:
        numbers = range(2, len(models))
        words += ["base_results/", *(f"results_{i}/" for i in numbers), "head_results/"]
        words += ["--redact"] if chosen.get(REDACT) else []
    words += ["--null", "null_results/"] if comparison.null is not None else []
    is_redacted = chosen.get(REDACT) is True
    for name, value in shown_options(options, of_page=True).items():
        shown = shown_option(name, value) if is_redacted else value
        words += [f"--{name}", str(shown)]
    return shlex.join([*words, "-o", output])
