"""Measures the attention of windows of texts, the first pass over all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from reportgen.analysis.attention.runner import Packed, Runner, TextOutcome
from reportgen.analysis.generation import with_stand_in
from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.progress import ANALYSIS, Progress
from reportgen.analysis.tables import (
    AnalysedText,
    Columns,
    decoder_head_rows,
    head_rows,
    layer_rows,
    role_rows,
    target_rows,
    text_rows,
    token_rows,
)
from reportgen.analysis.user_scores import TokenScores
from reportgen.analysis.work.item import Window, WorkResult
from reportgen.analysis.work.tally import MapQuota, Tally, tally_of
from reportgen.errors import ReportgenError, UsageError
from reportgen.models import (
    EncodedText,
    LoadedModel,
    describe,
    joined_to_words,
    ready_for,
)
from reportgen.results import COMPLETION_SEGMENT, Part, UnitKind, rows_of
from reportgen.texts import TextInput, TextSet, WordSplitter

# In place of a text that the tokenizer fails on.
NO_TOKENS = EncodedText((), None, (), (), (), (), (), 0, (None, None), 0)


@dataclass(frozen=True, slots=True, eq=False)
class AttentionPass:
    """Runs windows of texts through the model, and measures their attention."""

    runner: Runner
    roles: Sequence[str]  # keys of Roles
    progress: Progress
    # Those that came with a text; None where no text has any.
    scores: Callable[[TextInput, EncodedText], TokenScores | None] | None = None

    def map_sizes(self, window: Window) -> list[int]:
        """Bytes of the maps of each text that is run, before compression."""
        return [int(self.runner.map_bytes(window.encoded[i])) for i in window.analysed]

    def run(self, window: Window, kept: MapQuota) -> WorkResult:
        """Analyse a window of texts.

        Args:
            kept: the texts before it that keep their maps.

        Returns:
            Rows of the tables, in which tokens and maps count from the beginning of the window, and
            as facts its `Tally`.
        """
        encoded, analysed = window.encoded, window.analysed
        self.progress.advance("texts", len(encoded) - len(analysed))
        keeps, _ = kept.chosen(self.map_sizes(window))

        def done(numbers: Sequence[int]) -> None:
            work = ANALYSIS * sum(len(encoded[analysed[number]].ids) for number in numbers)
            self.progress.advance("texts", len(numbers), work)

        maps = bytearray()
        places: dict[int, dict[Part, tuple[int, int]]] = {}

        def store(number: int, packed: Packed) -> None:
            text_places = places[analysed[number]] = {}
            for part, content in packed.items():
                text_places[part] = (len(maps), len(content))
                maps.extend(content)

        outcomes = self.runner.run([encoded[i] for i in analysed], keeps, store, done)
        outcomes_by_text = {i: TextOutcome(error=fault) for i, fault in window.faults.items()}
        outcomes_by_text |= dict(zip(analysed, outcomes, strict=True))
        n_written = sum(bool(source.completion) for source in window.sources)
        tally = Tally(n_written=n_written, writing_error=window.writing_error)
        texts: list[AnalysedText] = []
        for i, (source, text) in enumerate(zip(window.sources, encoded, strict=True)):
            row = AnalysedText(
                window.first + i,
                source,
                text,
                outcomes_by_text.get(i),
                tally.n_tokens,
                places.get(i, {}),
                None if self.scores is None else self.scores(source, text),
            )
            tally = tally.plus(tally_of(row))
            texts.append(row)
        columns: dict[str, Columns] = {
            "texts": text_rows(texts),
            "tokens": token_rows(texts),
            "heads": head_rows(texts, self.roles),
            "roles": role_rows(texts, self.roles),
            "layers": layer_rows(texts),
            "targets": target_rows(texts),
            "decoder_heads": decoder_head_rows(texts),
        }
        tables = {name: rows_of(name, values) for name, values in columns.items()}
        return WorkResult(tables, {"tally": asdict(tally)}, bytes(maps))


def encode_all(
    model: LoadedModel,
    sources: Sequence[TextInput],
    splitter: WordSplitter | None = None,
    *,
    joins: bool = True,
) -> tuple[list[EncodedText], dict[int, str]]:
    """Tokenise texts; returns them, and error messages by index for those that failed.

    With a `splitter` that `joins`, the units of the texts are its words and the units that were
    given. A tagger tags its words in any case.
    """
    encoded: list[EncodedText] = []
    faults: dict[int, str] = {}
    reader = model.reader
    marks = reader.marks(model.tokenizer)
    for i, source in enumerate(sources):
        try:
            text = reader.encode(model, source)
            if source.is_cut:
                text = replace(text, is_early=True)
            if splitter is not None:
                text = reader.in_words(text, source, splitter, marks)
            if splitter is not None and joins:
                segments = (source.text, source.pair)
                units = source.units or ((), ())
                text = joined_to_words(text, segments, splitter, units, marks=marks)
        except Exception as error:  # a tokenizer may be user code
            faults[i] = str(error) if isinstance(error, ReportgenError) else describe(error)
            text = NO_TOKENS
        encoded.append(text)
    return encoded, faults


def tokens_before_completions(
    texts: TextSet, model: LoadedModel, generate: int | None
) -> Iterator[tuple[TextInput, tuple[str, ...]]]:
    """Each of `texts` that has content, with its tokens as the tokenizer of `model` writes them:
    special ones too, but none of a completion, which is still to be written if `generate` says
    so."""
    ready = ready_for(model, texts, generate)
    for source in texts.texts:
        if generate is None:
            added = ready.reader.with_added(ready, [source])
        else:
            added = [with_stand_in(source, generate)]
        (encoded,), _ = encode_all(ready, added)
        if encoded.n_content and not source.is_blank:
            pairs = zip(encoded.tokens, encoded.segments, strict=True)
            yield source, tuple(name for name, of in pairs if of != COMPLETION_SEGMENT)


def unit_kind(texts: TextSet, model: LoadedModel, options: AnalysisOptions) -> UnitKind:
    """What is measured as one.

    Raises:
        UsageError: no text has units of its own, or the tokenizer tells no places of tokens.
    """
    are_given = any(any(text.units or ()) for text in texts.texts)
    kind = options.units or ("given" if are_given else "word")
    if kind == "given" and not are_given:
        raise UsageError(
            "--units given: the texts have no column units; name one with --units-column"
        )
    if kind == "given" and not model.tokenizer.is_fast:
        raise UsageError(
            "--units given: the tokenizer of this model does not tell where its tokens stand in "
            "the text; give --units word"
        )
    return kind
