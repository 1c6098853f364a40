// One drawn map with its lines: the plot and the sentences above it.

class Pane {
  constructor(panel, at) {
    this.panel = panel;
    this.at = at;
    this.title = make("h5", { className: "side", hidden: true });
    this.caption = make("p", { className: "small" });
    this.plot = make("div", { className: "plot" });
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", say("loading"));
    this.box = make("div", {}, this.title, this.caption, this.plot, paneTools(this));
  }

  figure({ views, ...shown }) {
    return makeFigure(shown.shape, views[this.at], shown);
  }

  async draw(plotly, shown) {
    const { data, layout } = this.figure(shown);
    const isFirst = !this.plot.classList.contains("js-plotly-plot");
    await plotly.react(this.plot, data, layout, { displaylogo: false, displayModeBar: false });
    if (!isFirst) return;
    // A cell chooses its row, a point of the lines its token.
    this.plot.on("plotly_click", ({ points: [point] }) => {
      const drawn = point.data.type === "heatmap" ? point.y : point.x;
      this.panel.chooseUnit(this.panel.shown.shape.first[drawn]);
    });
  }

  describe({ shape, views, colours }, said) {
    const view = views[this.at];
    const name = this.panel.viewName(this.at);
    this.title.hidden = views.length === 1;
    this.title.textContent = say("side", { side: "AB"[this.at], view: name });
    this.caption.hidden = views.length === 1; // the one caption says it
    this.caption.textContent = said.join(say("space"));
    const best = view.z.reduce((at, value, i) => (value > (view.z[at] || -1) ? i : at), 0);
    this.plot.setAttribute("aria-label", say("map_says", {
      view: name,
      from: tokenName(shape, Math.floor(best / shape.count)),
      to: tokenName(shape, best % shape.count),
      share: about(colours.most[this.at], view.summed),
    }));
  }

  clear() {
    if (window.Plotly) window.Plotly.purge(this.plot);
    this.plot.classList.remove("js-plotly-plot");
  }

  close() {
    this.clear();
    this.box.remove();
  }
}

// Where the lines of two views end, so that both have one axis; null for one view, which has its own.
function lineTop(views) {
  if (views.length === 1) return null;
  const values = views.flatMap(({ received, row, expected, factor }) =>
    [...received, ...(row ?? []), ...expected].map((value) => (value ?? 0) * factor));
  return 1.06 * Math.max(...values);
}

// What is left out of one view, and how much that is.
function viewSays(shape, view, choice) {
  const said = [];
  if (choice.content) said.push(say("hidden", { share: about(view.hidden, false) }));
  if (choice.part) {
    const share = about(view.shown * view.factor, view.summed);
    said.push(say(choice.content ? "part_content_says" : "part_says", { part: say(`part_${choice.part}`), share }));
  }
  if (view.blank) said.push(say("blank", { n: view.blank }));
  return said;
}

// Where the colours end, and what lies beyond.
function rangeSays(shape, views, colours) {
  const said = [];
  const isSum = views.every((view) => view.summed);
  if (colours.kind === "rank") said.push(say("rank_says"));
  else if (colours.isFixed) {
    const top = isSum ? decimal(colours.top, 0) : say("percent", { x: decimal(100 * colours.top, 0) });
    said.push(say("range_fixed", { top }), ...(colours.kind === "sqrt" ? [say("sqrt_says")] : []));
  } else said.push(say(colours.kind === "sqrt" ? "range_sqrt" : "range", { top: about(colours.top, isSum) }));
  const above = colours.above.reduce((sum, n) => sum + n, 0);
  if (above) said.push(say("clipped", { n: above, most: about(Math.max(...colours.most), isSum) }));
  if (shape.pool > 1) said.push(say("pooled", { n: shape.pool }));
  return said;
}

// The chosen token's row and column in each view, in words.
function tell(panel, { shape, views, chosen }) {
  if (chosen === null) return [];
  const list = (title, values, view, reason) => {
    const order = values
      .map((value, i) => [value, i])
      .filter(([value]) => !Number.isNaN(value))
      .sort((a, b) => b[0] - a[0] || a[1] - b[1])
      .slice(0, 5);
    const items = order.map(([value, i]) =>
      make("li", {}, make("bdi", { textContent: tokenName(shape, i) }), " ",
        make("b", { textContent: weight(value * view.factor, view.summed, true) })));
    return make("div", {}, make("h5", { textContent: title }),
      items.length ? make("ol", {}, ...items) : make("p", { className: "hint", textContent: say(reason) }));
  };
  const { count } = shape;
  const inPart = state.part && panel.data.pair;
  const told = views.map((view, i) => make("div", { className: "told-of" },
    make("h4", {}, make("bdi", { textContent: tokenName(shape, chosen) }), ` · ${panel.viewName(i)}`),
    list(say("looks_at"), Array.from(view.z.subarray(chosen * count, (chosen + 1) * count)), view, inPart ? "not_in_part" : "is_blank"),
    list(say("looked_at_by"), upTo(count).map((q) => view.z[q * count + chosen]), view, inPart ? "not_in_part" : "is_hidden")));
  const reset = make("button", { type: "button", textContent: say("reset") });
  reset.addEventListener("click", () => panel.chooseUnit(null));
  return [...told, reset];
}
