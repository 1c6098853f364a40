"""One copy of a model, ready to measure the items of a job."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial, reduce
from statistics import pstdev
from typing import Any

import pandas as pd

from reportgen.analysis.attention.checks import sample_text, try_model
from reportgen.analysis.attention.decoders.decoder import find_decoder
from reportgen.analysis.attention.runner import Runner
from reportgen.analysis.attention.values.norms import Norms, find_norms
from reportgen.analysis.cost.budget import Budget, is_timed, read_budget
from reportgen.analysis.cost.estimate import (
    LEAST,
    expected_cost,
    extra_cost,
    sample_size,
    shapley_texts,
    shapley_yardstick,
)
from reportgen.analysis.evidence.edit_runs import EditRuns
from reportgen.analysis.evidence.explainer import Explainer, ExplainOptions, find_explained
from reportgen.analysis.evidence.measure import (
    EvidenceTexts,
    evidence_stages,
    explained_texts,
    measure_evidence,
)
from reportgen.analysis.evidence.methods import CostBasis, Tools, load_method
from reportgen.analysis.evidence.sinks.query_key_scores import (
    MAX_TEXTS,
    SinkScorer,
    frequent_tokens,
)
from reportgen.analysis.evidence.sinks.sink_tests import SinkTester
from reportgen.analysis.evidence.sinks.subjects import Depth, evenly_spaced
from reportgen.analysis.evidence.text_evidence import TextEvidence
from reportgen.analysis.first_pass import AttentionPass, encode_all, unit_kind
from reportgen.analysis.generation import (
    Choice,
    require_generate,
    with_generated,
    with_stand_in,
)
from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.progress import Cost, Passes, Progress, Stage
from reportgen.analysis.user_scores import Grain, TokenScores, score_grains, scores_by_token
from reportgen.analysis.work.item import (
    AttentionInput,
    EvidenceInput,
    Measured,
    Window,
    WorkItem,
    WorkResult,
)
from reportgen.analysis.work.plan import candidates_in, choose
from reportgen.analysis.work.tally import MapQuota
from reportgen.errors import UsageError
from reportgen.models import (
    EncodedText,
    ExplainedText,
    LoadedModel,
    full_name,
    ready_for,
    special_roles,
)
from reportgen.results import BY_ID, MIN_TEXTS, user_measures
from reportgen.tasks import applies_to, task_of
from reportgen.texts import TextInput, TextSet, chosen_edits, with_units, word_splitter

# Texts of the sample whose targets tell how widely these differ.
SPREAD_TEXTS = 128
# What a model adds to a text before it is analysed: see `TextInput`.
_ADDED = ("pair", "completion", "completion_ids", "lead", "chosen")


class Worker:
    """A model that was made ready for an analysis, and tried.

    Attributes:
        kind: what is measured as one.
        asked: how many texts are to get evidence: a number, or all.
        sample: their rows.
        tried: texts on which the model was tried, evenly spaced.
        norms: how value vectors are read, or why they cannot be; None without evidence.
        halved: the texts of the first batch that did not fit into memory; None if all did.

    Raises:
        CaptureError: the model returns no attention maps, or they fail the checks.
        UsageError: the model has no class called `options.explain_class`; or units are asked for
            that the texts do not give, that its tokenizer cannot find, or that take evidence.
    """

    def __init__(
        self, texts: TextSet, model: LoadedModel, options: AnalysisOptions, progress: Progress
    ) -> None:
        self.options = options
        self._progress = progress
        self.halved: int | None = None
        self.kind = unit_kind(texts, model, options)
        self.texts = texts = with_units(texts, self.kind)
        asked = ExplainOptions(options.explain_class, options.explain_token, options.against)
        model = self._made_ready(model)
        find_explained(model, asked)  # fails before anything is run
        has_pairs = any(map(model.reader.has_second, texts.texts))
        self.roles = special_roles(model.tokenizer, has_pairs=has_pairs)
        candidates = candidates_in(texts)
        joins = self.kind != "token"
        self.splitter = word_splitter() if joins or model.reader.needs_words else None
        self.model = model
        self._tried_rows = choose(candidates, str(LEAST))
        self.tried = self.expected(self._tried_rows)
        self.capture, self.probed = try_model(model, self.tried)
        has_evidence = options.evidence != "none"
        self.decoder, remark = find_decoder(
            model, self.capture, sample_text(model), with_values=has_evidence
        )
        if remark is not None:
            self.model = model = replace(model, remarks=(*model.remarks, remark))
        self.explainer = Explainer(
            model, self.probed.batching, options.batch_tokens, asked, self._halved
        )
        self.edits = self._edit_runs()
        self.norms = find_norms(model, self.capture, sample_text(model)) if has_evidence else None
        self.asked = options.evidence_texts or self._number(len(candidates))
        self.sample = choose(candidates, self.asked)
        keys = [role.key for role in self.roles]
        runner = Runner(
            model,
            self.capture,
            self.probed,
            keys,
            options.batch_tokens,
            norms=self.norms if isinstance(self.norms, Norms) else None,
            activations=has_evidence,
            decoder=self.decoder,
            sample=sample_text(model),
            halved=self._halved,
        )
        self.room_for = runner.room
        self._attention = AttentionPass(
            runner, keys, progress, self._user_scores if texts.scores else None
        )

    @cached_property
    def score_grains(self) -> Mapping[str, Grain]:
        """What the scores that came with the texts are of, by name.

        Raises:
            InputError: some do not fit their text.
        """
        return score_grains(self.texts, lambda rows: self.encode(self._stand_ins(rows)))

    def _user_scores(self, source: TextInput, text: EncodedText) -> TokenScores | None:
        names = [scores.name for scores in self.texts.scores]
        return scores_by_token(source, text, names, self.score_grains)

    def _halved(self, n_texts: int) -> None:
        if self.halved is None:
            self.halved = n_texts
            self._progress.halved(n_texts, str(self.model.device))

    def _number(self, n: int) -> str:
        """How many of `n` texts get evidence, where their number is not given."""
        budget = self.options.evidence_budget
        if self.options.evidence == "none" or is_timed(budget):  # see `with_number`
            return str(LEAST)
        return str(self.sample_size(n, None if budget is None else read_budget(budget)))

    def sample_size(self, n: int, budget: Budget | None, pace: float = 0.0) -> int:
        """How many of `n` texts get evidence for a budget; see `sample_size`."""
        basis, tried = self.cost_basis, self.tried
        cost, yardstick = expected_cost(n, tried, basis), shapley_yardstick(tried, basis)
        if budget is not None:  # without one, edits do not change which texts have evidence
            cost = cost.plus(self.edit_cost(self._tried_rows))
        return sample_size(cost, len(tried), n, basis.level, budget, pace, yardstick)

    def cost(self, n_texts: int, rows: Sequence[int]) -> Cost:
        """The passes of an analysis of `n_texts` texts with evidence on the texts `rows` of the
        sample."""
        yardstick = self.expected(sorted(self._yardstick.intersection(rows)))
        return expected_cost(n_texts, self.expected(rows), self.cost_basis, yardstick)

    def extra_cost(self, rows: Sequence[int]) -> Cost:
        """The passes of evidence on the texts `rows` beside the sample."""
        return extra_cost(self.expected(rows), self.cost_basis)

    def edit_cost(self, rows: Sequence[int]) -> Cost:
        """The passes of the edits of the texts `rows`."""
        if not self.edits.edits:
            return Cost({}, {}, is_exact=True)
        sources = self._stand_ins(rows)
        pairs = zip(sources, self.encode(sources), strict=True)
        each = [self.edits.passes(source, text) for source, text in pairs if text.n_content]
        total = reduce(Passes.plus, each, Passes(0, 0, 0.0))
        return Cost({"edits": total}, {"edits": len(each)}, is_exact=False)

    def _edit_runs(self) -> EditRuns:
        """What tries the edits that were asked for.

        Raises:
            UsageError: what is predicted cannot be held against what it is with an edit.
        """
        edits = chosen_edits(self.options.edits, self.options.swap)
        model, splitter = self.model, self.splitter
        if edits and task_of(model.output).has_ends:
            raise UsageError(
                "--edits, --swap: the model's output is a place in the text, which edits move; "
                "leave them out"
            )
        mask = model.tokenizer.mask_token
        return EditRuns(
            self.explainer,
            partial(encode_all, model, splitter=splitter, joins=False),
            edits,
            (mask,) if isinstance(mask, str) else (),
        )

    @property
    def device_name(self) -> str:
        """What the model runs on, with the kind of GPU."""
        return full_name(self.model.device)

    def _made_ready(self, model: LoadedModel) -> LoadedModel:
        """`model`, to read what the texts have: completions, masks, pairs or choices."""
        texts, generate = self.texts, self.options.generate
        model = ready_for(model, texts, generate)
        if generate is not None:
            require_generate(model)
        return model

    def encode(self, sources: Sequence[TextInput]) -> list[EncodedText]:
        """Tokenise texts; one that cannot be tokenised has no content."""
        return self._encoded(sources)[0]

    def _encoded(self, sources: Sequence[TextInput]) -> tuple[list[EncodedText], dict[int, str]]:
        joins = self.kind != "token"
        return encode_all(self.model, sources, self.splitter, joins=joins)

    def expected(self, rows: Sequence[int]) -> list[EncodedText]:
        """The texts `rows` as far as they are known before the model has added to them."""
        return [text for text in self.encode(self._stand_ins(rows)) if text.n_content]

    def _stand_ins(self, rows: Sequence[int]) -> list[TextInput]:
        """The texts `rows`, a completion that is to be written being replaced by words of its
        text."""
        sources = [self.texts.texts[row] for row in rows]
        if self.options.generate is not None:
            return [with_stand_in(text, self.options.generate) for text in sources]
        return self.model.reader.with_added(self.model, sources)

    def window(self, item: WorkItem) -> Window:
        """The texts of an item of attention, with what the model adds to them, tokenised."""
        sources = [self.texts.texts[row] for row in item.rows]
        error: str | None = None
        if self.options.generate is not None:
            how = Choice(self.options.generate, self.options.temperature, self.options.seed)
            together = self.probed.batching != "one by one"
            sources, error = with_generated(
                sources, self.model, how, item.rows[0], together=together
            )
        sources = self.model.reader.with_added(self.model, sources)
        return Window(item.rows[0], sources, *self._encoded(sources), error)

    def expected_window(self, item: WorkItem) -> Window:
        """The same without running the model: what it would write is replaced by words of the
        text."""
        sources = self._stand_ins(item.rows)
        return Window(item.rows[0], sources, *self._encoded(sources))

    def kept_after(self, window: Window, kept: MapQuota) -> MapQuota:
        """The texts that keep their maps, those of a `window` included."""
        return kept.chosen(self._attention.map_sizes(window))[1]

    def measure(self, given: AttentionInput | EvidenceInput) -> Measured:
        """Measure the attention or the evidence of an item."""
        item, is_stopped = given.item, False
        if isinstance(given, AttentionInput):
            result = self._attention_of(given.window or self.window(item), given.kept)
        elif item.is_of_edits:
            encoded, is_extra = self.encode(given.sources), item.kind == "extra_edits"
            rows = self.edits.table(item.rows, given.sources, encoded, is_extra=is_extra)
            result = WorkResult({"edits": rows})
            self._progress.advance("edits", len(item.rows))
        else:
            encoded = self.encode(given.sources)
            scored, yardstick = self._scored(item), self._with_shapley(item)
            users = user_measures(self.texts.scores)
            texts = EvidenceTexts(item, encoded, given.tokens, scored, yardstick, users)
            tools = replace(self.tools, spread=self._spread)
            result, is_stopped = measure_evidence(tools, texts, self._scorer, self._progress)
        return Measured(item, result, is_stopped, self.halved)

    def _attention_of(self, window: Window, kept: MapQuota) -> WorkResult:
        """Measure the attention of a window.

        Args:
            kept: the texts before it that keep their maps.

        Returns:
            As facts beside the tables: `kept` with its own texts, the rows that have figures, and
            by row what the model added to texts.
        """
        result = self._attention.run(window, kept)
        after = self.kept_after(window, kept)
        sizes = result.tables["texts"]["n_tokens"].to_pylist()
        given = self.texts.texts[window.first : window.first + len(window.sources)]
        facts = {
            **result.facts,
            "kept": [after.n, after.n_bytes],
            "analysed": [window.first + i for i, size in enumerate(sizes) if size],
            "added": {
                str(window.first + i): added
                for i, (text, before) in enumerate(zip(window.sources, given, strict=True))
                if (added := _added(text, before))
            },
        }
        return replace(result, facts=facts)

    def with_added(self, rows: Sequence[int], window: Mapping[str, Any]) -> list[TextInput]:
        """The texts `rows` with what the model added to them, by the facts of their `window`."""
        added = window["added"]
        texts = []
        for row in rows:
            changes = dict(added.get(str(row), {}))
            if changes.get("completion_ids") is not None:
                changes["completion_ids"] = tuple(changes["completion_ids"])
            texts.append(replace(self.texts.texts[row], **changes))
        return texts

    def explained(
        self,
        rows: Sequence[int],
        sources: Sequence[TextInput],
        stored: Mapping[int, tuple[float, str | None]] = {},
    ) -> list[TextEvidence]:
        """The target of each of the texts `rows`; those that do not follow from its `stored` value
        and label are run; `sources` are the texts themselves."""
        texts = dict(zip(rows, self.encode(sources), strict=True))
        evidence = {
            row: TextEvidence(row, texts[row], explained)
            for row in rows
            if row in stored and (explained := self.explainer.stored(texts[row], *stored[row]))
        }
        left = [row for row in rows if row not in evidence]
        run = explained_texts(self.explainer, left, [texts[row] for row in left])
        evidence |= {item.text: item for item in run}
        return [evidence[row] for row in rows]

    def views_of(
        self, items: Sequence[TextEvidence], sources: Sequence[TextInput]
    ) -> dict[int, pd.DataFrame]:
        """By text, its rows of the table of tokens, with gradients, by the weights that the model
        has now; the targets of `items`, whose `sources` these are, stay what was explained."""
        window = Window(0, sources, [item.encoded for item in items], {})
        attention = replace(self._attention, progress=Progress())
        rows = attention.run(window, MapQuota("none")).tables["tokens"].to_pandas(use_threads=False)
        evidence = [TextEvidence(item.text, item.encoded, item.explained) for item in items]
        explained = [item for item in evidence if item.explained is not None]
        if "gradient" in self.tools.taken:
            load_method(BY_ID["gradient"]).run(self.tools, explained)
        by_text = dict(iter(rows.groupby("text")))
        return {
            item.text: by_text[index].assign(text=item.text, **item.all_effects())
            for index, item in enumerate(evidence)
            if index in by_text
        }

    def sink_tester(self, depth: Depth) -> SinkTester:
        """What does the sink tests."""
        assert self.norms is not None
        projections = self.norms if isinstance(self.norms, str) else self.norms.projections
        return SinkTester(self.explainer, projections, depth, self.probed.n_layers)

    def stages(self, item: WorkItem) -> Mapping[Stage, int]:
        """The stages of an item, each with how many of its texts go through it."""
        if item.kind == "attention":
            return {"texts": len(item.rows)}
        if item.is_of_edits:
            return {"edits": len(item.rows)}
        return evidence_stages(self.tools, item, self._scored(item), self._with_shapley(item))

    def _scored(self, item: WorkItem) -> frozenset[int]:
        """The rows of the texts of an item of evidence whose scores of possible sinks are measured:
        of all items together MAX_TEXTS, evenly spaced over the sample."""
        if item.kind == "extra":
            return frozenset()
        return frozenset(self._all_scored).intersection(item.rows)

    def _with_shapley(self, item: WorkItem) -> frozenset[int]:
        """The rows of the texts of an item that have Shapley values in basic evidence."""
        return self._yardstick.intersection(() if item.kind == "extra" else item.rows)

    @property
    def _yardstick(self) -> frozenset[int]:
        """The same of all items together: none where these are too few to say anything."""
        n = self.n_yardstick or 0
        return frozenset(self._paid_shapley if n >= MIN_TEXTS else ())

    @property
    def n_yardstick(self) -> int | None:
        """Of how many texts a share of basic evidence pays the Shapley values; None at other
        levels, or where the explained figure has none."""
        has_any = applies_to(BY_ID["shapley"], self.explainer.target.scalar)
        return len(self._paid_shapley) if self.options.evidence == "basic" and has_any else None

    @cached_property
    def _paid_shapley(self) -> tuple[int, ...]:
        """The rows of the sample that `shapley_texts` chooses. It does not depend on which of the
        items are measured here."""
        texts = self.encode(self._stand_ins(self.sample))
        chosen = shapley_texts(texts, self.cost_basis)
        return tuple(self.sample[i] for i in chosen)

    @property
    def _all_scored(self) -> list[int]:
        return [self.sample[place] for place in evenly_spaced(len(self.sample), MAX_TEXTS)]

    @property
    def tools(self) -> Tools:
        """What evidence is measured with."""
        assert self.norms is not None
        level, is_causal = self.options.evidence, self.probed.is_causal
        return Tools(self.explainer, self.capture, self.norms, level, is_causal)

    @cached_property
    def _scorer(self) -> SinkScorer:
        """What measures the scores of possible sinks."""
        projections = self.norms.projections if isinstance(self.norms, Norms) else ()
        tokens = frequent_tokens(self.expected(self._all_scored))
        return SinkScorer(self.explainer, self.capture, projections, tokens)

    @cached_property
    def _spread(self) -> float:
        """Standard deviation of the target over texts of the sample; 0 where nothing needs it.

        It does not depend on which of the items are measured here. For embeddings the target of
        every whole text is 1.
        """
        if self.options.evidence != "full":
            return 0.0
        explained = self.explainer.explain(self.expected(self.sample[:SPREAD_TEXTS]))
        values = [item.value for item in explained if isinstance(item, ExplainedText)]
        return pstdev(values) if values else 0.0

    @property
    def cost_basis(self) -> CostBasis:
        """What the cost of evidence depends on, beside the texts."""
        return CostBasis(
            self.explainer.target,
            has_mask_token=self.model.tokenizer.mask_token_id is not None,
            level=self.options.evidence,
            n_roles=len(self.roles),
            n_heads=self.probed.n_layers * self.probed.n_heads * isinstance(self.norms, Norms),
        )


def _added(text: TextInput, given: TextInput) -> dict[str, Any]:
    """What the model added to a text that was `given`."""
    return {
        name: getattr(text, name) for name in _ADDED if getattr(text, name) != getattr(given, name)
    }
