"""The part of the section on sinks that says where cross-attention rests."""

from collections.abc import Mapping
from dataclasses import dataclass

from reportgen.findings import CrossToken, Findings, SinkVerdict
from reportgen.report.charts.cross_attention_map import decoder_words
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.printable import visible
from reportgen.report.language.sentences import subject_name

# What is said of each verdict.
_SAID: Mapping[SinkVerdict, str] = {
    "sink": "rests",
    "raised": "more",
    "none": "elsewhere",
    "unclear": "unclear",
    "too_few_texts": "few",
}
# The first sentence, by the section of words for maps of the decoder.
_LEADS: Mapping[str, str] = {
    "decoder": "lead",
    "decoder_head": "lead_head",
    "decoder_answer": "lead_answer",
}


@dataclass(frozen=True, slots=True)
class CrossRest:
    """What special tokens and the first token get from the decoder while it writes."""

    title: str
    lead: str
    sentences: tuple[str, ...]
    table: Table  # by layer of the decoder


def make_cross(findings: Findings, language: Language) -> CrossRest | None:
    """The part; None for models without a decoder of their own."""
    tokens = findings.cross_tokens
    if not tokens:
        return None
    title = language.say("cross", "title")
    return CrossRest(
        title,
        language.say("cross", _LEADS[decoder_words(findings.info)[-1]]),
        tuple(_sentence(token, language) for token in tokens),
        _table(tokens, title, language),
    )


def _sentence(token: CrossToken, language: Language) -> str:
    layer = token.layer
    sentence = language.say(
        "cross",
        _SAID[token.verdict],
        token=_name(token, language),
        share=layer.share.mean,
        layer=layer.layer,
        expected=layer.expected,
        n_texts=token.figures.n_texts,
    )
    return sentence[:1].upper() + sentence[1:] if token.subject.kind == "position" else sentence


def _table(tokens: tuple[CrossToken, ...], title: str, language: Language) -> Table:
    """A row per layer of the decoder, with the share and the equal share of each token."""
    columns = [language.say("cross", "layer")]
    for token in tokens:
        name = _name(token, language)
        columns += [name[:1].upper() + name[1:], language.say("sink", "even")]
    rows = [
        (
            str(layers[0].layer),
            [
                Cell(language.percent(value))
                for layer in layers
                for value in (layer.share.mean, layer.expected)
            ],
        )
        for layers in zip(*(token.figures.layers for token in tokens), strict=True)
    ]
    return make_table(title, columns, rows)


def _name(token: CrossToken, language: Language) -> str:
    return visible(subject_name(token.subject, language))
