"""bertviz's head_view and model_view of one text, opened without a network."""

import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from page_chromium import Times, first_content, first_drawn, opened
from playwright.sync_api import Browser

from reportgen.models import LoadedModel
from reportgen.models.tokens import encode

# What its pages load from a CDN: the npm package, and the file in it.
PACKAGES = {
    "require": ("requirejs@2.3.6", "requirejs/require.js"),
    "d3": ("d3@5.7.0", "d3/dist/d3.min.js"),
    "jquery": ("jquery@2.2.4", "jquery/dist/jquery.min.js"),
}
CDN = re.compile(
    r"https://cdnjs\.cloudflare\.com/ajax/libs/[\w./]*?(require|d3|jquery)\.min(\.js)?"
)
LINES = "#vis svg line"
# head_view shows a layer, all heads: the next is chosen in its list. model_view shows everything in
# small: a head is seen by a click on it.
SWITCHES = {
    "head_view": """async () => {
      const control = document.querySelector("#layer");
      const times = [];
      for (const option of control.options) {
        times.push(await taken(() => change(control, option.value), async () => {}));
      }
      return times;
    }""",
    "model_view": """async () => {
      const all = Array.from(document.querySelectorAll("#vis svg rect"));
      const heads = all.filter((rect) => rect.style.opacity === "0").slice(0, 20);
      const click = (head) => head.dispatchEvent(new MouseEvent("click"));
      const times = [];
      for (const head of heads) times.push(await taken(() => click(head), async () => {}));
      if (!document.querySelector("#vis .detail")) throw new Error("no head was opened");
      return times;
    }""",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """One view of bertviz: the bytes of its page, of what it loads, and milliseconds."""

    size: int
    loaded: int
    content: Times
    drawn: Times
    switch: Times


def missing(modules: Path | None) -> str | None:
    """What has to be installed before bertviz can be measured."""
    if not all(find_spec(name) for name in ("bertviz", "IPython")):
        return "bertviz is left out: pip install bertviz ipython"
    if modules is None:
        names = " ".join(package for package, _ in PACKAGES.values())
        return f"bertviz is left out: npm install {names}, and give --node-modules"
    return None


def attentions(model: LoadedModel, text: str) -> tuple[list[torch.Tensor], list[str]]:
    """`[1, head, query, key]` of every layer, and the tokens."""
    encoded = encode(model.tokenizer, text, None, 512)
    model.encoder.set_attn_implementation("eager")
    with torch.inference_mode():
        output = model.encoder(input_ids=torch.tensor([encoded.ids]), output_attentions=True)
    return list(output.attentions), list(encoded.tokens)


def written(
    model: LoadedModel, text: str, modules: Path, folder: Path
) -> dict[str, tuple[Path, int]]:
    """The pages of both views, with the files they load beside them; paths and bytes of these."""
    from bertviz import head_view, model_view

    maps, tokens = attentions(model, text)
    for name, (_, file) in PACKAGES.items():
        shutil.copy(modules / file, folder / f"{name}.js")
    loaded = sum((folder / f"{name}.js").stat().st_size for name in PACKAGES)
    pages = {}
    for view in (head_view, model_view):
        page = view(maps, tokens, html_action="return").data
        local, count = CDN.subn(lambda found: found[1] + (found[2] or ""), page)
        assert count == 3, "bertviz loads other files now"
        path = folder / f"{view.__name__}.html"
        path.write_text(f'<!doctype html><meta charset="utf-8">{local}', encoding="utf-8")
        pages[view.__name__] = (path, loaded)
    return pages


def measured(
    browser: Browser, model: LoadedModel, text: str, modules: Path, folder: Path, rounds: int
) -> dict[str, Peer]:
    """Both views of `text`, opened `rounds` times each."""
    peers = {}
    for name, (path, loaded) in written(model, text, modules, folder).items():
        contents: Times = []
        drawn: Times = []
        switches: Times = []
        for _ in range(rounds):
            with opened(browser, path) as page:
                drawn.append(first_drawn(page, LINES))
                contents.append(first_content(page))
                page.wait_for_timeout(500)
                switches += page.evaluate(SWITCHES[name])
        size = path.stat().st_size
        peers[name] = Peer(size, loaded, contents, drawn, switches)
    return peers
