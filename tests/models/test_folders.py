"""Folders that hold no weights that can be read: of other libraries, or left with Git LFS."""

from pathlib import Path

import pytest
from helpers.real.models import save_model

from reportgen.errors import ModelError
from reportgen.models import ModelSpec, check_spec

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"


def refusal(**spec: Path) -> str:
    with pytest.raises(ModelError) as caught:
        check_spec(ModelSpec(**{name: str(path) for name, path in spec.items()}))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("tiny-q4.gguf", ["GGUF", "gguf_file=file", "save_pretrained"]),
        ("model.onnx", ["ONNX", "no attention", "exported from"]),
        ("onnx/model_quantized.onnx", ["ONNX", "exported from"]),
        ("tf_model.h5", ["TensorFlow", "from_tf=True", "save_pretrained"]),
        ("flax_model.msgpack", ["Flax", "from_flax=True", "save_pretrained"]),
    ],
)
@pytest.mark.parametrize("has_config", [True, False])
def test_weights_of_another_library_are_refused_by_name(
    tmp_path: Path, file: str, words: list[str], *, has_config: bool
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(b"weights")
    if has_config:
        (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    for said in (refusal(model=tmp_path), refusal(model=tmp_path / file)):
        assert all(word in said for word in (Path(file).name, *words)), said


def test_weights_of_another_library_beside_those_that_are_read_do_not_matter(
    tmp_path: Path,
) -> None:
    folder = save_model(tmp_path / "bert", "bert")
    (folder / "model.onnx").write_bytes(b"graph")
    (folder / "tf_model.h5").write_text(POINTER)
    check_spec(ModelSpec(model=str(folder)))


@pytest.mark.parametrize(
    "file", ["model.safetensors", "tokenizer.json", "config.json", "model-00001-of-2.safetensors"]
)
def test_what_git_lfs_keeps_is_to_be_pulled(tmp_path: Path, file: str) -> None:
    folder = save_model(tmp_path / "bert", "bert")
    (folder / file).write_text(POINTER)
    said = refusal(model=folder)
    assert f"Git LFS keeps {file}" in said
    assert "git lfs pull" in said


def test_a_tokenizer_and_an_adapter_that_git_lfs_keeps_are_to_be_pulled(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "bert", "bert")
    other = tmp_path / "tokenizer"
    other.mkdir()
    (other / "tokenizer.json").write_text(POINTER)
    assert "git lfs pull" in refusal(model=folder, tokenizer=other)
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / "adapter_model.safetensors").write_text(POINTER)
    assert "Git LFS keeps adapter_model.safetensors" in refusal(model=adapter)
