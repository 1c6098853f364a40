// The two lines of a text, one click below its map: what the [CLS] row looks at, and what is received.

class Lines {
  constructor(panel) {
    this.panel = panel;
    this.fold = panel.figure.querySelector(".as-lines");
    this.box = make("div", { className: "plots live" });
    this.panes = [];
    this.fold.append(this.box);
    this.fold.addEventListener("toggle", () => panel.update());
  }

  // Draws them where they are seen; `key` changes with all that is drawn.
  async draw(plotly, shown, key) {
    if (!this.fold.open || key === this.drawn) return;
    this.drawn = key;
    const { views } = shown;
    while (this.panes.length > views.length) this.panes.pop().close();
    while (this.panes.length < views.length) this.panes.push(new LinesPane(this.panel, this.panes.length, this.box));
    const top = lineTop(shown);
    await Promise.all(this.panes.map((pane) => pane.draw(plotly, shown, top)));
    this.fold.classList.add("drawn");
  }

  clear() {
    this.drawn = "";
    this.fold.classList.remove("drawn");
    this.panes.splice(0).forEach((pane) => pane.close());
  }
}

class LinesPane {
  constructor(panel, at, box) {
    Object.assign(this, { panel, at });
    this.plot = make("div", { className: "line-plot" });
    this.plot.setAttribute("role", "img");
    this.title = make("h5", { className: "side" });
    const name = () => `${viewHeading(panel, at)} ${say("as_lines")}`;
    const lines = () => makeLines(panel.shown, panel.shown.views[at], lineTop(panel.shown));
    const save = (format) => plotPicture(lines, name(), format);
    this.box = make("div", {}, this.title, this.plot, pictureTools(name, save));
    box.append(this.box);
  }

  async draw(plotly, shown, top) {
    const view = shown.views[this.at];
    this.title.hidden = shown.views.length === 1;
    this.title.textContent = say("side", { side: "AB"[this.at], view: this.panel.viewName(this.at) });
    this.describe(shown, view);
    await drawPlot(plotly, this, makeLines(shown, view, top));
  }

  describe({ shape }, { received, factor, summed }) {
    const most = indexOfLargest(received.map((value) => value ?? NaN));
    const share = aboutText(received[most] * factor, summed);
    const about = { view: this.panel.viewName(this.at), token: tokenName(shape, most), share };
    this.plot.setAttribute("aria-label", say("lines_say", about));
  }

  // A point of a line chooses its own token.
  unitAt({ x }) {
    return x;
  }

  figuresOf({ data: { name }, x: k, y: value }) {
    const { shape, views } = this.panel.shown;
    const { summed, exact } = views[this.at];
    const isExact = exact || name === say("even_line");
    return { title: tokenName(shape, k), figures: [[name, weightText(value, summed, !isExact)]] };
  }

  close() {
    if (window.Plotly) window.Plotly.purge(this.plot);
    this.box.remove();
  }
}

// The largest value of the lines that are drawn; two views share an axis.
function lineTop({ views, crop }) {
  const top = (line) => Math.max(...line.slice(...crop.columns).map((value) => value ?? 0));
  return Math.max(...views.map(({ received, row, expected, factor }) =>
    factor * Math.max(...[received, row ?? [0], expected].map(top))));
}
