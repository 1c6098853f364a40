"""Do the outputs stay what they were? Writes every output of a checkout, and compares two of them.

    python tests/benchmarks/outputs.py write before/
    python tests/benchmarks/outputs.py compare before/ after/

`write` fills a new folder with what the reportgen on the path makes of the sample texts, with the
bundled models and with small random ones of each task: reports, comparisons of two models and of
three in every format and both languages, results folders, and what the terminal shows.
Results that are made by two workers, or by `run` beside a report must be the same bytes
as those of `analyze`. `compare` exits with 1 where a figure or a word differs; see
`outputs_compare.py` for what counts as one.

`PYTHONPATH=other_checkout` in front of `write` makes it use that checkout. Only the command line
and the public names of the package are used, so that it works with any version of its inside.
"""

import contextlib
import io
import itertools
import json
import os
import re
import runpy
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from outputs_models import SIDES, TASKS, save_models, write_texts

TESTS = Path(__file__).resolve().parents[1]
SETTINGS = {
    "SOURCE_DATE_EPOCH": "1767225600",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "COLUMNS": "100",
    "TERMINAL_WIDTH": "100",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "TQDM_DISABLE": "1",
}
GATES = """\
fail-if: ["special_share_max > 0.1"]
warn-if: ["unknown_share > 0%", "n_texts < 1000"]
compare:
  fail-if: ["prediction_changed > 90%"]
  warn-if: ["prediction_changed > 5%"]
"""

# Results folders by name: the texts and options they are made of.
SAMPLES = {
    "demo": "ad_headlines.csv --evidence full --evidence-texts 8",
    "star": "ad_headlines_star.csv -m demo-star --evidence full --evidence-texts 8",
    "demo_on_star": "ad_headlines_star.csv --evidence full --evidence-texts 8",
    "basic": "ad_headlines.csv --evidence basic --max-length 16",
    "attention_only": "ad_headlines.txt --evidence none --keep-maps 5",
    "hostile": "hostile.jsonl --evidence basic --batch-tokens 256",
    "pairs": "pairs.csv -m models/classes --evidence full",
    "generated": "ad_headlines.txt -m models/completions --limit 6 --generate 5",
}
# Of each task three models: one with all evidence, one with some, one with none.
EVIDENCE = {
    "": "--evidence full --evidence-texts 4 --keep-maps 5",
    "other_": "--evidence basic --evidence-texts 3 --keep-maps 3",
    "third_": "--evidence none --keep-maps none",
}
ANALYSES = SAMPLES | {
    f"{side}{task}": f"made/{task}.jsonl -m models/{side}{task} {EVIDENCE[side]}"
    for task in TASKS
    for side in SIDES
}
# Comparisons by name: the results folders.
COMPARISONS = {
    "demo_and_star": "results/demo_on_star results/star",
    "evidence": "results/basic results/demo",
    **{task: f"results/{task} results/other_{task}" for task in TASKS},
    **{
        f"three_{task}": " ".join(f"results/{side}{task}" for side in reversed(SIDES))
        for task in TASKS
    },
}
FOLDERS = tuple(ANALYSES)
PAGES = ("report.html", "report.md", "page.xml", "summary.json", "metrics.json")
TABLES = ("tokens", "heads", "texts", "predictions", "sinks", "agreement")
# Of each a command of its own, since not all results have all of them.
FILES = (*(f"{name}.{suffix}" for name in TABLES for suffix in ("csv", "parquet")), "maps.npz")
COMPARE_PAGES = (*("compare.html", "compare.md", "page.xml", "compare.json", "metrics.json"),)
COMPARE_TABLES = ("changes", "tokens", "figures", "layers", "heads")
GATED = "--warn-if 'special_share_max > 0.1'", ("report.md",)
# More reports of one results folder, by name: options, and the files.
OF_EACH = {
    "": ("", PAGES),
    "_ja": ("--lang ja", PAGES),
    "_redacted": ("--redact", (*PAGES, "tokens.csv", "predictions.csv")),
    "_gated": GATED,
}
VARIANTS = {
    "heads_sum": ("--heads sum --title 'Headlines, June'", (*PAGES, "tokens.csv", "heads.csv")),
    "redacted_ja": ("--redact --lang ja", PAGES),
    "folder": ("--layout dir", ("page/index.html",)),
    "detail": ("--pool-above 12", ("report.html",)),
    "small": ("--max-size 2.2MB --lang ja", ("report.html",)),
    "gitlab": ("--md-flavor gitlab --images png", ("report.md", "page.xml")),
    "azure": ("--md-flavor azure --lang ja --images png", ("report.md", "page.xml")),
    "bitbucket": ("--md-flavor bitbucket --images none", ("report.md", "page.xml")),
    "mkdocs": ("--md-flavor mkdocs", ("report.md",)),
    "plain": ("--md-flavor plain --id headlines-june", ("report.md",)),
    "short": ("--md-limit 4000", ("report.md",)),
    "short_ja": ("--md-limit 4000 --lang ja", ("report.md",)),
}
NAMES = ("run", "analyze", "render", "compare", "check", "site", "init")
HOSTS = ("github", "gitlab", "azure", "bitbucket", "jenkins")
# What else is run, by name.
COMMANDS = {
    "help": "--help",
    "version": "--version",
    **{f"help_{name}": f"{name} -h" for name in NAMES},
    "figures": "run --list-figures",
    "figures_of_compare": "compare --list-figures",
    "check_demo": "check --model demo",
    "check_star": "check --model demo-star --verbose",
    **{f"check_{name}": f"check -m models/{name}" for name in TASKS},
    **{f"init_{name}": f"init --host {name} --print" for name in HOSTS},
    "run_quiet": "run inputs/ad_headlines.txt --limit 3 --quiet -o run/quiet/report.html",
    "run_everything": "run inputs/hostile.jsonl --evidence none --strict --verbose "
    "-o run/everything/report.html -o run/everything/report.md -o run/everything/results/",
    "run_gates": "run inputs/ad_headlines.txt --limit 3 --evidence none --config gates.yaml "
    "--fail-if 'special_share_max > 0.9' --annotations github --github-summary "
    "-o run/gates/report.html -o run/gates/summary.json",
    "to_standard_output": "render results/demo --lang ja --format md -o -",
    "page_to_standard_output": "render results/pairs -o -",
    "step_summary_ja": "render results/pairs --lang ja --github-summary -o run/summary/report.md",
    "compare_gates": "compare results/demo_on_star results/star --config gates.yaml --lang ja "
    "--md-limit 5000 --md-flavor gitlab --github-summary --annotations github "
    "--fail-if 'prediction_change_mean > 0.01' -o run/compare/compare.md",
    "compare_models": "compare inputs/ad_headlines.txt --base demo --head demo-star --limit 4 "
    "--evidence none -o run/compare/models.html",
    "wrong_format": "render results/demo -o report.docx",
    "wrong_table": "render results/demo -o table.csv",
    "wrong_column": "run inputs/pairs.csv --text-column sentence -o run/wrong.html",
    "wrong_gate": "run inputs/pairs.csv --fail-if 'special_share_max >' -o run/wrong.html",
    "wrong_figure": "run inputs/pairs.csv --fail-if 'special_shares > 1' -o run/wrong.html",
    "wrong_option": "run inputs/pairs.csv --evidences none",
    "wrong_choice": "run inputs/pairs.csv --evidence most -o run/wrong.html",
    "wrong_size": "render results/demo --max-size much -o run/wrong.html",
    "wrong_model": "run inputs/pairs.csv -m models/none -o run/wrong.html",
    "wrong_results": "render inputs -o run/wrong.html",
    "wrong_pair": "compare results/demo results/star -o run/wrong.html",
    "exists": "render results/demo -o reports/demo/report.html",
    "no_file": "run inputs/none.csv -o run/wrong.html",
}


def write(folder: Path) -> None:
    """Write all outputs to `folder`, which must not exist."""
    folder.mkdir(parents=True)
    os.environ.update(SETTINGS, GITHUB_STEP_SUMMARY=str(folder.resolve() / "step_summary.md"))
    os.environ.pop("GITHUB_ACTIONS", None)
    os.chdir(folder)
    pictures = shutil.ignore_patterns("*.png")
    shutil.copytree(TESTS.parent / "sample_inputs", "inputs", ignore=pictures)
    Path("gates.yaml").write_text(GATES, "utf-8")

    save_models(Path("models"))
    write_texts(Path("inputs/reviews_en.csv"), Path("inputs/made"))
    for name, texts in ANALYSES.items():
        run(f"analyze_{name}", f"analyze inputs/{texts} -o results/{name}/")
    for name in FOLDERS:
        for end, (options, files) in OF_EACH.items():
            if not end or not name.startswith(SIDES[1:]):
                run(f"report_{name}{end}", render(name, f"reports/{name}{end}", files, options))
        for file in FILES:
            run(f"report_{name}_{file}", render(name, f"reports/{name}", (file,)))
    for name, (options, files) in VARIANTS.items():
        for results in ("demo", "pairs"):
            folder = f"reports/{results}_{name}"
            run(f"report_{results}_{name}", render(results, folder, files, options))
    for name, sides in COMPARISONS.items():
        write_comparisons(name, sides)
    for task in TASKS:
        write_same(task)
    for name, command in COMMANDS.items():
        run(name, command)
    write_from_python(Path("python"))


def write_comparisons(name: str, sides: str) -> None:
    """Write a comparison in every format and language."""
    tables = COMPARE_TABLES + (("trend",) if len(sides.split()) > 2 else ())
    for way, options, files in (
        ("en", "--warn-if 'prediction_changed > 5%'", (*COMPARE_PAGES, *ends(tables, "csv"))),
        ("ja", "--lang ja", (*COMPARE_PAGES[:3], *ends(tables, "parquet"))),
        ("redacted", "--redact", (*COMPARE_PAGES[:4], "changes.csv", "tokens.csv")),
    ):
        outputs = " ".join(f"-o comparisons/{name}_{way}/{file}" for file in files)
        run(f"compare_{name}_{way}", f"compare {sides} {options} {outputs}")


def ends(names: Iterable[str], suffix: str) -> Iterator[str]:
    """The names of files."""
    return (f"{name}.{suffix}" for name in names)


def write_same(task: str) -> None:
    """Make the results of a task's second model in other ways, and write which files differ."""
    texts = f"inputs/{ANALYSES[f'other_{task}']}"
    ways = {
        "workers": f"analyze {texts} --workers 2 -o again/{task}_workers/",
        "run": f"run {texts} --lang ja -o again/{task}_run/ -o run/{task}/report.html "
        f"-o run/{task}/report.md -o run/{task}/maps.npz",
    }
    plain, lines = Path(f"results/other_{task}"), []
    for way, command in ways.items():
        run(f"again_{task}_{way}", command)
        made = Path(f"again/{task}_{way}")
        names = {path.name for folder in (plain, made) for path in folder.iterdir()}
        differing = [name for name in sorted(names) if not same(plain / name, made / name)]
        lines.append(f"{way}: {', '.join(differing) or 'the same bytes'}")
    Path(f"again/{task}.txt").write_text("\n".join(lines), "utf-8")


def same(one: Path, other: Path) -> bool:
    """Whether both files exist and are the same bytes."""
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def render(results: str, folder: str, files: tuple[str, ...], options: str = "") -> str:
    """The command that renders `files` of a results folder."""
    outputs = " ".join(f"-o {folder}/{file}" for file in files)
    return f"render results/{results} {options} {outputs}"


def run(name: str, command: str) -> None:
    """Run a command in this process and write its exit code and what it prints to a file."""
    words = shlex.split(command)
    for before, path in itertools.pairwise(words):
        if before == "-o":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
    arguments, sys.argv = sys.argv, ["reportgen", *words]
    code: object = 0
    try:
        with captured() as (out, err):
            try:
                runpy.run_module("reportgen", run_name="__main__", alter_sys=False)
            except SystemExit as stop:
                code = stop.code or 0
            except Exception as error:
                code = repr(error)
    finally:
        sys.argv = arguments
    Path("terminal").mkdir(exist_ok=True)
    Path("terminal", f"{name}.txt").write_text(
        f"$ reportgen {command}\nexit code {code}\n"
        f"--- standard output\n{timeless(out())}\n--- standard error\n{timeless(err())}",
        "utf-8",
    )
    print(f"{name}: exit code {code}", flush=True)


@contextlib.contextmanager
def captured() -> Iterator[tuple[Callable[[], str], Callable[[], str]]]:
    """Standard output and standard error, as functions that return what was printed to them."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))

    def printed(stream: io.TextIOWrapper) -> str:
        stream.seek(0)
        return stream.read()

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield lambda: printed(out), lambda: printed(err)


def timeless(text: str) -> str:
    """`text` without what depends on how fast the machine is, and without the folder."""
    left = r"about \d+ (second|minute|hour)s? left"
    text = re.sub(rf"(?m)^{left}\n|, {left}", "", text)
    text = re.sub(r"\b[\d.]+ seconds\b", "N seconds", text)
    return text.replace(str(Path.cwd()), "FOLDER")


def write_from_python(folder: Path) -> None:
    """Write what the Python API gives of each results folder and comparison: notebook output,
    sentences and figures."""
    import reportgen

    folder.mkdir()
    for name in FOLDERS:
        report = reportgen.open_report(f"results/{name}")
        write_report(folder / name, report)
    for name, sides in COMPARISONS.items():
        compared = reportgen.compare(*sides.split())
        said = {lang: compared.headline(lang) for lang in ("en", "ja")}
        said |= {"figures": compared.figures, "repr": repr(compared)}
        write_json(folder / f"comparison_{name}.json", said)
    texts = ["無料で最大5,000ポイント", "a plain line", "Free coffee for every new member"]
    model = reportgen.load_model("models/classes")
    write_report(folder / "analyzed", reportgen.analyze(texts, model, labels=["same"] * 3))


def write_report(stem: Path, report: Any) -> None:
    """Write what a `Report` gives to files that start with `stem`."""
    stem.with_suffix(".html").write_text(report._repr_html_(), "utf-8")
    stem.with_suffix(".md").write_text(report._repr_markdown_(), "utf-8")
    said = {lang: [*report.notes(lang), *report.account(lang)] for lang in ("en", "ja")}
    said |= {"figures": report.figures, "repr": repr(report)}
    if len(report.predictions):
        report.predictions.to_csv(stem.with_suffix(".csv"))
    write_json(stem.with_suffix(".json"), said)


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")


def main() -> None:
    """Write or compare."""
    match sys.argv[1:]:
        case ["write", folder] if not Path(folder).exists():
            write(Path(folder))
        case ["compare", before, after] if Path(before).is_dir() and Path(after).is_dir():
            from outputs_compare import compare

            sys.exit(compare(Path(before), Path(after)))
        case _:
            sys.exit(f"{__doc__}\nThe folder to write must be new; those to compare must exist.")


if __name__ == "__main__":
    main()
