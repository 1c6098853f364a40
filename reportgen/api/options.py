"""The options of the command line, each declared once; nothing heavy is imported here."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from reportgen.models.spec import Dtype, Pooling
from reportgen.report.options import FlavorName, Heads, Images, Lang, Layout
from reportgen.results.info import EvidenceLevel

TEXTS = partial(typer.Option, rich_help_panel="Texts")
MODEL = partial(typer.Option, rich_help_panel="Model")
ANALYSIS = partial(typer.Option, rich_help_panel="Analysis")
GATES = partial(typer.Option, rich_help_panel="Gates")


@dataclass(frozen=True, slots=True)
class InputChoices:
    """The texts: which columns of which files."""

    text_column: Annotated[
        str | None,
        TEXTS(help="Column of the texts, e.g. review; default: text, else the only column."),
    ] = None
    pair_column: Annotated[
        str | None,
        TEXTS(help="Column of a second text, e.g. hypothesis; default: pair, where there is one."),
    ] = None
    label_column: Annotated[
        str | None,
        TEXTS(help="Column of the true value, e.g. stars; default: label, where there is one."),
    ] = None
    id_column: Annotated[
        str | None, TEXTS(help="Column of the ids, e.g. ad_id; default: id, else 1, 2, 3.")
    ] = None
    group_column: Annotated[
        str | None,
        TEXTS(
            help="Column that groups the texts, e.g. campaign; default: group, where there is one."
        ),
    ] = None
    encoding: Annotated[
        str | None, TEXTS(help="Encoding of the files, e.g. cp932; default: found out.")
    ] = None
    input_format: Annotated[
        Literal["txt", "csv", "tsv", "json", "jsonl", "parquet"] | None,
        TEXTS(help="Overrules the suffix, e.g. jsonl."),
    ] = None
    limit: Annotated[int | None, TEXTS(min=1, help="Take the first N texts, e.g. 20.")] = None


@dataclass(frozen=True, slots=True)
class ModelChoices:
    """The model and how it runs."""

    model: Annotated[
        str | None,
        MODEL(
            "--model",
            "-m",
            help="Folder or hub id, e.g. ./checkpoint; default: demo (demo-star is bundled too).",
        ),
    ] = None
    revision: Annotated[str | None, MODEL(help="Branch, tag or commit of a hub id, e.g. main.")] = (
        None
    )
    factory: Annotated[
        str | None,
        MODEL(help="Your own class, e.g. my_model.py:AlbertForRegression or package.module:Class."),
    ] = None
    factory_args: Annotated[
        str | None,
        MODEL(help="""Its arguments as JSON, e.g. '{"pretrained_model_name": "./albert"}'."""),
    ] = None
    checkpoint: Annotated[
        Path | None, MODEL(help="Weights for it, a saved state_dict, e.g. model.pt.")
    ] = None
    tokenizer: Annotated[
        str | None,
        MODEL(help="Folder or hub id of the tokenizer, e.g. ./albert; default: the model's."),
    ] = None
    encoder: Annotated[
        str | None,
        MODEL(
            help="Which transformer inside the model to read, e.g. albert; default: the only one."
        ),
    ] = None
    prediction_index: Annotated[
        int | None,
        MODEL(help="Which entry of what forward returns is the prediction, from 0, e.g. 1."),
    ] = None
    output_name: Annotated[
        str | None, MODEL(help='What the model predicts, e.g. "click rate (%)".')
    ] = None
    class_names: Annotated[
        str | None,
        MODEL(
            help="The outputs are classes with these names, in order, e.g. bad,good; for your "
            "own class, whose outputs are else read as numbers."
        ),
    ] = None
    pooling: Annotated[
        Pooling | None,
        MODEL(help="How a bare encoder's tokens become one embedding, e.g. mean."),
    ] = None
    trust_remote_code: Annotated[
        bool,
        MODEL(
            "--trust-remote-code",
            help="Run Python code that comes with the model, e.g. for a custom architecture.",
        ),
    ] = False
    device: Annotated[str, MODEL(help="e.g. cpu, cuda, cuda:1, mps, auto.")] = "cpu"
    dtype: Annotated[
        Dtype,
        MODEL(help="Precision the model runs in, e.g. bfloat16."),
    ] = "float32"
    max_length: Annotated[
        int | None,
        MODEL(
            min=1, help="Cut texts to this many tokens, e.g. 128; default: what the model can take."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class AnalysisChoices:
    """How the texts run, and what is kept of them."""

    batch_tokens: Annotated[
        int, ANALYSIS(min=1, help="Tokens that run together, padding included, e.g. 4096.")
    ] = 1024
    keep_maps: Annotated[
        str,
        ANALYSIS(
            help="How many texts keep their attention maps: all (up to 2 GB), none, or e.g. 100."
        ),
    ] = "all"
    evidence: Annotated[
        EvidenceLevel,
        ANALYSIS(
            help="What shows how far to trust attention: none, basic (norms, gradient, deletion) "
            "or full (adds sink tests, integrated gradients and more; takes much longer)."
        ),
    ] = "basic"
    evidence_texts: Annotated[
        str,
        ANALYSIS(
            metavar="N|all",
            help="On how many texts, spread evenly over the input; norms are on all, e.g. 200.",
        ),
    ] = "50"
    explain_class: Annotated[
        str | None,
        ANALYSIS(
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


REPORT = partial(typer.Option, rich_help_panel="Report")
# Of a report and of a comparison.
_MdFlavor = Annotated[
    FlavorName,
    REPORT(help="Where Markdown is going: what it may hold and how long it may be, e.g. gitlab."),
]
_MdLimit = Annotated[
    int | None,
    REPORT(
        min=1,
        help="Characters of Markdown; whole rows are left out, e.g. 20000. Default: what the "
        "flavour takes.",
    ),
]
_Id = Annotated[
    str,
    REPORT(help="Hidden in Markdown, to find its comment again, e.g. headlines-june."),
]
_GithubSummary = Annotated[
    bool,
    REPORT(help="Add the Markdown to a step's summary, e.g. in a job on GitHub Actions."),
]


@dataclass(frozen=True, slots=True)
class PageChoices:
    """What the outputs look like."""

    heads: Annotated[
        Heads,
        REPORT(help="Tables and charts show the mean over heads, or their sum, e.g. sum."),
    ] = "mean"
    title: Annotated[str | None, REPORT(help='e.g. "Headlines, June".')] = None
    lang: Annotated[Lang, REPORT(help="Language of the report, e.g. ja.")] = "en"
    max_size: Annotated[
        str,
        REPORT(help="What the page may weigh before texts lose their single heads, e.g. 25MB."),
    ] = "10MB"
    detail: Annotated[
        str | None,
        REPORT(
            metavar="ID,…|first:N|worst:N|all|none",
            help="The texts that carry figures and maps, as far as --max-size goes: by id, the "
            "first N, the N with the largest error, e.g. 17,42 or worst:20; default: all, those "
            "that deserve a look first.",
        ),
    ] = None
    pool_above: Annotated[
        str,
        REPORT(
            metavar="TOKENS|none",
            help="Pool the attention maps of texts with more tokens over their whole length, e.g. "
            "512.",
        ),
    ] = "256"
    layout: Annotated[
        Layout,
        REPORT(
            help="One file, or styles and scripts in files beside the page for hosts that allow "
            "nothing inline, e.g. dir with -o report/index.html."
        ),
    ] = "file"
    plotlyjs: Annotated[
        Path | None,
        REPORT(help="Another plotly.js to put in the page, e.g. plotly-cartesian.min.js."),
    ] = None
    md_flavor: _MdFlavor = "github"
    md_limit: _MdLimit = None
    images: Annotated[
        Images,
        REPORT(
            help="Pictures in img/ beside Markdown and Confluence pages, e.g. png (with the extra "
            r"\[png]) or none."
        ),
    ] = "svg"
    id: _Id = "report"
    github_summary: _GithubSummary = False
    format: Annotated[
        Literal["html", "md", "json", "confluence", "csv", "parquet"] | None,
        REPORT(help="Overrules the suffix of the outputs, e.g. md."),
    ] = None


@dataclass(frozen=True, slots=True)
class GateChoices:
    """What fails a job, and where that is written down."""

    fail_if: Annotated[
        list[str] | None,
        GATES(
            metavar="EXPR",
            help='Exit with 3 where this holds, e.g. "special_share_max > 0.8"; may repeat.',
        ),
    ] = None
    warn_if: Annotated[
        list[str] | None,
        GATES(metavar="EXPR", help='Warn where this holds, e.g. "unknown_share > 5%"; may repeat.'),
    ] = None
    config: Annotated[
        Path | None,
        GATES(
            metavar="FILE",
            help="Take more gates from it, e.g. gates.yaml; default: the nearest pyproject.toml "
            r"with a table \[tool.reportgen].",
        ),
    ] = None
    annotations: Annotated[
        Literal["auto", "github", "none"],
        GATES(
            help="Show gates that were not passed beside a job, e.g. github; auto: where "
            "GITHUB_ACTIONS is set."
        ),
    ] = "auto"


@dataclass(frozen=True, slots=True)
class CompareChoices:
    """What the outputs of a comparison look like."""

    title: Annotated[str | None, REPORT(help='e.g. "Headlines, June against May".')] = None
    lang: Annotated[Lang, REPORT(help="Language of the outputs, e.g. ja.")] = "en"
    format: Annotated[
        Literal["html", "md", "json"] | None,
        REPORT(help="Overrules the suffix of the outputs, e.g. md."),
    ] = None
    md_flavor: _MdFlavor = "github"
    md_limit: _MdLimit = None
    id: _Id = "compare"
    github_summary: _GithubSummary = False
