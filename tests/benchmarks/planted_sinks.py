"""Whether what is said of why a token is a sink is so where that was planted.

    python tests/benchmarks/planted_sinks.py [FAMILY ...]

Trains the attention of tiny models, of ten architectures, to make a token a sink in their first
layer in one of two ways: by a bias of its key, so that every text token gives it the same lead, or
by a match with some queries, so that the tokens of one half of the vocabulary prefer it as much as
those of the other half avoid it. The token is [CLS] in all heads, or a word in the first head
alone, while the others have no lead for it. Then analyses texts that were not seen in training, and
prints the note on its verdict and what share of the lead is said to be the same for every token.
Nothing is downloaded.
"""

import sys
import tempfile
import warnings
from itertools import product
from pathlib import Path
from random import Random

import torch
import transformers
from torch import Tensor
from transformers import AutoModel

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.real.families import load_family

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.findings import Findings
from reportgen.findings.notes import score_id
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.texts import texts_in_memory

FAMILIES = (
    *("bert", "roberta", "albert", "distilbert", "electra", "deberta-v2"),
    *("llama", "gpt2", "gpt_neox", "t5"),
)
WORDS = (
    *("for", "today", "good", "film", "coffee", "sat", "bad", "free"),
    *("very", "cat", "and", "ending", "only", "dog", "every", "on", "log"),
)
N_WORDS, N_TEXTS = 14, 24
STEPS, LEAD = 400, 6.0
WAYS = ("key bias", "query match")
WORD = "the"  # that one head looks at
SUBJECTS = {"[CLS]": "cls", WORD: f"token:{WORD}"}


def texts(n: int, seed: int) -> list[str]:
    """Random texts of N_WORDS words, the second of which is WORD."""
    random = Random(seed)
    drawn = [random.choices(WORDS, k=N_WORDS - 1) for _ in range(n)]
    return [" ".join([first, WORD, *others]) for first, *others in drawn]


def leads(maps: Tensor, own: Tensor) -> Tensor:
    """`[text, head, query, key]`: the leads of the keys `own` `[text, key]` over the other text
    tokens that a query sees, from maps `[text, head, query, key]`; NaN for other keys, and where
    the query is no other text token or sees less than three."""
    logs = maps.clamp(min=1e-30).log()
    content = torch.zeros_like(own)
    content[:, 1:-1] = True
    others = content & ~own
    seen = (maps > 0) & others[:, None, None]
    usual = logs.where(seen, 0).sum(-1) / seen.sum(-1).clamp(min=1)
    asks = (seen.sum(-1) >= 3) & others[:, None]
    counts = asks[..., None] & own[:, None, None] & (maps > 0)
    return (logs - usual[..., None]).where(counts, torch.nan)


def planted(family: str, token: str, way: str, folder: Path) -> LoadedModel:
    """A tiny model in whose first layer a token is made a sink in one of two ways."""
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
        is_token = ids == tokenizer.convert_tokens_to_ids(token)
        target = torch.full(ids.shape, LEAD)
        if way == "query match":
            target = torch.where(ids % 2 == 0, LEAD, -LEAD)
        by_key = target[:, None, :, None].repeat(1, maps.shape[1], 1, ids.shape[1])
        is_special = torch.zeros_like(is_token)
        if token == WORD:  # no lead in the other heads, and none of special tokens
            by_key[:, 1:] = 0.0
            is_special[:, [0, -1]] = True
            by_key[..., [0, -1]] = 0.0
        off = leads(maps, is_token | is_special) - by_key
        loss = off[off.isfinite()].pow(2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    path = folder / f"{family} {token} {way}"
    whole = AutoModel.from_pretrained(folder / family)
    own = whole.get_encoder() if whole.config.is_encoder_decoder else whole
    own.load_state_dict(encoder.state_dict())
    whole.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return load_model(ModelSpec(model=str(path)))


def row_of(model: LoadedModel, key: str, folder: Path) -> str:
    """What is measured and said of a token in the first layer, on fresh texts."""
    folder.mkdir()
    results = analyze(
        texts_in_memory(texts(N_TEXTS, 1), None, {}),
        model,
        folder,
        AnalysisOptions(units="token", evidence="basic"),
    )
    findings = Findings(results)
    verdicts = [note.id for note in findings.notes if note.is_verdict and note.role == key]
    own = findings.sink_scores.get(key, {}).get(1)
    if own is None:
        return "no head of the layer makes it a sink"
    share = sum(head.share for head in own.heads) / len(own.heads)
    ends = own.alike.interval
    row = f"{verdicts[0] if verdicts else '-':8} {share:5.2f}  {len(own.heads):5}  "
    row += f"{own.n_texts:5}  {own.alike.mean:5.2f}  "
    return row + (f"[{ends.low:.2f}, {ends.high:.2f}] " if ends else "none ") + score_id(own)


def main(asked: list[str]) -> None:
    """Print a row for each family, token and way."""
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity(50)
    transformers.logging.disable_progress_bar()
    print("family       token planted      verdict  share  heads  texts  alike  interval     said")
    with tempfile.TemporaryDirectory() as scratch:
        for family, (token, key), way in product(asked or FAMILIES, SUBJECTS.items(), WAYS):
            torch.manual_seed(0)
            model = planted(family, token, way, Path(scratch))
            row = row_of(model, key, Path(scratch) / f"results {family} {token} {way}")
            print(f"{family:12} {token:5} {way:12} {row}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
