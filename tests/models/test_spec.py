"""What is found wrong with a model before anything is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.real.models import save_model

from reportgen.errors import ModelError, UsageError
from reportgen.models import ModelSpec, check_spec, factory_name
from reportgen.models.folders import local_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("spec") / "bert", "bert", "sequence")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ModelSpec(model="m", factory="a:B"), ["--model", "--factory"]),
        (ModelSpec(checkpoint=Path("w.pt")), ["--checkpoint", "needs --factory"]),
        (ModelSpec(factory_args='{"a": 1}'), ["--factory-args", "needs --factory"]),
        (ModelSpec(prediction_index=1), ["--prediction-index", "needs --factory"]),
        (ModelSpec(factory="a:B", prediction_index=-1), ["--prediction-index", "from 0"]),
        (ModelSpec(revision="main"), ["--revision"]),
        (ModelSpec(factory="Class"), ["--factory", "module:Class"]),
        (ModelSpec(factory="file.py:"), ["--factory", "module:Class"]),
        (ModelSpec(factory="file.py:1st"), ["--factory", "module:Class"]),
        (ModelSpec(pooling="max"), ["--pooling", "mean, cls, last"]),
        (ModelSpec(dtype="int8"), ["--dtype", "float32, float16, bfloat16"]),
        (ModelSpec(device="gpu"), ["--device", "cuda"]),
        (ModelSpec(class_names="good"), ["--class-names good", "two or more"]),
        (ModelSpec(class_names="a,a"), ["--class-names a,a", "different"]),
        (ModelSpec(class_names="a,"), ["--class-names a,", "commas"]),
        (ModelSpec(class_names="a,b", pooling="mean"), ["--class-names", "--pooling"]),
    ],
)
def test_options_that_cannot_be_are_errors_of_use(spec: ModelSpec, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        check_spec(spec)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


def test_a_revision_of_a_folder_is_an_error_of_use(folder: Path) -> None:
    with pytest.raises(UsageError, match="--revision"):
        check_spec(ModelSpec(model=str(folder), revision="main"))


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1", "mps", "xpu:0", "auto"])
def test_devices_are_known_by_name(device: str) -> None:
    check_spec(ModelSpec(device=device))


def test_the_bundled_model_and_a_whole_folder_pass(folder: Path) -> None:
    check_spec(ModelSpec())
    check_spec(ModelSpec(model=str(folder)))
    check_spec(ModelSpec(model=f"{folder}/"))


def test_a_folder_with_bin_weights_passes(tmp_path: Path) -> None:
    check_spec(ModelSpec(model=str(save_model(tmp_path, "bert", "base", safetensors=False))))


@pytest.mark.parametrize("name", ["./none", "none/", "/none/here", "a/b/c", "..", ".\\none"])
def test_a_path_to_nothing_is_no_such_folder(tmp_path: Path, name: str, monkeypatch) -> None:
    if name == "..":
        name = str(tmp_path / "gone" / "..")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="no such folder"):
        check_spec(ModelSpec(model=name))


@pytest.mark.parametrize("target", ["gone", "link"])
def test_a_link_to_nothing_is_no_id_on_the_hub(tmp_path: Path, target: str, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to(target)
    for spec in (ModelSpec(model="link"), ModelSpec(tokenizer="link")):
        with pytest.raises(ModelError, match="link: no such folder"):
            check_spec(spec)


@pytest.mark.parametrize("name", ["x" * 300, "/".join(["y" * 200] * 30)])
def test_a_path_that_is_too_long_is_told_in_one_line(name: str) -> None:
    for spec in (
        ModelSpec(model=name),
        ModelSpec(tokenizer=name),
        ModelSpec(factory=f"{name}.py:Model"),
        ModelSpec(factory="mine:Model", checkpoint=Path(name)),
    ):
        with pytest.raises(ModelError, match=r"cannot be read \(File name too long\)"):
            check_spec(spec)


def test_what_can_be_an_id_on_the_hub_is_left_to_the_hub() -> None:
    assert local_folder("bert-base-uncased", "--model") is None
    assert local_folder("org/model.v2_x", "--model") is None
    check_spec(ModelSpec(model="org/model"))


def test_a_file_for_a_folder_names_the_way_to_load_it(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"")
    with pytest.raises(ModelError, match=r"a file, not a folder.*--factory"):
        check_spec(ModelSpec(model=str(tmp_path / "model.pt")))


def test_a_folder_of_checkpoints_lists_them(tmp_path: Path) -> None:
    for step in ("checkpoint-500", "checkpoint-1000"):
        save_model(tmp_path / step, "bert", "base")
    with pytest.raises(ModelError, match=r"no config.json.*checkpoint-1000, checkpoint-500"):
        check_spec(ModelSpec(model=str(tmp_path)))


def test_a_folder_without_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelError, match="no weights"):
        check_spec(ModelSpec(model=str(tmp_path)))


def test_a_folder_without_tokenizer_needs_another_one(folder: Path, tmp_path: Path) -> None:
    bare = str(save_model(tmp_path / "bare", "bert", "base", tokenizer=False))
    with pytest.raises(ModelError, match=r"no tokenizer.*--tokenizer"):
        check_spec(ModelSpec(model=bare))
    with pytest.raises(ModelError, match="no tokenizer"):
        check_spec(ModelSpec(model=str(folder), tokenizer=bare))
    check_spec(ModelSpec(model=bare, tokenizer=str(folder)))


def test_files_of_a_factory_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone.py: no such file"):
        check_spec(ModelSpec(factory=f"{tmp_path}/gone.py:Model"))
    with pytest.raises(ModelError, match=r"--checkpoint .*gone.pt: no such file"):
        check_spec(ModelSpec(factory="a:B", checkpoint=tmp_path / "gone.pt"))
    with pytest.raises(ModelError, match="a folder; name the file"):
        check_spec(ModelSpec(factory="a:B", checkpoint=tmp_path))


@pytest.mark.parametrize(
    ("factory", "source", "attribute", "is_file"),
    [
        ("package.module:Model", "package.module", "Model", False),
        ("models/mine.py:Outer.build", "models/mine.py", "Outer.build", True),
        ("C:\\models\\mine.py:Model", "C:\\models\\mine.py", "Model", True),
        ("模型.py:モデル", "模型.py", "モデル", True),
    ],
)
def test_a_factory_is_a_place_and_a_name(
    factory: str, source: str, attribute: str, is_file: bool
) -> None:
    name = factory_name(factory)
    assert (name.source, name.attribute) == (source, attribute)
    assert (name.file is not None) == is_file


def test_checking_imports_neither_torch_nor_transformers(folder: Path) -> None:
    code = (
        "import sys\n"
        "from reportgen.models.spec import ModelSpec, check_spec\n"
        "check_spec(ModelSpec()); check_spec(ModelSpec(model=sys.argv[1]))\n"
        "print({'torch', 'transformers', 'pandas'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "set()"
