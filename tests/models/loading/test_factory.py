"""A user's own class, built from a file or a module, and its errors told by their line."""

import importlib
import json
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from reportgen.errors import ModelError
from reportgen.models import ModelSpec, describe
from reportgen.models.loading import build_module, fill_required_arguments, importable
from reportgen.models.loading import factory as usercode


@pytest.fixture(autouse=True)
def forget_imports():
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("mine", "beside")):
            del sys.modules[name]


def build(tmp_path: Path, code: str, name: str = "Model", **arguments: object) -> nn.Module:
    path = tmp_path / "mine.py"
    path.write_text(code, "utf-8")
    spec = ModelSpec(factory=f"{path}:{name}", factory_args=json.dumps(arguments))
    with importable(spec):
        return build_module(spec)


LINEAR = """
from torch import nn

class Model(nn.Module):
    def __init__(self, size, bias=True):
        super().__init__()
        self.layer = nn.Linear(size, 1, bias=bias)
"""


def test_a_class_in_a_file_is_called_with_its_arguments(tmp_path: Path) -> None:
    module = build(tmp_path, LINEAR, size=3, bias=False)
    assert module.layer.weight.shape == (1, 3)
    assert module.layer.bias is None


def test_functions_and_dotted_names_build_modules_too(tmp_path: Path) -> None:
    code = LINEAR + "\n    @classmethod\n    def small(cls):\n        return cls(2)\n"
    code += "\ndef make(size):\n    return Model(size)\n"
    assert build(tmp_path, code, "Model.small").layer.weight.shape == (1, 2)
    assert build(tmp_path, code, "make", size=5).layer.weight.shape == (1, 5)


def test_a_module_in_the_current_folder_is_importable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_package").mkdir()
    (tmp_path / "mine_package" / "__init__.py").write_text("")
    (tmp_path / "mine_package" / "models.py").write_text(LINEAR)
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    spec = ModelSpec(factory="mine_package.models:Model", factory_args='{"size": 2}')
    with importable(spec):
        assert isinstance(build_module(spec), nn.Module)
    assert sys.path == before


def test_a_file_imports_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("SIZE = 7")
    code = "from beside import SIZE\n" + LINEAR + "\ndef make():\n    return Model(SIZE)\n"
    assert build(tmp_path, code, "make").layer.weight.shape == (1, 7)


def test_files_of_one_name_do_not_stand_in_for_each_other(tmp_path: Path) -> None:
    for folder, size in (("one", 2), ("two", 3)):
        (tmp_path / folder).mkdir()
        code = LINEAR + f"\ndef make():\n    return Model({size})\n"
        assert build(tmp_path / folder, code, "make").layer.weight.shape == (1, size)


def test_a_file_may_be_called_like_an_installed_package(tmp_path: Path) -> None:
    installed = importlib.import_module("transformers")
    (tmp_path / "transformers.py").write_text(LINEAR)
    spec = ModelSpec(factory=f"{tmp_path}/transformers.py:Model", factory_args='{"size": 2}')
    assert isinstance(build_module(spec), nn.Module)
    assert sys.modules["transformers"] is installed


def test_a_class_that_draws_its_weights_draws_the_same_each_time(tmp_path: Path) -> None:
    state = torch.random.get_rng_state()
    first = build(tmp_path, LINEAR, size=3).layer.weight
    torch.rand(5)
    assert torch.equal(build(tmp_path, LINEAR, size=3).layer.weight, first)
    torch.random.set_rng_state(state)
    expected = torch.rand(2)
    torch.random.set_rng_state(state)
    build(tmp_path, LINEAR, size=3)
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        ("import torch\nclass Model(\n", "Model", ["SyntaxError at", "mine.py:2"]),
        ("\n\nimport not_there_at_all\n", "Model", ["ModuleNotFoundError at", "mine.py:3"]),
        ("raise SystemExit('bye')\n", "Model", ["SystemExit at", "mine.py:1", "bye"]),
        (LINEAR, "Modell", ["no Modell in", "spelling"]),
        ("Model = 3\n", "Model", ["not a class or function"]),
        ("def Model():\n    return [1]\n", "Model", ["gives a list, no nn.Module"]),
        (
            "def deep():\n    raise ValueError('a\\nb')\n\ndef Model():\n    return deep()\n",
            "Model",
            ["ValueError at", "mine.py:2: a"],
        ),
        (
            "import json\n\ndef Model():\n    return json.loads('{')\n",
            "Model",
            ["JSONDecodeError at", "mine.py:4"],
        ),
    ],
)
def test_errors_name_the_line_of_the_users_file(
    tmp_path: Path, code: str, name: str, words: list[str]
) -> None:
    with pytest.raises(ModelError) as caught:
        build(tmp_path, code, name)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message


def test_a_folder_named_almost_like_a_librarys_is_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usercode, "_LIBRARIES", usercode._LIBRARIES | {tmp_path / "lib"})
    for name, is_told in (("lib", False), ("library", True)):
        (tmp_path / name).mkdir()
        with pytest.raises(ModelError) as caught:
            build(tmp_path / name, "raise ValueError('a')\n")
        assert ("ValueError at" in str(caught.value)) == is_told


@pytest.mark.parametrize("arguments", [{}, {"size": 2, "colour": "red"}])
def test_wrong_arguments_are_told_with_the_signature(tmp_path: Path, arguments: dict) -> None:
    with pytest.raises(ModelError, match=r"takes \(size, bias=True\).*--factory-args"):
        build(tmp_path, LINEAR, **arguments)


def test_a_path_to_nothing_in_the_arguments_is_named(tmp_path: Path) -> None:
    code = "def Model(**arguments):\n    raise OSError('not a valid id on the hub')\n"
    gone = str(tmp_path / "gone")
    for arguments in ({"path": gone}, {"deep": {"list": [1, gone]}}):
        with pytest.raises(ModelError) as caught:
            build(tmp_path, code, **arguments)
        said = str(caught.value)
        assert said.startswith(f"--factory-args: no file or folder {gone} (--factory ")
        assert said.endswith("OSError at mine.py:2: not a valid id on the hub)")
    for other in (str(tmp_path), "a text", "https://example.org/a", 3):
        with pytest.raises(ModelError, match=r"^--factory /"):
            build(tmp_path, code, path=other)


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match="nothing_here:Model: cannot import: ModuleNotFound"):
        build_module(ModelSpec(factory="nothing_here:Model"))


def test_arguments_that_no_tokenizer_gives_are_none() -> None:
    class Model(nn.Module):
        def forward(self, input_ids, attention_mask, token_type_ids, labels, scale=2):
            return input_ids, attention_mask, token_type_ids, labels, scale

    module = Model()
    fill_required_arguments(module, token_type_ids=False)
    assert module(input_ids=1, attention_mask=0) == (1, 0, None, None, 2)
    other = Model()
    fill_required_arguments(other, token_type_ids=True)
    assert other(input_ids=1, attention_mask=0, token_type_ids=5) == (1, 0, 5, None, 2)
    with pytest.raises(TypeError):
        other(input_ids=1, attention_mask=0)


def test_errors_are_told_in_one_line_without_folders() -> None:
    message = "no file /" + "home/anna/models/a.bin"  # see `test_shortened_paths`
    assert describe(ValueError(message)) == "ValueError: no file a.bin"
    assert describe(ValueError(message), with_folders=True) == f"ValueError: {message}"
    assert describe(ValueError("one\ntwo")) == "ValueError: one"
    assert describe(ValueError("a \ud83d")) == r"ValueError: a \ud83d"
    assert describe(KeyError()) == "KeyError"


def test_the_place_is_below_the_current_folder_on_the_terminal_and_a_bare_name_elsewhere(
    tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "inside").mkdir()
    file = tmp_path / "inside" / "mine.py"
    code = compile("raise ValueError('bad')", str(file), "exec")
    file.write_text("raise ValueError('bad')")
    with pytest.raises(ValueError, match="bad") as caught:
        exec(code)
    (tmp_path / "other").mkdir()
    for folder, place in (("inside", "mine.py"), (".", "inside/mine.py"), ("other", "mine.py")):
        monkeypatch.chdir(tmp_path / folder)
        assert describe(caught.value) == "ValueError at mine.py:1: bad"
        told = describe(caught.value, with_folders=True)
        assert told == f"ValueError at {place}:1: bad"
