"""Results with pairs and long texts, and what stands in a drawn panel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from helpers.made_up.factories import changed
from helpers.made_up.packed_maps import unpack
from helpers.plain.plain_multiples import plain_even, plain_multiples
from playwright.sync_api import Locator, Page, expect

from reportgen.results import Results

# Of the units of a text in their order, where each stands in its strip: markers follow the words.
PLACES = """box => {
  const all = [...box.querySelectorAll(".u")];
  const units = all.filter((unit) => !unit.dataset.at);
  const markers = all.filter((unit) => unit.dataset.at);
  for (const marker of markers) units.splice(+marker.dataset.at, 0, marker);
  return units.map((unit) => all.indexOf(unit));
}"""
LAYERS, HEADS = 3, 4  # of the model whose headlines are explored
QUIET = 100  # milliseconds without a change after which a panel is as it stays
SETTLED = """(figure, quiet) => new Promise((resolve) => {
  let timer = setTimeout(resolve, quiet);
  const wait = () => { clearTimeout(timer); timer = setTimeout(resolve, quiet); };
  const whole = { attributes: true, characterData: true, childList: true, subtree: true };
  new MutationObserver(wait).observe(figure, whole);
})"""


def as_pair(results: Results, text: int, at: int) -> Results:
    """`results` with the token at `at` of a text as the [SEP] between two segments."""
    row = results.texts.iloc[text]
    first, whole = int(row["first_token"]), str(row["text"])
    tokens = results.tokens.to_dict("records")
    own = tokens[first : first + int(row["n_tokens"])]
    start, end = own[at]["start"], own[at]["end"]
    own[at] |= {"token": "[SEP]", "is_special": True, "role": "sep"}
    own[at] |= {"segment": None, "start": None, "end": None}
    for token in own[at + 1 :]:
        if not token["is_special"]:
            token |= {"segment": 1, "start": token["start"] - end, "end": token["end"] - end}
    texts = results.texts.copy()
    texts.loc[text, "text"], texts.loc[text, "pair"] = whole[:start], whole[end:]
    return changed(results, texts=texts, tokens=pd.DataFrame(tokens))


def maps_of(results: Results, text: int) -> np.ndarray:
    """`[layer, head, query, key]`."""
    model = results.info.model
    return unpack(results.packed_maps(text), model.n_layers, model.n_heads).astype(float)


def units_of(page: Page, number: int = 1) -> list[Locator]:
    """The units of a text, special tokens among them, in their order."""
    strip = page.locator(f"#strip-{number}")
    return [strip.locator(".u").nth(place) for place in strip.evaluate(PLACES)]


@dataclass
class Drawn:
    """One drawn plot; what is blank is NaN."""

    z: np.ndarray  # the weights of the cells
    places: np.ndarray  # and where these stand on the scale of colours, from 0 to 1
    rows: list[int]
    columns: list[int]
    received: np.ndarray  # the weights of the row of all rows
    received_places: np.ndarray
    zmax: float
    layout: dict


@dataclass
class Lines:
    """The lines of one plot; what is blank is NaN."""

    received: np.ndarray
    even: np.ndarray
    row: np.ndarray
    columns: list[int]
    axis: list[float]  # its ends


def settle(page: Page, number: int) -> None:
    """Wait until the map of a text is drawn and nothing changes there."""
    figure = page.locator(f"#map-{number}.drawn")
    figure.wait_for(state="attached", timeout=20_000)
    figure.evaluate(SETTLED, QUIET)


def plots(page: Page, number: int) -> list[Drawn]:
    """The plots of a text, once they are drawn."""
    settle(page, number)
    found = page.locator(f"#map-{number} .plot").evaluate_all(
        """plots => plots.map(gd => ({
          z: gd.data[0].customdata, places: gd.data[0].z, zmax: gd.data[0].zmax,
          rows: gd.data[0].y, columns: gd.data[0].x,
          received: gd.data[1].customdata[0], received_places: gd.data[1].z[0],
          layout: {
            x: gd.layout.xaxis.range, y: gd.layout.yaxis.range,
            shapes: gd.layout.shapes, annotations: gd.layout.annotations,
            labels: [...gd.querySelectorAll('.ytick text')].map(t => t.textContent),
          },
        }))"""
    )
    for plot in found:
        for name in ("z", "places", "received", "received_places"):
            plot[name] = np.array(plot[name], dtype=float)
    return [Drawn(**plot) for plot in found]


def lines(page: Page, number: int) -> list[Lines]:
    """The lines of a text, one click below its map, once they are drawn."""
    settle(page, number)
    fold = page.locator(f"#map-{number} .as-lines")
    fold.evaluate("fold => { fold.open = true; }")
    page.locator(f"#map-{number} .as-lines.drawn").wait_for(state="attached")
    fold.evaluate(SETTLED, QUIET)
    found = fold.locator(".line-plot").evaluate_all(
        """plots => plots.map(gd => ({
          received: gd.data[0].y, even: gd.data[1].y, row: gd.data[2]?.y ?? [],
          columns: gd.data[0].x, axis: gd.layout.yaxis.range,
        }))"""
    )
    for plot in found:
        for name in ("received", "even", "row"):
            plot[name] = np.array(plot[name], dtype=float)
    return [Lines(**plot) for plot in found]


def places_of(
    weights: np.ndarray, content: Sequence[bool] | None = None, *, is_causal: bool = False
) -> np.ndarray:
    """Where the weights of a map stand on the scale of colours; without `content` the first and the
    last token are special ones."""
    if content is None:
        content = [0 < key < len(weights) - 1 for key in range(len(weights))]
    even = plain_even(range(len(weights)), is_causal=is_causal)
    return place_of(plain_multiples(weights.astype(float), even, content))


def received_places(
    weights: np.ndarray, content: Sequence[bool] | None = None, *, is_causal: bool = False
) -> np.ndarray:
    """Where the row of all rows of a map stands on the scale of colours: its mean beside the mean
    of what rows would spread evenly."""
    if content is None:
        content = [0 < key < len(weights) - 1 for key in range(len(weights))]
    even = plain_even(range(len(weights)), is_causal=is_causal)
    rows = (each.astype(float).mean(0)[None] for each in (weights, even))
    return place_of(plain_multiples(*rows, content))[0]


def place_of(times: np.ndarray) -> np.ndarray:
    """Where multiples stand on the scale: 1 at three tenths, 16 and more at the end."""
    return np.where(times <= 1, 0.3 * times, np.minimum(1, 0.3 + 0.7 * np.log2(times + 1e-300) / 4))


def same(drawn: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two arrays are equal, blanks in the same places."""
    return drawn.shape == expected.shape and np.allclose(
        drawn, expected, rtol=0, atol=1e-6, equal_nan=True
    )


def heads_table(results: Results, text: int, column: str) -> np.ndarray:
    """A figure of every head of a text, `[layer, head]`."""
    heads = results.heads[results.heads["text"] == text]
    model = results.info.model
    return heads[column].to_numpy().reshape(model.n_layers, model.n_heads)


def pick(page: Page, number: int, name: str, value: str) -> None:
    """Choose a layer or a head of a text by name."""
    figure = page.locator(f"#map-{number}")
    figure.get_by_role("combobox", name=name, exact=True).select_option(label=value)


def colour_by(page: Page, number: int, measure: str) -> None:
    """Choose what the colours of a text show."""
    choice = page.locator(f"#colours-{number}")
    button = choice.locator(f"input[value={measure}]")
    expect(choice).to_be_visible()
    if not button.is_visible():  # the page may open it at the same moment, so it is not toggled
        choice.locator("details").evaluate("more => { more.open = true; }")
    button.check()


def cell(page: Page, number: int, layer: int | str, head: int | str, n: int, m: int) -> Locator:
    """A cell of a text's grid of `n` layers and `m` heads; "all" and "mean" are the last ones."""
    row = n if layer == "all" else int(layer) - 1
    column = m if head == "mean" else int(head) - 1
    return page.locator(f"#map-{number} [role=gridcell][data-l='{row}'][data-h='{column}']")


def menu(group):
    """A menu that saves or copies, opened."""
    if group.get_attribute("open") is None:
        group.locator("> summary").click()
    return group
