"""The facts about a run that are saved with its results."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version as installed
from platform import python_version
from typing import TYPE_CHECKING

from reportgen.analysis.work.tally import Tally
from reportgen.results import Checks, Evidence, Reason, RunInfo, Settings, View, created_date
from reportgen.version import __version__

if TYPE_CHECKING:
    from reportgen.analysis.worker import Worker


@dataclass(frozen=True, slots=True)
class RunStart:
    """What an analysis found out about its model at the start: everything its results say about the
    model, so that work can be continued without loading it.

    Attributes:
        info: of no texts yet.
        measures: of evidence, that are taken.
        cross: why cross-attention has no norms where they are proven for no text, and where they
            are for some; None where they are measured.
    """

    info: RunInfo
    measures: tuple[View, ...]
    cross: tuple[Reason | None, Reason | None]

    @property
    def has_evidence(self) -> bool:
        """Whether evidence is measured."""
        return self.info.evidence.level != "none"

    @property
    def has_edits(self) -> bool:
        """Whether edits are tried."""
        return bool(self.info.settings.edits)


def versions() -> dict[str, str]:
    """The versions that figures can depend on."""
    return {
        "reportgen": __version__,
        "python": python_version(),
        **{name: _version(name) for name in ("torch", "transformers", "tokenizers")},
    }


@cache  # a package describes itself in a long file
def _version(name: str) -> str:
    """The installed version of a package."""
    return installed(name)


def run_start(worker: "Worker") -> RunStart:
    """What an analysis by `worker` begins with."""
    model, probed, options = worker.model, worker.probed, worker.options
    _ = worker.score_grains  # scores that do not fit their texts end the run before it begins
    splits = worker.splitter is not None and worker.kind != "token"
    decoder = worker.decoder
    info = RunInfo(
        created=created_date(),
        versions=versions(),
        model=replace(
            model.info,
            n_layers=probed.n_layers,
            n_heads=probed.n_heads,
            is_causal=probed.is_causal,
            decoder=model.info.decoder if decoder is None else decoder.info,
        ),
        output=model.output,
        roles=worker.roles,
        inputs=worker.texts.files,
        checks=Checks(
            capture=worker.capture.way,
            row_sum_error=0.0,
            padding_mass=0.0,
            padded_difference=probed.padded_difference,
            batching=probed.batching,
            unknown_share=0.0,
        ),
        settings=Settings(
            options=_shown(worker),
            keep_maps=options.keep_maps,
            units=worker.kind,
            segmenter=worker.splitter.segmenter if worker.splitter and splits else None,
            edits=tuple(edit.id for edit in worker.edits.edits),
        ),
        remarks=(*model.remarks, *probed.remarks),
        evidence=_evidence(worker),
        scores=worker.texts.scores,
    )
    return RunStart(
        info,
        measures=() if worker.norms is None else worker.tools.measures,
        cross=(None, None)
        if decoder is None
        else (decoder.why_no_norms(0), decoder.why_no_norms(1)),
    )


def _evidence(worker: "Worker") -> Evidence:
    norms, explainer = worker.norms, worker.explainer
    if norms is None:  # edits are tried on as many texts all the same
        return Evidence(asked=worker.asked) if worker.edits.edits else Evidence()
    return Evidence(
        level=worker.options.evidence,
        scalar=explainer.target.scalar,
        target=explainer.label,
        against=explainer.against,
        asked=worker.asked,
        n_yardstick=worker.n_yardstick,
        norms_error=None if isinstance(norms, str) else norms.error,
        withheld=_no_norms(norms) if isinstance(norms, str) else {},
    )


def run_info(start: RunStart, tally: Tally) -> RunInfo:
    """The facts about a run of texts with these totals, before evidence is gathered."""
    info = start.info
    return replace(
        info,
        checks=replace(
            info.checks,
            row_sum_error=tally.row_sum_error,
            padding_mass=tally.padding_mass,
            unknown_share=tally.n_unknown / tally.n_content,
        ),
        settings=replace(info.settings, maps_kept=tally.n_kept, n_joined=tally.n_joined),
        remarks=(*info.remarks, *tally.remarks),
        evidence=Evidence(),
    )


def evidence_before(start: RunStart, tally: Tally) -> Evidence:
    """The summary of the evidence before it is gathered; the totals are those of the texts."""
    evidence = start.info.evidence
    withheld = dict(evidence.withheld)
    if not withheld and tally.n_proven == 0:  # though the trial succeeded
        withheld = _no_norms("values_unproven")
    across = start.cross[1 if tally.n_cross_proven else 0]
    if across is not None:
        withheld["cross_received_norm"] = across
    error = evidence.norms_error
    return replace(
        evidence,
        norms_error=None if error is None else max(error, tally.norms_error or 0.0),
        withheld=withheld,
    )


def _no_norms(reason: Reason) -> dict[str, Reason]:
    return dict.fromkeys(("received_norm_all", "received_norm_last"), reason)


def _shown(worker: "Worker") -> dict[str, str | int | float | bool]:
    """The options that were given, in the order of results.json, with the number of texts that a
    budget came to in its place: so the same texts get evidence again, however long that takes."""
    return {
        "evidence-texts" if name == "evidence-budget" else name: worker.asked
        if name == "evidence-budget"
        else value
        for name, value in sorted(worker.options.shown.items())
    }
