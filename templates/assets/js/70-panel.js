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
    this.drawn = "";
    this.near = false;
    this.data = JSON.parse(document.getElementById(`data-${this.number}`).textContent);
    this.build();
  }

  build() {
    this.controls = new Controls(this);
    this.overview = new Overview((row, column, isOver) =>
      (isOver ? choose : adjust)(this.number, { at: `${row}.${column}` }), overviewTools(this));
    this.caption = make("p", { className: "legend", textContent: say("loading") });
    this.panes = [new Pane(this, 0)];
    this.plots = make("div", { className: "plots" }, this.panes[0].box);
    this.detail = make("div", { className: "detail" });
    this.title = make("b", { className: "live" });
    offerExports(this.controls.box);
    this.controls.grid.box.append(this.controls.grid.box.querySelector(".tools"));
    this.figure.querySelector("figcaption").before(make("div", { className: "live" }, this.controls.box, this.overview.box));
    this.figure.querySelector(".said").after(this.title);
    this.fixed.before(make("div", { className: "live" }, this.caption, this.plots, this.detail));
    this.strip = stripOf(this.number);
    this.strip.listen(this);
  }

  // The chosen unit; what is chosen in another text is none of this one.
  get unit() {
    return (state.text ?? page.first) === this.number ? state.token : null;
  }

  // What is chosen, as far as this text has it.
  choice() {
    const { words, pool, pair } = this.data;
    return {
      ...state,
      words: state.words && Boolean(words) && !(pool > 1),
      part: pair ? state.part : null,
      token: this.unit,
      at: (state.text ?? page.first) === this.number ? state.at : null,
    };
  }

  // One selection, or two side by side.
  selections() {
    const all = [selectionOf(state), ...(state.with ? [state.with] : [])];
    return all.map((selection) => carried(selection, this.allHeads));
  }

  viewName(at = 0) {
    return selectionName(this.selections()[at], state.content);
  }

  viewTitle() {
    const name = this.selections().length > 1 ? say("side_by_side") : this.viewName();
    return name.charAt(0).toUpperCase() + name.slice(1);
  }

  async update() {
    this.controls.update(this.choice(), this.selections());
    if (this.near || this.unit !== null) await this.draw();
  }

  key(width) {
    const { text, measure, grid, ...rest } = this.choice();
    return JSON.stringify([this.selections(), rest, width, isDark()]);
  }

  // Views are kept while nothing changes but what is chosen in them.
  viewsOf(shape, choice) {
    const key = JSON.stringify([this.selections(), choice.content, choice.part, choice.words]);
    if (this.viewKey !== key) {
      this.viewKey = key;
      this.views = this.selections().map((selection) => makeView(shape, choice, selection));
      this.colourKey = null;
    }
    const colourKey = [choice.scale, choice.range].join();
    if (this.colourKey !== colourKey) this.colours = colouring(shape, this.views, choice);
    this.colourKey = colourKey;
    return [this.views, this.colours];
  }

  // What a reader chose that paper does not show; "" where it is what stands there anyway.
  onScreen() {
    const { content, part, words } = this.choice();
    const [first, ...others] = this.selections();
    if (first === `${page.layers}.mean` && others.length === 0 && !content && !part && !words) return "";
    const view = [first, ...others].map((one) => selectionName(one, content)).join(" / ");
    const more = [content && say("content"), part && say(`part_${part}`), words && say("words")].filter(Boolean);
    return say("on_paper", { view: [view, ...more].join(say("comma")) });
  }

  // Without plotly all stands but the map: what a chosen token looks at, the text in its colours.
  async draw() {
    try {
      const [data, plotly] = await Promise.all([
        textData(this.number),
        loadPlotly().catch((error) => this.refuse(error)),
      ]);
      const choice = this.choice();
      this.arrange(this.selections().length);
      const place = plotly ? this.panes[0].plot : this.figure;
      const width = Math.floor(place.getBoundingClientRect().width);
      const key = this.key(width);
      if (width < 50 || key === this.drawn) return;
      this.drawn = key;
      const shape = shapeOf(data, choice.words);
      const [views, colours] = this.viewsOf(shape, choice);
      const chosen = this.unit === null ? null : shape.at[this.unit];
      const crop = cropOf(shape, choice, width, chosen);
      this.shown = { shape, views, colours, crop, width, chosen, lineTop: lineTop(views) };
      this.controls.box.hidden = false;
      this.describe();
      if (plotly) this.overview.update(shape, views[0], colours, crop, `${this.viewKey}${this.colourKey}${isDark()}`);
      this.strip.show(shape, views[0], this.unit);
      this.detail.replaceChildren(...tell(this, this.shown));
      if (!plotly) return;
      const isFirst = !this.figure.classList.contains("drawn");
      await Promise.all(this.panes.map((pane) => pane.draw(plotly, this.shown)));
      if (isFirst) this.figure.classList.add("drawn");
      rememberDrawn(this);
    } catch (error) {
      this.drawn = "";
      this.figure.classList.remove("drawn");
      this.controls.box.hidden = true; // there is nothing they could change
      this.caption.textContent = say("failed", { reason: error.message });
    }
  }

  // The map cannot be drawn here: what steers nothing but the map makes room for the reason.
  refuse(error) {
    this.refused = say("refused", { reason: error.message });
    this.plots.hidden = true;
    this.controls.withoutMap();
  }

  // As many panes as selections.
  arrange(count) {
    while (this.panes.length > count) this.panes.pop().close();
    while (this.panes.length < count) {
      this.panes.push(new Pane(this, this.panes.length));
      this.plots.append(this.panes.at(-1).box);
    }
    this.plots.classList.toggle("two", count > 1);
  }

  describe() {
    const { shape, views, colours } = this.shown;
    this.title.textContent = this.viewTitle();
    if (this.rows) this.rows.hidden = state.heads !== null || state.layer !== page.layers;
    const said = views.map((view) => viewSays(shape, view, this.choice()));
    const range = this.refused ? [this.refused] : rangeSays(shape, views, colours);
    this.caption.textContent = [...(views.length > 1 ? [] : said[0]), ...range].join(say("space"));
    this.panes.forEach((pane, i) => pane.describe(this.shown, said[i]));
  }

  chooseUnit(unit) {
    choose(this.number, { token: unit === this.unit ? null : unit });
  }

  forget() {
    for (const pane of this.panes) pane.clear();
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
