"""The comparison in four answers: is the new model better, what changed in the predictions, which
tokens count more or less, and did attention change."""

from functools import partial

import numpy as np

from reportgen.comparison import (
    ENTROPY,
    LAYER_LEAST,
    Change,
    LayerChanges,
    Outcome,
    PredictionChanges,
    QualityFigure,
    TokenChange,
)
from reportgen.findings import quality_names
from reportgen.report.charts.small_charts import (
    ROWS,
    Bar,
    columns_of_dots,
    named_bars,
    pairs_by_layer,
    plane,
)
from reportgen.report.charts.svg import Drawing
from reportgen.report.components import Answer
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.overview_compared import headline_note, limit_of_heads
from reportgen.report.sections.predictions_compared import others
from reportgen.report.sections.quality_answer import QualityAnswer, judged_pair
from reportgen.report.sections.texts_compared import most_moved, shown_texts, turns
from reportgen.tasks import task_of

_TOKEN = 22  # half-width characters of a token in an answer
_NAME = 14  # of a class in a chart
_LOOKS = ("looks", "looks_less")  # answers that are about where the model looks alone
_FLIPS: tuple[Outcome, ...] = ("broken", "fixed", "wrong", "unknown")


def make_compared_answers(context: CompareContext) -> tuple[Answer, ...]:
    """The answers of a comparison."""
    made = ComparedAnswers(context)
    return made.better(), made.predictions(), made.tokens(), made.attention()


class ComparedAnswers:
    """Makes each answer for every kind of output."""

    def __init__(self, context: CompareContext) -> None:
        self._comparison = context.comparison
        self._words = context.words
        self._language = context.language
        self._say = partial(context.language.say, "compared_answers")

    def better(self) -> Answer:
        """Which model fits the labels better."""
        predictions = self._comparison.predictions
        answer = partial(Answer, "predictions", self._say("better"))
        if predictions is None:
            is_same = self._comparison.pairing.same_output
            remark = self._say("embeddings" if is_same else "other_outputs")
            return answer(self._say("no_predictions"), remark)
        quality = predictions.quality
        if quality is None:
            can = bool(quality_names(self._comparison.base.info.output))
            return answer(self._say("unknown"), self._say("no_labels" if can else "other_kind"))
        told = judged_pair(quality)
        made = QualityAnswer(
            told, quality.deciding.name, self._words, is_unmoved=quality.is_unmoved
        )
        names = {each.name for each in told}
        remark = self._language.sentences((made.remark(), *others(quality, self._words, names)))
        return answer(made.verdict(), remark, made.chart() or self._both(quality.deciding))

    def _both(self, figure: QualityFigure) -> Drawing:
        """A figure in both models, where its change has no interval."""
        ends = self._words.both_quality(figure.name, figure.change)
        values = figure.change.base, figure.change.head
        return named_bars(
            [
                Bar(self._words.say(side), value, end)
                for side, value, end in zip(("base", "head"), values, ends, strict=True)
            ]
        )

    def predictions(self) -> Answer:
        """How many predictions changed."""
        predictions = self._comparison.predictions
        answer = partial(Answer, "predictions", self._say("changed"))
        if predictions is None:
            is_same = self._comparison.pairing.same_output
            remark = self._say("not_kept" if is_same else "other_outputs")
            return answer(self._say("no_predictions"), remark)
        k, n = predictions.n_moved, len(predictions.texts)
        limit = self._words.limit(predictions)
        end = "_number" if limit else ""
        sentence = self._say(f"moved{end}" if k else f"none_moved{end}", k=k, n=n, limit=limit)
        if predictions.is_number:
            names = self._say("axis_base"), self._say("axis_head")
            chart = plane(predictions.base, predictions.head, self._opened(predictions), names)
            return answer(sentence, self._number_remark(predictions), chart)
        if predictions.is_numbers:
            finite = predictions.change[np.isfinite(predictions.change)]
            dots = columns_of_dots(finite, None) if len(finite) else None
            return answer(sentence, self._say("in_spreads"), dots)
        bars = self._flips(predictions)
        key = "by_tag" if task_of(self._comparison.base.info.output).is_of_words else "by_class"
        key = "by_outcome" if predictions.outcomes else key
        return answer(sentence, self._say(key) if bars else "", named_bars(bars) if bars else None)

    def _opened(self, predictions: PredictionChanges) -> int | None:
        """The place in `predictions` of the text that is open first."""
        texts = shown_texts(self._comparison)[:1]
        places = np.flatnonzero(np.isin(predictions.texts, texts))
        return int(places[0]) if len(places) else None

    def _number_remark(self, predictions: PredictionChanges) -> str:
        largest = most_moved(predictions)
        if largest is None:
            return self._say("same_outputs")
        text_id = str(self._comparison.base.texts["text_id"].iloc[int(predictions.texts[largest])])
        return self._say(
            "largest",
            text=shorten(visible(text_id), _NAME),
            base=self._words.prediction(float(predictions.base[largest])),
            head=self._words.prediction(float(predictions.head[largest])),
        )

    def _flips(self, predictions: PredictionChanges) -> list[Bar]:
        """How many predictions changed each way: by what became of them, or from what to what."""
        if predictions.outcomes:
            counts = {
                self._words.say(f"outcome_{each}"): predictions.n_flips(each) for each in _FLIPS
            }
        else:
            counts = {
                self._words.say("compared_as", base=_cut(old), head=_cut(new)): n
                for (old, new), n in turns(self._comparison, predictions).items()
            }
        shown = sorted(counts.items(), key=lambda item: -item[1])[:ROWS]
        return [Bar(name, k, f"{k:,}") for name, k in shown if k]

    def tokens(self) -> Answer:
        """Which token changes the prediction, or is looked at, more or less than before."""
        comparison = self._comparison
        answer = partial(Answer, "tokens", self._say("tokens"))
        if comparison.base.results.is_redacted:  # all tokens of the same length look the same
            return answer(self._language.say("answers", "redacted"))
        if not comparison.tokens:
            return answer(self._say("too_few_tokens" if comparison.pairing.n_aligned else "other"))
        with_effect = [token for token in comparison.tokens if token.effect is not None]
        clear = [t for t in with_effect if t.turn != "noise"]
        first = headline_note(comparison)
        if first is not None:
            note, key = first
            sentence = self._say(f"token_{key}", token=shorten(visible(note.token or ""), _TOKEN))
        elif clear:
            name = shorten(visible(clear[0].token), _TOKEN)
            sentence = self._say(f"small_{clear[0].turn}", token=name)
        else:
            sentence = self._say("no_token" if with_effect else "no_looks")
        shown = (clear or with_effect)[:ROWS]
        if not shown or (first is not None and first[1] in _LOOKS):
            looks = [token for token in comparison.tokens if token.looks_changed][:ROWS]
            chart = self._token_bars(looks, is_effect=False)
            return answer(sentence, self._say("by_looks") if looks else "", chart)
        chart = self._token_bars(shown, is_effect=True)
        remark = [self._say("by_effect")] if chart else []
        remark += [self._say("hollow")] if chart and not clear else []
        return answer(sentence, self._language.sentences(remark), chart)

    def _token_bars(self, tokens: list[TokenChange], *, is_effect: bool) -> Drawing | None:
        """The change of each token's effect, or of how much it is looked at."""
        changes = [token.effect if is_effect else token.looks for token in tokens]
        write = self._words.effect_change if is_effect else self._words.times
        doubt = self._words.say("within")
        bars = [
            Bar(
                token.token,
                change.difference,
                write(change.difference, True),
                is_signed=is_effect,
                doubt=doubt if is_effect and token.turn == "noise" else "",
            )
            for token, change in zip(tokens, changes, strict=True)
            if change is not None
        ]
        has_any = any(bar.value for bar in bars)
        return named_bars(sorted(bars, key=lambda bar: -bar.value)) if has_any else None

    def attention(self) -> Answer:
        """In how many heads attention changed, or in how many layers where heads are not compared,
        and what became of the sink."""
        comparison = self._comparison
        answer = partial(Answer, "heads", self._say("attention"))
        heads, most = comparison.heads, self._most_changed()
        if heads is None:
            is_same = comparison.pairing.same_shape
            sentence = self._say("no_maps" if is_same else "other_shape")
            answer = partial(Answer, "layers", self._say("attention"))
        elif heads.changed.any():
            sentence = self._say("heads", k=int(heads.changed.sum()), n=heads.changed.size)
        elif heads.moved.any():
            sentence = self._say("heads_alone", k=int(heads.moved.sum()), n=heads.moved.size)
        else:
            sentence = self._say("no_heads", n=heads.changed.size)
        if most is None:
            return answer(sentence)
        reason = ""
        if heads is None:  # the chart shows layers, so they are the answer
            sentence, reason = self._by_layer(), limit_of_heads(comparison, self._words)
        layers, layer, change = most
        share = partial(self._words.share, with_sign=False)
        key = "sink" if abs(change.difference) > LAYER_LEAST else "sink_about"
        remark = self._say(
            key if change.difference else "sink_same",
            token=shorten(visible(layers.tokens[0]), _TOKEN) or self._say("special"),
            layer=layer + 1,
            base=share(change.base),
            head=share(change.head),
        )
        texts = [
            self._words.say("compared_as", base=share(base), head=share(head))
            for base, head in zip(layers.base, layers.head, strict=True)
        ]
        letter = self._language.say("answers", "layer_letter")
        remark = self._language.sentences((remark, reason))
        return answer(sentence, remark, pairs_by_layer(layers.base, layers.head, texts, letter))

    def _by_layer(self) -> str:
        """In how many layers what a special token gets clearly changed."""
        special = [each for each in self._comparison.layers if each.key != ENTROPY]
        by_layer = list(zip(*(each.changes for each in special), strict=True))
        k = sum(any(change.is_told(LAYER_LEAST) for change in layer) for layer in by_layer)
        return self._say("layers" if k else "no_layers", k=k, n=len(by_layer))

    def _most_changed(self) -> tuple[LayerChanges, int, Change] | None:
        """The special token whose share of attention changed most, in which layer, and how."""
        every = [
            (each, layer, change)
            for each in self._comparison.layers
            if each.key != ENTROPY and each.tokens[0]
            for layer, change in enumerate(each.changes)
        ]
        return max(every, key=lambda item: abs(item[2].difference), default=None)


def _cut(name: str) -> str:
    return shorten(visible(name), _NAME)
