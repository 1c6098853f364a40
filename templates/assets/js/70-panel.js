// A text's panel with scripts: controls, the drawn map, and the choice of a token.

const panels = new Map();
const strips = new Map();

function stripOf(number) {
  if (!strips.has(number)) strips.set(number, new Strip(number));
  return strips.get(number);
}

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

function select(label, options, onChange) {
  const control = make("select");
  for (const [value, text] of options) control.append(make("option", { value, textContent: text }));
  control.addEventListener("change", () => onChange(control.value));
  return { control, label: make("label", {}, `${label} `, control) };
}

class Panel {
  constructor(figure) {
    this.number = Number(figure.dataset.text);
    this.allHeads = Number(figure.dataset.level) === 3;
    this.figure = figure;
    this.fixed = figure.querySelector(".static");
    this.rows = figure.querySelector(".rows"); // how few rows of the last layer the output reads
    this.unit = null;
    this.drawn = "";
    this.near = false;
    this.build();
  }

  build() {
    const number = (value) => (value === "all" || value === "mean" ? value : Number(value));
    const pick = (name) => (value) => choose(this.number, { [name]: number(value) });
    const mean = say(page.sums ? "sum_heads" : "mean_heads", { n: page.heads });
    const numbers = (count) => upTo(count).map((i) => [String(i + 1), String(i + 1)]);
    this.layer = select(say("layer"), [["all", say("all_layers")], ...numbers(page.layers)], pick("layer"));
    this.head = select(say("head"), [["mean", mean], ...(this.allHeads ? numbers(page.heads) : [])], pick("head"));
    this.content = make("input", { type: "checkbox" });
    this.content.addEventListener("change", () => choose(this.number, { content: this.content.checked }));
    const controls = make("div", { className: "controls" }, this.layer.label, this.head.label,
      make("label", {}, this.content, ` ${say("content")}`));
    if (!this.allHeads) controls.append(make("small", { textContent: say("only_layers") }));
    this.detail = make("div", { className: "detail" });
    const hint = make("p", { className: "hint", textContent: say("pick") });
    this.caption = make("p", { className: "legend", textContent: say("loading") });
    this.plot = make("div", { className: "plot" });
    this.plot.setAttribute("role", "img");
    this.title = make("b", { className: "live" });
    this.figure.querySelector("figcaption").before(make("div", { className: "live" }, controls, hint));
    this.figure.querySelector(".said").after(this.title);
    this.fixed.before(make("div", { className: "live" }, this.caption, this.plot, this.detail));
    this.strip = stripOf(this.number);
    this.strip.listen(this);
  }

  // The choice, without a head that this text does not carry.
  choice() {
    return { ...state, head: this.allHeads ? state.head : "mean" };
  }

  viewName() {
    const { layer, head, content } = this.choice();
    const one = head === "mean"
      ? say(page.sums && !content ? "view_sum" : "view_mean", { n: page.heads })
      : say("view_head", { head });
    return say(layer === "all" ? "view_all" : "view", { layer, head: one });
  }

  viewTitle() {
    const name = this.viewName();
    return name.charAt(0).toUpperCase() + name.slice(1);
  }

  async update() {
    const choice = this.choice();
    this.layer.control.value = String(choice.layer);
    this.head.control.value = String(choice.head);
    this.content.checked = choice.content;
    if (this.near || this.unit !== null) await this.draw();
  }

  key(width) {
    const { layer, head, content } = this.choice();
    return JSON.stringify([layer, head, content, this.unit, width, isDark()]);
  }

  async draw() {
    try {
      const [data, plotly] = await Promise.all([textData(this.number), loadPlotly()]);
      const width = Math.floor(this.plot.getBoundingClientRect().width);
      const key = this.key(width);
      if (width < 50 || key === this.drawn) return;
      this.drawn = key;
      const view = makeView(data, this.choice());
      const { data: traces, layout, most, top } = makeFigure(data, view, width, this.unit);
      const first = !this.plot.classList.contains("js-plotly-plot");
      this.describe(data, view, most, top);
      this.strip.show(data, view, this.unit);
      await plotly.react(this.plot, traces, layout, {
        displaylogo: false,
        modeBarButtons: [["toImage"]],
        toImageButtonOptions: { filename: `attention-${this.number}` },
      });
      if (first) {
        // A cell chooses its row, a point of the lines its token.
        this.plot.on("plotly_click", ({ points: [point] }) =>
          this.chooseUnit(point.data.type === "heatmap" ? point.y : point.x));
        this.figure.classList.add("drawn");
      }
      rememberDrawn(this);
    } catch (error) {
      this.drawn = "";
      this.figure.classList.remove("drawn");
      this.caption.textContent = say("failed", { reason: error.message });
    }
  }

  describe(data, view, most, top) {
    const parts = [];
    this.title.textContent = this.viewTitle();
    if (this.rows) this.rows.hidden = this.choice().layer !== page.layers;
    const share = (value) => about(value, view.summed);
    if (this.choice().content) parts.push(say("hidden", { share: about(view.hidden, false) }));
    if (view.blank) parts.push(say("blank", { n: view.blank }));
    const above = view.z.flat().filter((value) => value !== null && value * view.factor > top).length;
    parts.push(say("range", { top: share(top) }));
    if (above) parts.push(say("clipped", { n: above, most: share(most) }));
    this.caption.textContent = parts.join(say("space"));
    const flat = view.z.flat();
    const at = flat.reduce((best, value, i) => (value !== null && value > (flat[best] ?? -1) ? i : best), 0);
    this.plot.setAttribute("aria-label", say("map_says", {
      view: this.viewName(),
      from: data.labels[Math.floor(at / data.count)],
      to: data.labels[at % data.count],
      share: share(most),
    }));
    this.tell(data, view);
  }

  // The chosen token's row and column, in words.
  tell(data, view) {
    this.detail.replaceChildren();
    if (this.unit === null) return;
    const list = (title, values, reason) => {
      const order = values
        .map((value, i) => [value, i])
        .filter(([value]) => value !== null)
        .sort((a, b) => b[0] - a[0] || a[1] - b[1])
        .slice(0, 5);
      const items = order.map(([value, i]) =>
        make("li", {}, make("bdi", { textContent: data.labels[i] }), " ",
          make("b", { textContent: weight(value * view.factor, view.summed, true) })));
      return make("div", {}, make("h5", { textContent: title }),
        items.length ? make("ol", {}, ...items) : make("p", { className: "hint", textContent: say(reason) }));
    };
    const reset = make("button", { type: "button", textContent: say("reset") });
    reset.addEventListener("click", () => this.chooseUnit(null));
    this.detail.append(
      make("h4", {}, make("bdi", { textContent: data.labels[this.unit] }), ` · ${this.viewName()}`),
      list(say("looks_at"), view.z[this.unit], "is_blank"),
      list(say("looked_at_by"), view.z.map((row) => row[this.unit]), "is_hidden"),
      reset,
    );
  }

  chooseUnit(unit) {
    this.unit = unit === this.unit ? null : unit;
    this.draw();
  }

  forget() {
    if (window.Plotly) window.Plotly.purge(this.plot);
    this.plot.classList.remove("js-plotly-plot");
    this.figure.classList.remove("drawn");
    this.drawn = "";
  }
}

// Drawn maps, the latest last; those far away make room, and are drawn again when they come near.
const drawnPanels = [];
const DRAWN_AT_MOST = 16;

function rememberDrawn(panel) {
  if (drawnPanels.includes(panel)) drawnPanels.splice(drawnPanels.indexOf(panel), 1);
  drawnPanels.push(panel);
  const far = drawnPanels.length > DRAWN_AT_MOST && drawnPanels.find((other) => !other.near);
  if (far) {
    drawnPanels.splice(drawnPanels.indexOf(far), 1);
    far.forget();
  }
}
