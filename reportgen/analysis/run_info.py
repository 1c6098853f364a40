"""The facts about a run that are saved with its results."""

from dataclasses import replace
from importlib.metadata import version
from platform import python_version

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.checks import Probe
from reportgen.analysis.first_pass import Tally
from reportgen.models.loaded import LoadedModel
from reportgen.results.info import Checks, Role, RunInfo, Settings
from reportgen.texts.read import TextSet
from reportgen.version import __version__


def run_info(
    created: str,
    texts: TextSet,
    model: LoadedModel,
    capture: Capture,
    probed: Probe,
    roles: tuple[Role, ...],
    settings: Settings,
    tally: Tally,
) -> RunInfo:
    """The facts about a run of `texts` through `model`."""
    return RunInfo(
        created=created,
        versions={
            "reportgen": __version__,
            "python": python_version(),
            **{name: version(name) for name in ("torch", "transformers", "tokenizers")},
        },
        model=replace(
            model.info,
            n_layers=probed.n_layers,
            n_heads=probed.n_heads,
            is_causal=probed.is_causal,
        ),
        output=model.output,
        roles=roles,
        inputs=texts.files,
        checks=Checks(
            capture=capture.way,
            row_sum_error=tally.row_sum_error,
            padding_mass=tally.padding_mass,
            padded_difference=probed.padded_difference,
            batching=probed.batching,
            unknown_share=tally.n_unknown / tally.n_content,
        ),
        settings=settings,
        remarks=(*model.remarks, *probed.remarks, *tally.remarks),
    )
