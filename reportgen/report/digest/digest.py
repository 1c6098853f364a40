"""Results as what a reviewer with two minutes reads: first the answers, all else folded behind."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Kind, Note, Verdict, place
from reportgen.report.components import Brief, Cell, Column, Section, Table, named
from reportgen.report.digest.figures import make_map_figure, make_sink_figure
from reportgen.report.digest.tables import NAME_LENGTH, TEXT_LENGTH, BriefTables, shorten
from reportgen.report.language.sentences import citation, in_short, sentence
from reportgen.report.language.strings import Language, load_language
from reportgen.report.options import RenderOptions
from reportgen.report.panel.evidence import make_scope
from reportgen.report.run import command, gate_rows
from reportgen.report.sections.overview import make_overview
from reportgen.report.sections.predictions import make_quality
from reportgen.report.sections.texts import Notable, make_notable
from reportgen.report.sections.trust import Trust, make_trust
from reportgen.results.info import ANALYSED, STATUSES

REMARK_LENGTH = 400  # of a remark on how the model was loaded
_FIRST = 4  # texts that stand in the place of those that deserve a look where none is picked
# What the headline says of a special token's verdict.
_CLAUSES: Mapping[Verdict, str] = {
    "sink": "sink",
    "raised": "raised",
    "unclear": "unclear",
    "none": "no_sink",
    "too_few_texts": "few",
    "no_text": "few",
    "no_special_tokens": "no_special",
}
_CLAUSE_ORDER = ("sink", "raised", "unclear", "few", "no_sink", "no_special")
# What a sink passes on, said beside its verdict: by tests, or else by the length of its vectors.
_TESTED: tuple[Kind, ...] = ("passed", "test")


def make_brief(findings: Findings, options: RenderOptions, output: str) -> Brief:
    """The brief of `results`; `output` is the name of the file that the command it prints writes, a
    page of HTML without one."""
    language = load_language(options.lang)
    return _Maker(findings, options, language).brief(output)


class _Maker:
    """Gathers the sections of one brief."""

    def __init__(self, findings: Findings, options: RenderOptions, language: Language) -> None:
        self._findings = findings
        self._options = options
        self._language = language
        self._notes = [_shortened(note) for note in findings.notes]
        self._notable = make_notable(findings, language)
        self._tables = BriefTables(findings, language)

    def brief(self, output: str) -> Brief:
        model = self._findings.info.model
        name = shorten(model.name, TEXT_LENGTH)
        title = self._options.title or self._say("title", model=name)
        rows = [text.number - 1 for text in self._notable.texts]
        return Brief(
            title=shorten(title, 2 * TEXT_LENGTH),
            headline=self._headline(name),
            sections=tuple(
                section
                for section in (
                    self._gates(),
                    self._answers(),
                    self._deserving(rows),
                    make_sink_figure(self._findings, self._language),
                    make_map_figure(self._findings.results, rows, self._language),
                    self._all_texts(),
                    self._layers(),
                    self._all_notes(),
                    self._reproduce(output),
                )
                if section is not None
            ),
        )

    def _headline(self, model: str) -> str:
        """How well the model predicts, where its sinks are, how many texts to look at."""
        clauses = [*self._fit(), *self._sinks()]
        if self._notable.texts:
            clauses.append(self._language.count("brief", "to_look_at", len(self._notable.texts)))
        return self._say(
            "headline",
            model=model,
            texts=len(self._findings.texts),
            clauses=self._say("between").join(clauses),
        )

    def _fit(self) -> list[str]:
        fit, share = self._findings.label_fit, self._findings.accuracy
        if self._findings.info.output.kind == "number" and fit is not None:
            return [self._language.count("brief", "fit", fit.n_texts, mae=fit.mae, r2=fit.r2)]
        return [] if share is None else [self._say("right", share=share)]

    def _sinks(self) -> list[str]:
        """A clause for each kind of verdict, naming its tokens; none of it where no token has one,
        and only what was found where something was."""
        tokens: dict[str, list[str]] = {}
        for note in self._notes:
            if note.verdict is None:
                continue
            clause = _CLAUSES[note.verdict]
            said = note.token or ""
            if clause in ("sink", "raised"):
                share, layer = float(note.values["share"]), note.values["layer"]
                said = self._say("with_share", token=said, share=share, layer=layer)
            tokens.setdefault(clause, []).append(said)
        comma = self._language.say("common", "comma")
        found = [clause for clause in _CLAUSE_ORDER if clause in tokens]
        if len(found) > 1 and found[-1] in ("no_sink", "no_special"):
            found.pop()
        return [self._say(clause, tokens=comma.join(tokens[clause])) for clause in found]

    def _answers(self) -> Section:
        """What the page answers first, and the key figures."""
        info = self._findings.info
        scope = make_scope(self._findings, self._language)
        placed = place(self._notes, info)
        trust = make_trust(self._findings, scope, placed, self._language)
        quality = make_quality(self._findings, self._language)
        between = self._language.say("common", "space")
        answers = (
            ("predictions", quality.headline if quality else ""),
            ("sinks", between.join(self._about_sinks())),
            ("trust", self._trust(trust)),
        )
        colon = self._language.say("page", "colon")
        overview = make_overview(self._findings, self._language, placed.overview)
        return Section(
            rank=1,
            lead=self._facts(),
            items=tuple(
                named(self._language.say("page", key) + colon, said)
                for key, said in answers
                if said
            ),
            table=self._tables.key_figures(overview.kpis),
        )

    def _about_sinks(self) -> list[str]:
        """Every verdict and, where there is a sink, what is known of whether it matters."""
        sinks = {note.role for note in self._notes if note.verdict == "sink"}
        tested = {note.role for note in self._notes if note.kind in _TESTED}
        told = [
            note
            for note in self._notes
            if note.is_verdict
            or (note.role in sinks & tested and note.kind in _TESTED)
            or (note.role in sinks - tested and note.kind == "length")
        ]
        said = list(in_short(told, self._language))
        if sinks and not tested:
            said.append(self._say("not_tested"))
        return said

    def _gates(self) -> Section | None:
        """What was asked of the figures, and what was found."""
        rows = gate_rows(self._options.gates, self._language)
        if not rows:
            return None
        names = ("result", "condition", "found")
        return Section(
            1,
            lead=(self._language.say("gates", "caption"),),
            table=Table(
                tuple(Column(self._language.say("gates", name), name == "found") for name in names),
                tuple((Cell(row.result), Cell(row.condition), Cell(row.found)) for row in rows),
            ),
        )

    def _trust(self, trust: Trust | None) -> str:
        """How far what is in bold agrees with what moves the output."""
        if trust is None or trust.first is None:
            return ""
        return self._say(
            "agreement",
            view=self._tables.view_name,
            mean=trust.first.text,
            interval=trust.first.small,
            texts=trust.first_texts,
        )

    def _facts(self) -> tuple[str, ...]:
        """Which model this is, and what is unusual about it or its texts."""
        info = self._findings.info
        facts = [
            self._say(
                "model",
                name=shorten(info.model.name, TEXT_LENGTH),
                architecture=shorten(info.model.architecture, TEXT_LENGTH),
                n_layers=info.model.n_layers,
                n_heads=info.model.n_heads,
            )
        ]
        if info.model.source == "demo":
            facts.append(self._say("demo"))
        status = self._findings.texts["status"].value_counts()
        if set(status.index) - {"ok"}:
            counts = {f"n_{name}": f"{int(status.get(name, 0)):,}" for name in STATUSES}
            facts.append(self._say("counts", **counts))
        return (*facts, *(shorten(remark, REMARK_LENGTH) for remark in info.remarks))

    def _deserving(self, rows: Sequence[int]) -> Section:
        """The texts that deserve a look, each with why; the first texts where none is picked."""
        notable: Notable = self._notable
        view = self._tables.view_name
        bold = (self._say("bold", view=view),) if self._analysed() else ()
        if not rows:
            first = range(min(_FIRST, len(self._findings.texts)))
            table = self._tables.looked_at(first, ())
            return Section(2, self._say("first_texts"), bold, table=table)
        reasons = [text.reasons for text in notable.texts]
        return Section(
            2,
            self._language.say("notable", "heading"),
            (*bold, notable.lead),
            table=self._tables.looked_at(rows, reasons),
        )

    def _analysed(self) -> bool:
        return bool(self._findings.texts["status"].isin(ANALYSED).any())

    def _all_texts(self) -> Section:
        heading = self._language.count("brief", "all_texts", len(self._findings.texts))
        return Section(6, heading, table=self._tables.texts(), is_folded=True)

    def _layers(self) -> Section | None:
        made = self._tables.layers()
        if made is None:
            return None
        table, n_texts = made
        lead = self._say("layers_lead", n_texts=n_texts)
        return Section(4, self._say("layers"), (lead,), table=table, is_folded=True)

    def _all_notes(self) -> Section:
        """Every note in full, with the publications it rests on."""
        items = []
        for note in self._notes:
            sources = "; ".join(citation(source, self._language) for source in note.citations)
            said = sentence(note, self._language)
            if sources:
                said += self._say("sources", sources=sources)
            items.append(Cell(said))
        return Section(5, self._say("notes"), items=tuple(items), is_folded=True)

    def _reproduce(self, output: str) -> Section:
        info, say = self._findings.info, self._language.say
        colon = say("page", "colon")
        checksums = [(say("reproduce", "weights"), info.model.weights_sha256)]
        checksums += [(shorten(item.name, NAME_LENGTH), item.sha256) for item in info.inputs]
        versions = say("common", "comma").join(f"{n} {v}" for n, v in sorted(info.versions.items()))
        items: list[Cell] = [
            named(say("reproduce", "versions") + colon, versions),
            *(named(f"SHA-256, {name}{colon}", value) for name, value in checksums),
        ]
        return Section(
            3,
            say("reproduce", "heading"),
            code=command(info, self._options, output),
            items=tuple(items),
            is_folded=True,
        )

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("brief", key, **values)


def _shortened(note: Note) -> Note:
    return replace(note, token=note.token and shorten(note.token, NAME_LENGTH))
