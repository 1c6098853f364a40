"""The first pass over all texts: measures attention, window by window, and records it."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.analysis.attention.runner import Outcome, Packed, Runner
from reportgen.analysis.decoder_rows import decoder_head_rows, target_rows
from reportgen.analysis.evidence.phrases import with_phrases
from reportgen.analysis.evidence.target import Explainer
from reportgen.analysis.progress import ANALYSIS, Progress
from reportgen.analysis.rows import (
    AnalysedText,
    head_rows,
    layer_rows,
    role_rows,
    text_rows,
    token_rows,
)
from reportgen.errors import InputError, ModelError, ReportgenError, quoted
from reportgen.models.loaded import LoadedModel
from reportgen.models.loading.factory import describe
from reportgen.models.readers.answer import AnswerReader, require_context
from reportgen.models.readers.masks import MaskReader
from reportgen.models.readers.tags import TagReader
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.sources import encode_source
from reportgen.models.tokens.words import joined_to_words, n_joined
from reportgen.results.info import Part
from reportgen.results.labels import tag_list
from reportgen.results.write import Recorder
from reportgen.texts.read import TextInput, TextSet
from reportgen.texts.words import WordSplitter, between_spaces

# Texts whose batches are planned together: enough to find texts of the same length, few enough that
# memory does not grow with the number of texts.
WINDOW = 128
# With "all", maps of the first texts are kept up to this many bytes before compression.
MAPS_LIMIT = 2_000_000_000
# With a larger share of unknown tokens, the tokenizer does not belong to the model.
UNKNOWN_LIMIT = 0.20
# In place of a text that the tokenizer fails on.
NO_TOKENS = EncodedText((), None, (), (), (), (), (), 0, (None, None), 0)


@dataclass
class Tally:
    """Totals over all windows."""

    n_tokens: int = 0
    n_content: int = 0
    n_unknown: int = 0
    n_kept: int = 0
    n_early: int = 0  # texts that were cut before they were tokenised
    n_joined: int = 0  # given units that a token joined to what stands beside them
    n_to_keep: int = 0  # texts whose maps were to be kept, including texts that failed
    bytes_to_keep: int = 0
    row_sum_error: float = 0.0
    padding_mass: float = 0.0
    norms_error: float | None = None  # None where norms were not measured
    n_proven: int = 0  # texts whose norms passed the self-check
    n_cross_proven: int = 0  # the same of cross-attention
    first_error: str | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know about how the texts were tokenised."""
        if not self.n_early:
            return ()
        texts = "1 text is" if self.n_early == 1 else f"{self.n_early:,} texts are"
        return (
            f"{texts} so long that only the beginning was tokenised; the number of tokens that "
            "were cut off counts no more than that",
        )

    def add(self, text: AnalysedText) -> None:
        """Add one text."""
        self.n_tokens += text.n_rows
        self.n_kept += bool(text.maps)
        self.n_early += text.encoded.is_early
        if text.summary is not None:
            self.n_content += text.encoded.n_content
            self.n_unknown += text.encoded.n_unknown
            self.n_joined += n_joined(text.encoded, text.source.units or ((), ()))
            self.row_sum_error = max(self.row_sum_error, text.summary.row_sum_error)
            self.padding_mass = max(self.padding_mass, text.summary.padding_mass)
            if text.summary.norms is not None:
                self.norms_error = max(self.norms_error or 0.0, text.summary.norms.error)
                self.n_proven += text.summary.norms.is_proven
            if (across := text.cross_norms) is not None:
                self.norms_error = max(self.norms_error or 0.0, across.error)
                self.n_cross_proven += across.is_proven
        elif text.outcome is not None and self.first_error is None:
            self.first_error = f"text {text.source.id} ({text.source.source}): {text.outcome.error}"


class AttentionPass:
    """Runs texts through the model, window by window, and records their attention."""

    def __init__(
        self,
        model: LoadedModel,
        runner: Runner,
        recorder: Recorder,
        roles: Sequence[str],
        keep_maps: str,
        progress: Progress,
        splitter: WordSplitter | None = None,
        joins: bool = True,
        phrases: Explainer | None = None,  # finds them, to be the units of texts
    ) -> None:
        self._model = model
        self._splitter = splitter
        self._joins = joins
        self._phrases = phrases
        self._runner = runner
        self._recorder = recorder
        self._roles = roles  # keys of Roles
        self._keep_maps = keep_maps
        self._progress = progress

    def run(self, texts: TextSet) -> Tally:
        """Analyse and record all texts.

        Raises:
            InputError: no text has any content.
            ModelError: the tokenizer does not know the texts, or every text failed.
        """
        tally = Tally()
        for start in range(0, len(texts.texts), WINDOW):
            window = self._window(start, texts.texts[start : start + WINDOW], tally)
            self._recorder.append("texts", text_rows(window))
            self._recorder.append("tokens", token_rows(window))
            self._recorder.append("heads", head_rows(window, self._roles))
            self._recorder.append("roles", role_rows(window, self._roles))
            self._recorder.append("layers", layer_rows(window))
            self._recorder.append("targets", target_rows(window))
            self._recorder.append("decoder_heads", decoder_head_rows(window))
        if tally.n_tokens == 0:
            raise _nothing_analysed(texts, tally)
        return tally

    def _window(self, start: int, sources: Sequence[TextInput], tally: Tally) -> list[AnalysedText]:
        """Analyse the window of texts that begins with row `start`; they stay in input order."""
        encoded, faults = encode_all(self._model, sources, self._splitter, joins=self._joins)
        _require_known_tokens(self._model, encoded, tally)
        # Some tokenizers have tokens for spaces, but a blank text counts as empty.
        analysed = [i for i, t in enumerate(encoded) if t.n_content and not sources[i].is_blank]
        self._progress.advance("texts", len(encoded) - len(analysed))

        def done(numbers: Sequence[int]) -> None:
            work = ANALYSIS * sum(len(encoded[analysed[number]].ids) for number in numbers)
            self._progress.advance("texts", len(numbers), work)

        keeps = [self._keeps_maps(encoded[i], tally) for i in analysed]
        places: dict[int, dict[Part, tuple[int, int]]] = {}

        def store(number: int, packed: Packed) -> None:
            places[analysed[number]] = {
                part: self._recorder.append_maps(maps) for part, maps in packed.items()
            }

        if self._phrases is not None:
            found_phrases = with_phrases(self._phrases, [encoded[i] for i in analysed])
            for i, text in zip(analysed, found_phrases, strict=True):
                encoded[i] = text
            self._progress.advance("phrases", len(analysed))
        outcomes = self._runner.run([encoded[i] for i in analysed], keeps, store, done)
        found = {i: Outcome(error=fault) for i, fault in faults.items()}
        found |= dict(zip(analysed, outcomes, strict=True))
        window = []
        for i, (source, text) in enumerate(zip(sources, encoded, strict=True)):
            row = AnalysedText(
                start + i, source, text, found.get(i), tally.n_tokens, places.get(i, {})
            )
            tally.add(row)
            window.append(row)
        return window

    def _keeps_maps(self, text: EncodedText, tally: Tally) -> bool:
        """Whether the next text in input order keeps its maps; if so, it is counted."""
        tally.bytes_to_keep += self._runner.map_bytes(text)
        if self._keep_maps == "all":
            keeps = tally.bytes_to_keep <= MAPS_LIMIT
        else:
            keeps = self._keep_maps != "none" and tally.n_to_keep < int(self._keep_maps)
        tally.n_to_keep += keeps
        return keeps


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
    for i, source in enumerate(sources):
        try:
            text = encode_source(model, source)
            if isinstance(model.reader, AnswerReader) and not source.is_blank:
                text = require_context(text)
            if isinstance(model.reader, MaskReader) and not source.is_blank:
                text = model.reader.marked(text)
            if splitter is not None and isinstance(model.reader, TagReader):
                text = model.reader.marked(text, _tagged_words(text, source, splitter))
            if splitter is not None and joins:
                own = (source.text, source.pair)
                text = joined_to_words(text, own, splitter, source.units or ((), ()))
        except Exception as error:  # a tokenizer may be user code
            faults[i] = str(error) if isinstance(error, ReportgenError) else describe(error)
            text = NO_TOKENS
        encoded.append(text)
    return encoded, faults


def _tagged_words(text: EncodedText, source: TextInput, splitter: WordSplitter) -> tuple[int, ...]:
    """The number of the word of each token, as a tagger's data has words: units that were given;
    what stands between spaces, where the label has as many tags; else those of the `splitter`."""
    own, given = (source.text, source.pair), source.units or ((), ())
    places = between_spaces(source.text)
    if not any(given) and source.label and len(tag_list(source.label)) == len(places):
        given = (places, ())
    return joined_to_words(text, own, splitter, given).units


def _require_known_tokens(model: LoadedModel, texts: Sequence[EncodedText], tally: Tally) -> None:
    """Raise a ModelError if too many tokens so far, including those of `texts`, are unknown."""
    n_content = tally.n_content + sum(text.n_content for text in texts)
    n_unknown = tally.n_unknown + sum(text.n_unknown for text in texts)
    if n_content and n_unknown / n_content > UNKNOWN_LIMIT:
        share = f"{100 * n_unknown / n_content:.1f}\u00a0%"
        raise ModelError(
            f"the tokenizer does not know {share} of the tokens so far "
            f"({n_unknown:,} of {n_content:,}): the model would see {model.tokenizer.unk_token} "
            "in their place; give the tokenizer the model was trained with (--tokenizer), or texts "
            "in its language"
        )


def _nothing_analysed(texts: TextSet, tally: Tally) -> InputError | ModelError:
    if tally.first_error is not None:
        return ModelError(f"every text failed; the first was {quoted(tally.first_error)}")
    names = ", ".join(file.name for file in texts.files)
    return InputError(f"{names}: every text is empty, there is nothing to analyse")
