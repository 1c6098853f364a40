"""Options from the settings of a project: what they change, and what goes before them."""

import json
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results

from reportgen.api.options import ConfiguredOptions, configured_options
from reportgen.errors import UsageError

LABELS = (1.0, 2.0, 0.0, 1.5, 1.0, 3.0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(text: str, name: str = "pyproject.toml") -> None:
    Path(name).write_text(text, "utf-8")


def test_options_of_the_settings_hold_and_the_command_line_overrides_them(folder: Path) -> None:
    make_results(folder / "r", labels=LABELS)
    settings(
        '[tool.reportgen]\noutput = "a.json"\ntitle = "June"\nlang = "ja"\nlabel-column = "stars"\n'
        '[tool.reportgen.compare]\noutput = ["c.json"]\ntitle = "Both"\nforce = true\n'
    )
    assert call("render", "r", "-v").exit_code == 0
    assert json.loads(Path("a.json").read_text("utf-8"))["title"] == "June"
    assert call("render", "r", "-o", "b.md", "--title", "May").exit_code == 0
    text = Path("b.md").read_text("utf-8")
    assert "## May\n" in text
    assert "テキスト" in text  # of the settings still
    # A column is nothing that folders of results have, so it does not stand in their way.
    for _ in range(2):
        done = call("compare", "r", "r")
        assert done.exit_code == 0, done.stderr
    assert json.loads(Path("c.json").read_text("utf-8"))["title"] == "Both"
    assert call("compare", "r", "r", "--label-column", "stars").exit_code == 2
    done = call("render", "r", "-o", "r.html", "--config", "none.yaml")
    assert "none.yaml: cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("label_column = 'stars'", "no setting label_column; is it label-column?"),
        ("evidense = 'full'", "no setting evidense; is it evidence?"),
        ("nonsense = 1", "no setting nonsense; settings are called as the options of"),
        ("evidence = 'some'", "evidence 'some': takes 'none', 'basic', 'full'"),
        ("limit = 'few'", "limit 'few': takes a whole number\n"),
        ("model = 3", "pyproject.toml: model 3: takes text\n"),
        ("max-size = 'big'", "max-size: --max-size big: not a size"),
        ("strict = 'yes'", "strict 'yes': takes true or false"),
        ("trust-remote-code = true", "it runs code, so it belongs on the command line"),
        ("trust_remote_code = true", "it runs code, so it belongs on the command line"),
        ("factory = 'evil.py:Model'", "it runs code, so it belongs on the command line"),
        (
            "factory-args = '{}'",
            "goes with --factory, which runs code, so it belongs on the command",
        ),
        ("plotlyjs = 'evil.js'", "its code runs in every page, so it belongs on the command line"),
        (
            "[tool.reportgen.compare]\nfactory = 'evil.py:Model'",
            "so it belongs on the command line",
        ),
        ("[tool.reportgen.compare]\nmodel = 'x'", "no setting compare.model"),
    ],
)
def test_what_is_no_setting_is_one_line_before_anything_is_read(line: str, said: str) -> None:
    settings(f"[tool.reportgen]\n{line}\n")
    for command in (("render", "none"), ("check", "--model", "none")):
        done = call(*command)
        assert done.exit_code == 2
        assert done.stderr.startswith("reportgen: pyproject.toml: ")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_no_file_of_settings_can_ask_for_code(folder: Path) -> None:
    (folder / "evil.py").write_text("import pathlib\npathlib.Path('ran').touch()\n")
    files = {"reportgen.toml": "factory = 'evil.py:M'\n", "named.yaml": "factory: evil.py:M\n"}
    for name, text in files.items():
        settings(text, name)
    Path("texts.txt").write_text("a\n")
    commands = (("run", "texts.txt"), ("analyze", "texts.txt"), ("check",))
    named = ("run", "texts.txt", "--config", "named.yaml")
    for command in (*commands, named):
        done = call(*command)
        assert done.exit_code == 2
        assert "factory is no setting: it runs code" in done.stderr
    assert not Path("ran").exists()


def test_the_file_that_decides_something_is_named(folder: Path, monkeypatch) -> None:
    make_results(folder / "r")
    (folder / ".git").mkdir()
    (folder / "a").mkdir()
    monkeypatch.chdir(folder / "a")
    path = folder / "pyproject.toml"
    path.write_text('[tool.reportgen]\nlang = "ja"\nlabel-column = "x"\nwarn-if = "n_texts < 1"\n')
    done = call("render", "../r", "-o", "a.md")
    assert done.stderr.splitlines()[0] == f"settings of {path}: lang, warn-if"
    assert "settings of" not in call("render", "../r", "-o", "b.md", "--quiet").stderr
    assert "settings of" not in call("render", "../r", "-o", "b.md", "--config", path).stderr
    path.write_text('[tool.reportgen]\nlang = "ja"\nquiet = true\n')
    done = call("render", "../r", "-o", "c.md")  # no setting hides where it is from
    assert done.stderr == f"settings of {path}: lang, quiet\n"
    done = call("render", "../r", "-o", "d.md", "--lang", "en", "--verbose")
    assert done.stderr.startswith(f"settings of {path}: quiet\n")
    path.write_text('[tool.reportgen]\nlang = "ja"\nlabel-column = "x"\n')
    done = call("render", "../r", "-o", "e.md", "--lang", "en")
    assert "settings of" not in done.stderr  # nothing of it is used


def test_a_list_of_reports_takes_their_language_and_no_title() -> None:
    settings('title = "June"\nlang = "ja"\n', "reportgen.toml")
    assert configured_options("site").values == {"lang": "ja"}


def test_an_error_says_where_an_option_was_set() -> None:
    settings("evidence-texts = 20\n", "reportgen.toml")
    Path("texts.txt").write_text("a\n")
    done = call("run", "texts.txt", "--evidence-budget", "5m")
    assert done.stderr.rstrip().endswith("(--evidence-texts: set in reportgen.toml)")


def test_every_kind_of_value_is_read_from_toml_and_from_yaml() -> None:
    settings(
        'limit = 3\nevidence-texts = 200\nmax-size = "5MB"\nforce = true\ntemperature = 0.5\n'
        'output = ["a.html", "b.md"]\npool-above = 512\n',
        "reportgen.toml",
    )
    expected = {
        "limit": 3,
        "evidence_texts": "200",
        "max_size": "5MB",
        "force": True,
        "temperature": 0.5,
        "output": ["a.html", "b.md"],
        "pool_above": "512",
    }
    assert configured_options("run") == ConfiguredOptions("reportgen.toml", expected)
    settings(
        "limit: 3\nevidence-texts: 200\nmax-size: 5MB\nforce: true\ntemperature: 0.5\n"
        "output: [a.html, b.md]\npool-above: 512\n",
        "other.yaml",
    )
    assert configured_options("run", Path("other.yaml")).values == expected
    with pytest.raises(UsageError, match=r"other\.toml: cannot be read"):
        configured_options("run", Path("other.toml"))


def test_what_is_set_for_comparisons_overrides_what_is_set_for_all() -> None:
    Path("reportgen.toml").write_text('lang = "en"\nunits = "token"\n[compare]\nlang = "ja"\n')
    assert configured_options("run").values == {"lang": "en", "units": "token"}
    assert configured_options("compare").values == {"lang": "ja", "units": "token"}
