"""The trend over several models in four answers, three of them charts: do the models get better,
which tokens count more or less, where attention piles up, and does looking matter."""

from functools import partial

from reportgen.comparison import AGREEMENT, MOVED_SHARE, AllModels, SinkTrend
from reportgen.report.charts.trend_charts import ANSWER, DashedLine
from reportgen.report.components import Answer
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import verdict_of
from reportgen.report.sections.all_models import model_names, writer
from reportgen.report.sections.answers_compared import ComparedAnswers, make_compared_answers
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.quality_answer import QualityAnswer, judged_last
from reportgen.report.sections.sink_trends import draw_sink
from reportgen.report.sections.trend import draw_row

_TOKEN = 18  # half-width characters of a token in an answer
_NAME = 16  # of a model


def make_several_answers(context: CompareContext) -> tuple[Answer, ...]:
    """The answers of a comparison of two models, or of more."""
    models = context.comparison.all_models
    if models is None:
        return make_compared_answers(context)
    made = _TrendAnswers(models, context.words)
    tokens = ComparedAnswers(context).tokens()
    return made.better(), tokens, made.sinks(), made.looking()


class _TrendAnswers:
    """Makes the answers that are charts over the models."""

    def __init__(self, models: AllModels, words: CompareWords) -> None:
        self._models, self._words, self._language = models, words, words.language
        self._say = partial(words.language.say, "trend_answers")
        self._names = [shorten(name, _NAME) for name in model_names(models, words)]
        self._rows = {row.key: row for row in models.rows}

    def better(self) -> Answer:
        """Whether the models get better; without right answers, what changed from each to the
        next."""
        judged = judged_last(self._models.rows)
        if judged is None:
            return self._moved()
        made = QualityAnswer(judged.told, judged.row.key, self._words, is_unmoved=judged.is_unmoved)
        parts = [made.remark(), self._say("lines")]
        return Answer(
            "trend",
            self._say("better"),
            self._since(made),
            self._language.sentences(parts),
            draw_row(judged.row, self._models, self._words, frame=ANSWER),
        )

    def _since(self, made: QualityAnswer) -> str:
        """The verdict, and from which model on it holds."""
        quality = self._models.trend.quality
        if quality is None or made.is_apart:
            return made.verdict()
        return self._say(
            f"since_{quality.course}", since=self._names[quality.since], said=made.verdict()
        )

    def _moved(self) -> Answer:
        """How many predictions changed from each model to the next."""
        answer, row = partial(Answer, "trend", self._say("moved")), self._rows.get(MOVED_SHARE)
        if row is None:
            return answer(self._language.say("compared_answers", "no_predictions"))
        last = next(value for value in reversed(row.values) if value is not None)
        share = writer(row, self._words)(last.value, False)
        return answer(
            self._say("moved_last", share=share),
            self._say("moved_remark"),
            draw_row(row, self._models, self._words, frame=ANSWER),
        )

    def sinks(self) -> Answer:
        """When the token that attention piles up on most is a sink."""
        answer, trends = partial(Answer, "trend", self._say("sinks")), self._models.trend.sinks
        if not trends:
            return answer(self._say("no_tokens"))
        sink = max(trends, key=_most)
        return answer(
            self._when(sink),
            self._say("sink_remark", token=self._token(sink)),
            draw_sink(sink, self._models, self._words, frame=ANSWER),
        )

    def _token(self, sink: SinkTrend) -> str:
        return shorten(visible(sink.token), _TOKEN)

    def _when(self, sink: SinkTrend) -> str:
        places, n = [i for i, layers in enumerate(sink.sink_layers) if layers], len(self._names)
        if not places:
            return self._say("sink_never")
        is_gapless = places[-1] - places[0] + 1 == len(places)
        if len(places) == n:
            key = "always"
        elif is_gapless and places[-1] == n - 1:
            key = "from"
        elif is_gapless:
            key = "until"
        else:
            key = "some"
        return self._say(
            f"sink_{key}",
            token=self._token(sink),
            k=len(places),
            n=n,
            first=self._names[places[0]],
            last=self._names[places[-1]],
        )

    def looking(self) -> Answer:
        """Whether the colours agree with what changes the prediction, in the last model that was
        judged."""
        answer = partial(Answer, "trend", self._language.say("answers", "looking"))
        row = self._rows.get(AGREEMENT)
        known = [value for value in row.values if value is not None] if row else []
        if row is None or not known:
            return answer(self._language.say("answers", "not_measured"))
        write = writer(row, self._words)
        remark = self._say(
            "agreement", base=write(known[0].value, False), head=write(known[-1].value, False)
        )
        judged = known[-1].judgement
        return answer(
            verdict_of(judged, self._language) if judged else self._say("agreement_only"),
            remark,
            draw_row(
                row,
                self._models,
                self._words,
                frame=ANSWER,
                limit=DashedLine(0.0, self._say("chance")),
            ),
        )


def _most(sink: SinkTrend) -> float:
    """The most that a token gets beyond its equal share in any model."""
    return max((state.excess.mean for state in sink.strongest if state), default=0.0)
