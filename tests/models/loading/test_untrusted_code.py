"""Code that comes with a checkpoint does not run, however the checkpoint asks for it."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from helpers.real.models import save_model
from transformers import AutoModelForCausalLM

from reportgen.errors import ModelError
from reportgen.models import ModelSpec, load_model, load_module


def changed(name: str, **values: Any) -> Callable[[Path], None]:
    """What puts values into a file of JSON."""

    def change(folder: Path) -> None:
        path = folder / name
        held = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(held | values))

    return change


CLASSES = {"AutoConfig": "evil.C", "AutoModel": "evil.M", "AutoModelForCausalLM": "evil.M"}
WAYS: dict[str, Callable[[Path], None]] = {
    "the class of a model": changed("config.json", auto_map=CLASSES, trust_remote_code=True),
    "the class of a model that is unknown": changed(
        "config.json", auto_map=CLASSES, model_type="evil", architectures=["M"]
    ),
    "the class of a tokenizer": changed(
        "tokenizer_config.json",
        auto_map={"AutoTokenizer": ["evil.T", "evil.T"]},
        tokenizer_class="T",
        trust_remote_code=True,
    ),
    "a tokenizer that the model names": changed(
        "config.json", auto_map={"AutoTokenizer": "evil.T"}, tokenizer_class="T"
    ),
    "a way to write": changed(
        "generation_config.json", custom_generate=".", trust_remote_code=True
    ),
    "kernels": changed("config.json", _attn_implementation="a/b", use_kernels=True),
    "modules of a sentence encoder": lambda folder: (folder / "modules.json").write_text(
        json.dumps([{"idx": 0, "name": "0", "path": "", "type": "evil.M"}])
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_file_of_a_checkpoint_can_ask_for_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    folder, ran = save_model(tmp_path / "model", "llama", "causal"), tmp_path / "ran"
    handed_over = AutoModelForCausalLM.from_pretrained(folder)  # it remembers its folder
    monkeypatch.chdir(folder)
    (folder / "custom_generate").mkdir()
    for name in ("evil.py", "custom_generate/generate.py", "sitecustomize.py"):
        (folder / name).write_text(f"open({str(ran)!r}, 'w')\nclass C: pass\nM = T = C\n")
    WAYS[way](folder)
    with suppress(ModelError):
        load_model(ModelSpec(model=str(folder)))
    with suppress(ModelError):
        load_module(handed_over, None, ModelSpec())
    assert not ran.exists()
