// One drawn map: the plot, and the sentences above it.

const ECHO = 1000; // milliseconds after a touch in which a click is the same tap

class Pane {
  constructor(panel, at) {
    this.panel = panel;
    this.at = at; // which of two selections it shows
    this.title = make("h5", { className: "side", hidden: true });
    this.caption = make("p", { className: "small" });
    this.plot = make("div", { className: "plot" });
    setAttributes(this.plot, { role: "img", "aria-label": say("loading") });
    this.key = svgElement("svg", { class: "key" });
    this.box = make("div", {}, this.title, this.caption,
      make("div", { className: "framed" }, this.plot, this.key), paneTools(this));
  }

  figure({ views, ...shown }) {
    return makeMap(shown, views[this.at]);
  }

  async draw(plotly, shown) {
    const { data, layout, ...beside } = this.figure(shown);
    data[0].showscale = false;
    await drawPlot(plotly, this, { data, layout });
    this.drawKey(layout, beside);
  }

  // The key of the colours, as without scripts: plotly takes a fifth of its time to measure its own.
  drawKey({ width, height }, { place, marks, future }) {
    setAttributes(this.key, { viewBox: `0 0 ${DESIGN} ${place.height}`, width, height });
    const hatching = svgElement("path", { class: "future", fill: "url(#future)", d: future });
    this.key.replaceChildren(...(future ? [hatching] : []), colourBar(place, marks));
  }

  // What is said of a cell.
  figuresOf({ data: { meta }, x, y }) {
    if (meta === "sink") return this.sinkFigures(y);
    if (meta === "all-sink") return this.receivedFigures(say("learned_sink"), (view) => view.sinkReceived, false);
    if (meta !== "all") return this.cellFigures(y, x);
    const { shape, views } = this.panel.shown;
    return this.receivedFigures(tokenName(shape, x), (view) => view.received[x], views[this.at].exact);
  }

  // Of a cell the token of its row; in the row of all rows that of its column.
  unitAt({ data: { meta }, x, y }) {
    if (meta === "all-sink") return null;
    return meta === "all" ? x : y;
  }

  cellFigures(q, k) {
    const { shape, views } = this.panel.shown;
    const view = views[this.at];
    const value = view.z[q * shape.count + k];
    if (Number.isNaN(value)) return null;
    const [from, to] = [q, k].map((i) => tokenName(shape, i));
    const weight = weightText(value * view.factor, view.summed, true);
    const [unit, next] = [shape.first[k], shape.first[k + 1] ?? Infinity];
    const isUnit = next === unit + 1 || unit === this.panel.strip.units.length - 1; // not a word, nor a pooled cell
    const figures = isUnit ? this.panel.strip.figuresOf(unit) : [];
    return {
      title: say("from_to", { from, to }),
      figures: [
        [figureName("attention_line", view), weight],
        ...figures.map(([name, x]) => [say("of_token", { name, token: to }), x]),
      ],
    };
  }

  // A cell of the learned sink's column.
  sinkFigures(q) {
    const { shape, views } = this.panel.shown;
    const { sink, factor, summed } = views[this.at];
    if (Number.isNaN(sink[q])) return null;
    const title = say("from_to", { from: tokenName(shape, q), to: say("learned_sink") });
    const name = figureName("attention_line", views[this.at]);
    return { title, figures: [[name, weightText(sink[q] * factor, summed, true)]] };
  }

  // A cell of the row of all rows.
  receivedFigures(title, read, isExact) {
    const view = this.panel.shown.views[this.at];
    const value = read(view);
    if (value === null) return null;
    return { title, figures: [[figureName("received", view), weightText(value * view.factor, view.summed, !isExact)]] };
  }

  describe({ shape, views }, sentences) {
    const view = views[this.at];
    const name = this.panel.viewName(this.at);
    const isAlone = views.length === 1; // then the panel's caption says it
    this.title.hidden = isAlone;
    this.title.textContent = say("side", { side: "AB"[this.at], view: name });
    this.caption.hidden = isAlone;
    this.caption.textContent = sentences.join(say("space"));
    const largest = indexOfLargest(view.z);
    this.plot.setAttribute("aria-label", say("map_says", {
      view: name,
      from: tokenName(shape, Math.floor(largest / shape.count)),
      to: tokenName(shape, largest % shape.count),
      share: aboutText(view.factor * view.z[largest], view.summed),
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

// Draws the plot of a `pane`, which says what is to be told of a point of it, and which unit it chooses.
async function drawPlot(plotly, pane, { data, layout }) {
  const { plot, panel } = pane;
  const isFirst = !plot.classList.contains("js-plotly-plot");
  await plotly.react(plot, data, layout, { displaylogo: false, displayModeBar: false });
  if (!isFirst) return;
  let touchedAt = -Infinity;
  const wasTouched = () => performance.now() - touchedAt < ECHO;
  plot.on("plotly_hover", ({ points: [point], event }) => showPointTip(pane, point, event));
  // After a touch, which nothing leaves, it stays until the next one.
  plot.on("plotly_unhover", () => !wasTouched() && leaveTip());
  plot.on("plotly_click", ({ points: [point], event }) => {
    // A tap is told twice, as a touch and as the click that browsers make of it: the second is left out.
    const isTouch = event.type.startsWith("touch");
    if (!isTouch && wasTouched()) return;
    if (isTouch) touchedAt = performance.now();
    showPointTip(pane, point, event);
    const drawn = pane.unitAt(point);
    if (drawn !== null) panel.chooseUnit(panel.shown.shape.first[drawn]);
  });
}

// The name of a figure of a map; of sums over heads, that it is one.
const figureName = (key, { summed }) => (summed ? say("over_heads", { name: say(key), n: page.heads }) : say(key));

// It must not be in the way of the next point.
function showPointTip(pane, point, event) {
  const { clientX: x, clientY: y } = event.touches?.[0] ?? event.changedTouches?.[0] ?? event;
  showTip(null, { left: x, right: x, top: y, bottom: y }, () => pane.figuresOf(point), false);
}

// Sentences on what a view leaves out, and how much that is.
function describeView(view, choice) {
  const sentences = [];
  if (choice.content) sentences.push(say("hidden", { share: aboutText(view.hidden, false) }));
  if (choice.part) {
    const share = aboutText(view.shown * view.factor, view.summed);
    const part = say(`part_${choice.part}`);
    sentences.push(say(choice.content ? "part_content_says" : "part_says", { part, share }));
  }
  if (view.blank) sentences.push(say("blank", { n: view.blank }));
  if (view.sink) sentences.push(say("sink_says"));
  return sentences;
}

// Sentences on what the colours are, what figures are that are no shares, and how many cells lie beyond.
function describeColours(shape, views, beyond) {
  return [
    say("colours_say"),
    ...(views.some((view) => view.summed) ? [say("sums_say", { n: page.heads })] : []),
    ...(page.causal ? [say("future_says")] : []),
    ...(beyond ? [say("beyond", { n: beyond })] : []),
    ...(shape.pool > 1 ? [say("pooled", { n: shape.pool })] : []),
  ];
}

// Lists of what the chosen token looks at and what looks at it, in each view, and a button to reset.
function chosenLists(panel, { shape, views, chosen }) {
  if (chosen === null) return [];
  const nameAt = (i) => (i === shape.count ? say("learned_sink") : tokenName(shape, i));
  const list = (title, values, view, noneKey) => {
    const largest = values
      .map((value, i) => [value, i])
      .filter(([value]) => !Number.isNaN(value))
      .sort((a, b) => b[0] - a[0] || a[1] - b[1])
      .slice(0, 5);
    const items = largest.map(([value, i]) =>
      make("li", {}, make("bdi", { textContent: nameAt(i) }), " ",
        make("b", { textContent: weightText(value * view.factor, view.summed, true) })));
    return make("div", {}, make("h5", { textContent: title }),
      items.length ? make("ol", {}, ...items) : make("p", { className: "hint", textContent: say(noneKey) }));
  };
  const { count } = shape;
  const isPart = state.part && panel.data.pair;
  const lists = views.map((view, i) => {
    const tokens = Array.from(view.z.subarray(chosen * count, (chosen + 1) * count));
    const row = view.sink ? [...tokens, view.sink[chosen]] : tokens;
    const column = upTo(count).map((q) => view.z[q * count + chosen]);
    return make("div", { className: "told-of" },
      make("h4", {}, make("bdi", { textContent: tokenName(shape, chosen) }), ` · ${panel.viewName(i)}`),
      list(say("looks_at"), row, view, isPart ? "not_in_part" : "is_blank"),
      list(say("looked_at_by"), column, view, isPart ? "not_in_part" : "is_hidden"));
  });
  return [...lists, makeButton(say("reset"), () => panel.chooseUnit(null))];
}
