"""The options of the command line, each declared once; nothing heavy is imported here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from reportgen import __version__
from reportgen.info import EvidenceLevel
from reportgen.model.spec import Dtype, Pooling
from reportgen.report.figure_list import figure_list

_texts = partial(typer.Option, rich_help_panel="Texts")
_model = partial(typer.Option, rich_help_panel="Model")
_analysis = partial(typer.Option, rich_help_panel="Analysis")
_gates = partial(typer.Option, rich_help_panel="Gates")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reportgen {__version__}")
        raise typer.Exit


def list_figures(command: str) -> Callable[[bool], None]:
    """What prints the figures that gates of `command` can name, and ends."""

    def show(wanted: bool) -> None:
        if wanted:
            for line in figure_list(command).listing():
                typer.echo(line)
            raise typer.Exit

    return show


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
]
Texts = Annotated[
    list[str],
    typer.Argument(
        metavar="TEXTS...",
        help="Files of texts (.txt .csv .tsv .json .jsonl .parquet), or - for standard input.",
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Where to write, e.g. report.html; may repeat: report.md, tokens.csv, summary.json, "
        "page.xml (Confluence), results/ (a folder). - is standard output.",
    ),
]
ResultsOutput = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Results folder, e.g. results/.")
]
ResultsFolder = Annotated[
    Path, typer.Argument(metavar="RESULTS", help="A folder that `reportgen analyze` wrote.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite outputs that exist.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 4 where a text was empty or failed.")
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact", help="Write ids, lengths and figures only: no text and no token in any output."
    ),
]
_list_figures = partial(
    _gates,
    "--list-figures",
    is_eager=True,
    help="Print every figure that a gate can name, with its meaning, and end.",
)
ListFigures = Annotated[bool, _list_figures(callback=list_figures("run"))]
ListCompareFigures = Annotated[bool, _list_figures(callback=list_figures("compare"))]
Open = Annotated[bool, typer.Option("--open", help="Open the HTML report when it is written.")]


ComparePaths = Annotated[
    list[str],
    typer.Argument(
        metavar="BASE HEAD | TEXTS...",
        help="Two results folders; with --base and --head, files of texts.",
    ),
]
CompareOutputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Where to write, e.g. compare.html; may repeat: compare.md, compare.json. - is "
        "standard output.",
    ),
]
Base = Annotated[
    str | None,
    _model(
        metavar="MODEL", help="The model to hold the other against, e.g. ./old; a hub id, or demo."
    ),
]
Head = Annotated[
    str | None,
    _model(metavar="MODEL", help="The model that is compared, e.g. ./new; a hub id, or demo."),
]


@dataclass(frozen=True, slots=True)
class InputChoices:
    """The texts: which columns of which files."""

    text_column: Annotated[
        str | None,
        _texts(help="Column of the texts, e.g. review; default: text, else the only column."),
    ] = None
    pair_column: Annotated[
        str | None,
        _texts(help="Column of a second text, e.g. hypothesis; default: pair, where there is one."),
    ] = None
    label_column: Annotated[
        str | None,
        _texts(help="Column of the true value, e.g. stars; default: label, where there is one."),
    ] = None
    id_column: Annotated[
        str | None, _texts(help="Column of the ids, e.g. ad_id; default: id, else 1, 2, 3.")
    ] = None
    group_column: Annotated[
        str | None,
        _texts(
            help="Column that groups the texts, e.g. campaign; default: group, where there is one."
        ),
    ] = None
    encoding: Annotated[
        str | None, _texts(help="Encoding of the files, e.g. cp932; default: found out.")
    ] = None
    input_format: Annotated[
        Literal["txt", "csv", "tsv", "json", "jsonl", "parquet"] | None,
        _texts(help="Overrules the suffix, e.g. jsonl."),
    ] = None
    limit: Annotated[int | None, _texts(min=1, help="Take the first N texts, e.g. 20.")] = None


@dataclass(frozen=True, slots=True)
class ModelChoices:
    """The model and how it runs."""

    model: Annotated[
        str | None,
        _model(
            "--model",
            "-m",
            help="Folder or hub id, e.g. ./checkpoint; default: demo (demo-star is bundled too).",
        ),
    ] = None
    revision: Annotated[
        str | None, _model(help="Branch, tag or commit of a hub id, e.g. main.")
    ] = None
    factory: Annotated[
        str | None,
        _model(
            help="Your own class, e.g. my_model.py:AlbertForRegression or package.module:Class."
        ),
    ] = None
    factory_args: Annotated[
        str | None,
        _model(help="""Its arguments as JSON, e.g. '{"pretrained_model_name": "./albert"}'."""),
    ] = None
    checkpoint: Annotated[
        Path | None, _model(help="Weights for it, a saved state_dict, e.g. model.pt.")
    ] = None
    tokenizer: Annotated[
        str | None,
        _model(help="Folder or hub id of the tokenizer, e.g. ./albert; default: the model's."),
    ] = None
    encoder: Annotated[
        str | None,
        _model(
            help="Which transformer inside the model to read, e.g. albert; default: the only one."
        ),
    ] = None
    prediction_index: Annotated[
        int | None,
        _model(help="Which entry of what forward returns is the prediction, from 0, e.g. 1."),
    ] = None
    output_name: Annotated[
        str | None, _model(help='What the model predicts, e.g. "click rate (%)".')
    ] = None
    class_names: Annotated[
        str | None,
        _model(
            help="The outputs are classes with these names, in order, e.g. bad,good; for your "
            "own class, whose outputs are else read as numbers."
        ),
    ] = None
    pooling: Annotated[
        Pooling | None,
        _model(help="How a bare encoder's tokens become one embedding, e.g. mean."),
    ] = None
    trust_remote_code: Annotated[
        bool,
        _model(
            "--trust-remote-code",
            help="Run Python code that comes with the model, e.g. for a custom architecture.",
        ),
    ] = False
    device: Annotated[str, _model(help="e.g. cpu, cuda, cuda:1, mps, auto.")] = "cpu"
    dtype: Annotated[
        Dtype,
        _model(help="Precision the model runs in, e.g. bfloat16."),
    ] = "float32"
    max_length: Annotated[
        int | None,
        _model(
            min=1, help="Cut texts to this many tokens, e.g. 128; default: what the model can take."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class AnalysisChoices:
    """How the texts run, and what is kept of them."""

    batch_tokens: Annotated[
        int, _analysis(min=1, help="Tokens that run together, padding included, e.g. 4096.")
    ] = 1024
    keep_maps: Annotated[
        str,
        _analysis(
            help="How many texts keep their attention maps: all (up to 2 GB), none, or e.g. 100."
        ),
    ] = "all"
    evidence: Annotated[
        EvidenceLevel,
        _analysis(
            help="What shows how far to trust attention: none, basic (norms, gradient, deletion) "
            "or full (adds sink tests, integrated gradients and more; takes much longer)."
        ),
    ] = "basic"
    evidence_texts: Annotated[
        str,
        _analysis(
            metavar="N|all",
            help="On how many texts, spread evenly over the input; norms are on all, e.g. 200.",
        ),
    ] = "50"
    explain_class: Annotated[
        str | None,
        _analysis(
            help="The class, label or number whose score is explained, e.g. positive; default: "
            "each text's predicted class."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Talk:
    """How much is said."""

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more: checks, versions, every failed text.")
    ] = False
