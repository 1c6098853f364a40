"""The facts about a run that are saved with its results."""

from dataclasses import replace
from importlib.metadata import version
from platform import python_version

from reportgen.analysis.tasks.tally import Tally
from reportgen.analysis.worker import Worker
from reportgen.results.info import Checks, RunInfo, Settings
from reportgen.version import __version__


def versions() -> dict[str, str]:
    """The versions that figures can depend on."""
    return {
        "reportgen": __version__,
        "python": python_version(),
        **{name: version(name) for name in ("torch", "transformers", "tokenizers")},
    }


def run_info(
    worker: Worker, created: str, padded_difference: float | None, tally: Tally
) -> RunInfo:
    """The facts about a run of all its texts, before evidence is gathered."""
    model, probed, options = worker.model, worker.probed, worker.options
    splits = worker.splitter is not None and worker.kind != "token"
    return RunInfo(
        created=created,
        versions=versions(),
        model=replace(
            model.info,
            n_layers=probed.n_layers,
            n_heads=probed.n_heads,
            is_causal=probed.is_causal,
            decoder=model.info.decoder if worker.decoder is None else worker.decoder.info,
        ),
        output=model.output,
        roles=worker.roles,
        inputs=worker.texts.files,
        checks=Checks(
            capture=worker.capture.way,
            row_sum_error=tally.row_sum_error,
            padding_mass=tally.padding_mass,
            padded_difference=padded_difference,
            batching=probed.batching,
            unknown_share=tally.n_unknown / tally.n_content,
        ),
        settings=Settings(
            _shown(worker),
            options.keep_maps,
            tally.n_kept,
            worker.kind,
            worker.splitter.segmenter if worker.splitter and splits else None,
            tally.n_joined,
        ),
        remarks=(*model.remarks, *probed.remarks, *tally.remarks),
    )


def _shown(worker: Worker) -> dict[str, str | int | float | bool]:
    """The options that were given, with the number of texts that a budget came to in its place: so
    the same texts get evidence again, however long that takes."""
    return {
        "evidence-texts" if name == "evidence-budget" else name: worker.asked
        if name == "evidence-budget"
        else value
        for name, value in worker.options.shown.items()
    }
