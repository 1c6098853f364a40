"""Whether what is said of why a token is a sink is so where that was planted.

    python tests/benchmarks/planted_sinks.py [FAMILY ...]

Trains the attention of tiny models, of ten architectures, to make [CLS] a sink in their first
layer in one of two ways: by a bias of its key, so that every text token gives it the same lead, or
by a match with some queries, so that the tokens of one half of the vocabulary prefer it as much as
those of the other half avoid it. Then analyses texts that were not seen in training, and prints
what share of the lead is said to be the same for every token. Nothing is downloaded.
"""

import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

import torch
import transformers
from torch import Tensor
from transformers import AutoModel

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.real.families import load_family

from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.pipeline import analyze
from reportgen.findings.findings import Findings
from reportgen.findings.notes.sink_scores import score_id
from reportgen.findings.sinks.sink_scores import SinkScores
from reportgen.models.loaded import LoadedModel
from reportgen.models.loading.load import load_model
from reportgen.models.spec import ModelSpec
from reportgen.texts.in_memory import texts_in_memory

FAMILIES = (
    *("bert", "roberta", "albert", "distilbert", "electra", "deberta-v2"),
    *("llama", "gpt2", "gpt_neox", "t5"),
)
WORDS = (
    *("for", "today", "good", "film", "coffee", "sat", "bad", "the", "free"),
    *("very", "cat", "and", "ending", "only", "dog", "every", "on", "log"),
)
N_WORDS, N_TEXTS = 14, 24
STEPS, LEAD = 400, 6.0


def texts(n: int, seed: int) -> list[str]:
    """Random texts of N_WORDS words."""
    random = Random(seed)
    return [" ".join(random.choices(WORDS, k=N_WORDS)) for _ in range(n)]


def leads(maps: Tensor) -> Tensor:
    """`[text, head, query]`: the lead of the first key over the text tokens that a query sees, from
    maps `[text, head, query, key]`; NaN for what is no text token or sees less than three."""
    logs = maps.clamp(min=1e-30).log()
    content = torch.zeros(maps.shape[-1], dtype=torch.bool)
    content[1:-1] = True
    seen = (maps > 0) & content
    usual = logs.where(seen, 0).sum(-1) / seen.sum(-1).clamp(min=1)
    asks = (seen.sum(-1) >= 3) & content
    return (logs[..., 0] - usual).where(asks, torch.nan)


def planted(family: str, way: str, folder: Path) -> LoadedModel:
    """A tiny model in whose first layer [CLS] is made a sink in one of two ways."""
    model = load_family(folder, family)
    encoder, tokenizer = model.encoder, model.tokenizer
    encoder.set_attn_implementation("eager")
    for parameter in encoder.parameters():
        parameter.requires_grad_(True)
    optimiser = torch.optim.Adam(encoder.parameters(), lr=5e-3)
    for step in range(STEPS):
        given = tokenizer(texts(8, 1000 + step), return_tensors="pt")
        ids, mask = given["input_ids"], given["attention_mask"]
        maps = encoder(ids, attention_mask=mask, output_attentions=True).attentions[0]
        target = torch.full(ids.shape, LEAD)
        if way == "query match":
            target = torch.where(ids % 2 == 0, LEAD, -LEAD)
        off = leads(maps) - target[:, None]
        loss = off[off.isfinite()].pow(2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    path = folder / f"{family} {way}"
    whole = AutoModel.from_pretrained(folder / family)
    own = whole.get_encoder() if whole.config.is_encoder_decoder else whole
    own.load_state_dict(encoder.state_dict())
    whole.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return load_model(ModelSpec(model=str(path)))


def said(model: LoadedModel, folder: Path) -> SinkScores | None:
    """What is measured of [CLS] in the first layer, on fresh texts."""
    folder.mkdir()
    results = analyze(
        texts_in_memory(texts(N_TEXTS, 1), None, {}),
        model,
        folder,
        AnalysisOptions(evidence="basic"),
    )
    return Findings(results).sink_scores.get("cls", {}).get(1)


def main(asked: list[str]) -> None:
    """Print a row for each family and way."""
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity(50)
    transformers.logging.disable_progress_bar()
    print("family       planted      share  heads  alike  interval     said")
    with tempfile.TemporaryDirectory() as scratch:
        for family in asked or FAMILIES:
            for way in ("key bias", "query match"):
                torch.manual_seed(0)
                own = said(
                    planted(family, way, Path(scratch)), Path(scratch) / f"results {family} {way}"
                )
                row = "no head of the layer makes it a sink"
                if own is not None:
                    share = sum(head.share for head in own.heads) / len(own.heads)
                    ends = own.alike.interval
                    row = f"{share:5.2f}  {len(own.heads):5}  {own.alike.mean:5.2f}  "
                    row += f"[{ends.low:.2f}, {ends.high:.2f}]" if ends else "none"
                    row += f" {score_id(own)}"
                print(f"{family:12} {way:12} {row}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
