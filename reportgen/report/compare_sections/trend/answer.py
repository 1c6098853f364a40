"""The section on the trend over several models: figures, sinks, tokens and texts."""

from dataclasses import dataclass

from reportgen.comparison.all_models import AllModels
from reportgen.errors import some
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.trend.all_models import model_names, since_when
from reportgen.report.compare_sections.trend.figures import Chart, make_charts
from reportgen.report.compare_sections.trend.sinks import SinkPart, make_sinks, sink_sentences
from reportgen.report.compare_sections.trend.texts import TextsPart, make_texts
from reportgen.report.compare_sections.trend.tokens import TokensPart, make_tokens
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.printable import shorten, visible

_IDS = 60  # half-width characters of the ids of texts without figures


@dataclass(frozen=True, slots=True)
class TrendSection:
    """The section: sentences on what happened, then a part for each question."""

    says: tuple[str, ...]  # what happened
    lead: tuple[str, ...]  # on which texts, and what could not be compared
    charts: tuple[Chart, ...]
    sinks: tuple[SinkPart, ...]
    tokens: TokensPart | None
    texts: TextsPart | None


def make_trend(context: CompareContext) -> TrendSection | None:
    """The section; None where two models are compared."""
    found, words = context.comparison.all_models, context.words
    if found is None:
        return None
    tokens, texts = make_tokens(found, words), make_texts(context.comparison, found, words)
    says = [*since_when(found, words), *sink_sentences(found, words)]
    says += [part.says for part in (tokens, texts) if part is not None]
    return TrendSection(
        says=tuple(says),
        lead=(words.trend("lead", n=found.n_texts), *limits(found, words)),
        charts=make_charts(found, words),
        sinks=make_sinks(found, words),
        tokens=tokens,
        texts=texts,
    )


def limits(found: AllModels, words: CompareWords) -> tuple[str, ...]:
    """Which models have other texts, or another kind of output, than the first."""
    names = model_names(found, words)
    said, without = [], found.trend.without
    if without:
        ids = shorten(visible(some(without)), _IDS)
        said.append(words.trend("without", len(without), ids=ids))
    for name, own in zip(names[1:], found.trend.unmatched[1:], strict=True):
        n = own.n_missing - len(without)
        if n or own.n_other:
            said.append(words.trend("unmatched", name=name, n=n, other=own.n_other))
    for name, step in zip(names[1:], found.from_first, strict=True):
        if not step.same_output:
            said.append(words.trend("other_output", name=name, first=names[0]))
    small = [name for name, i in zip(names, found.infos, strict=True) if i.settings.small]
    if small:
        named = words.language.say("common", "comma").join(small)
        said.append(words.trend("small", names=named))
    return tuple(said)
