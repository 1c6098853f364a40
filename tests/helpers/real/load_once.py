"""Models that commands load once and not at each call, for tests of anything else."""

import pytest

from reportgen.models import LoadedModel, ModelSpec, load_model


def load_once(patch: pytest.MonkeyPatch) -> None:
    """Let commands load each model once; a model of another specification is another."""
    loaded: dict[str, LoadedModel] = {}

    def known(spec: ModelSpec, *, verbose: bool = False) -> LoadedModel:
        name = repr(spec)
        if name not in loaded:
            loaded[name] = load_model(spec, verbose=verbose)
        return loaded[name]

    for place in ("reportgen.api.measurement", "reportgen.models"):
        patch.setattr(f"{place}.load_model", known)
