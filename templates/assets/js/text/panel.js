// The panel of a text with scripts: its controls, the drawn map, and the choice of a token.

const LOOK_AFTER = 40; // milliseconds that one must point at a head, so that those in passing are not drawn

const panels = new Map();
const strips = new Map();

function stripOf(number) {
  if (!strips.has(number)) strips.set(number, new Strip(number));
  return strips.get(number);
}

// Draws again after a change: first the open text, then the others that are near, when there is time.
async function redraw() {
  for (const strip of strips.values()) strip.update();
  const first = panels.get(state.text);
  await first?.update();
  for (const panel of panels.values()) {
    if (panel === first) continue;
    await new Promise((resolve) => setTimeout(resolve, 30));
    await panel.update();
  }
}

class Panel {
  constructor(figure) {
    this.number = Number(figure.dataset.text);
    this.hasHeads = Number(figure.dataset.level) === 3; // else only the means of layers
    this.figure = figure;
    this.fixed = figure.querySelector(".static");
    this.rows = figure.querySelector(".rows"); // how few rows of the last layer the output reads
    this.firstRows = this.rows?.lastChild.textContent;
    // The unit whose row of the last layer the output reads alone.
    this.reads = "reads" in figure.dataset ? Number(figure.dataset.reads) : null;
    this.prepared = ""; // the key of what is shown beside the map
    this.drawn = ""; // the key of what the map shows
    this.near = false;
    this.looked = null; // the selection that is pointed at
    this.data = JSON.parse(document.getElementById(`data-${this.number}`).textContent);
    this.build();
  }

  build() {
    this.controls = new Controls(this);
    const move = (row, column, isOver) =>
      (isOver ? choose : adjust)(this.number, { at: `${row}.${column}` });
    this.overview = new Overview(move, overviewTools(this));
    this.caption = make("p", { className: "legend", textContent: say("loading") });
    this.panes = [new Pane(this, 0)];
    this.plots = make("div", { className: "plots" }, this.panes[0].box);
    this.detail = make("div", { className: "detail" });
    this.title = make("b", { className: "live" });
    const live = (...children) => make("div", { className: "live" }, ...children);
    this.controls.box.classList.add("live");
    this.figure.querySelector(".said").after(this.title);
    this.fixed.before(live(this.overview.box, this.plots, this.caption, this.detail));
    // Below what is drawn, so that nothing moves for it.
    this.figure.querySelector(".as-lines").after(this.controls.box);
    this.lines = new Lines(this);
    this.strip = stripOf(this.number);
    this.strip.listen(this);
    if (document.getElementById(`cross-${this.number}`)) this.decoder = new DecoderFigure(this);
  }

  get isOpen() {
    return openNumber() === this.number;
  }

  // The chosen unit, if it was chosen in this text.
  get unit() {
    return this.isOpen ? state.token : null;
  }

  // What is chosen, as far as this text has it.
  choice() {
    const { words, pool, pair } = this.data;
    return {
      ...state,
      words: state.words && Boolean(words) && !(pool > 1),
      part: pair ? state.part : null,
      token: this.unit,
      at: this.isOpen ? state.at : null,
    };
  }

  // One selection, or two side by side, as they were chosen.
  kept() {
    const all = [selectionOf(state), ...(state.with ? [state.with] : [])];
    return all.map((selection) => availableIn(selection, this.hasHeads));
  }

  // The same with what is pointed at in the place of what was chosen.
  selections() {
    return this.kept().map((one, i) => (this.looked !== null && i === this.controls.side ? this.looked : one));
  }

  // Shows what is pointed at, without choosing it; null ends that.
  look(selection) {
    const looked = selection === this.kept()[this.controls.side] ? null : selection;
    if (looked === this.looked) return;
    this.looked = looked;
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.update(), LOOK_AFTER);
  }

  // What is said of the rows that the output reads holds for the last layer alone.
  isLastLayer() {
    const [selection, ...others] = this.selections();
    return others.length === 0 && onlyItem(selection)?.[0] === page.layers;
  }

  // Where the row is drawn of the token that the output is read from, also in earlier layers, as the text
  // has the colours of that row; null where several are read.
  readRow(shape) {
    return this.reads === null ? null : shape.at[this.reads];
  }

  // In earlier layers the output depends on other rows, too.
  sayRows() {
    if (!this.rows) return;
    const isLast = this.isLastLayer();
    if (this.reads === null) this.rows.hidden = !isLast;
    else this.rows.lastChild.textContent = isLast ? this.firstRows : ` ${say("read_row")}`;
  }

  // Whether a map is kept that is not the one that stands there at first.
  isMapKept() {
    if (state.map === "encoder") return this.kept()[0] !== OWN_MAP;
    return state.map === "cross" && state.decoded !== null;
  }

  // Whether the text is to have its colours, or is without special tokens as the map is, whose framed row it
  // has; a chosen colouring comes before them.
  isRecoloured() {
    const hasRow = this.reads !== null && this.strip.measures.first === "cls_row_last";
    return state.measure === null && (this.isMapKept() || (state.content && state.map === "encoder" && hasRow));
  }

  // Whether the text has them: once the map is read.
  coloursText() {
    return this.isRecoloured() && Boolean(this.shown) && (state.map === "encoder" || this.decoder.bytes.has("cross"));
  }

  viewName(at = 0) {
    return selectionName(this.selections()[at], state.content);
  }

  viewTitle() {
    const name = this.selections().length > 1 ? say("side_by_side") : this.viewName();
    return name.charAt(0).toUpperCase() + name.slice(1);
  }

  async update() {
    this.controls.update(this.choice(), this.kept());
    await this.decoder?.update();
    if (this.near || this.unit !== null || this.isRecoloured()) await this.draw();
  }

  // Changes with everything that changes what is drawn.
  key(width) {
    const { text, measure, grid, ...rest } = this.choice();
    return JSON.stringify([this.selections(), rest, width, isDark()]);
  }

  // The views, which are kept while they stay the same.
  viewsOf(shape, choice) {
    const key = JSON.stringify([this.selections(), choice.content, choice.part, choice.words]);
    if (this.viewKey !== key) {
      this.viewKey = key;
      this.views = this.selections().map((selection) => makeView(shape, choice, selection));
    }
    return this.views;
  }

  // A sentence on what is chosen on the screen but not shown on paper; "" where both are the same.
  onScreen() {
    const { content, part, words } = this.choice();
    const [first, ...others] = this.kept();
    if (first === `${page.layers}.mean` && others.length === 0 && !content && !part && !words) return "";
    const view = [first, ...others].map((one) => selectionName(one, content)).join(" / ");
    const more = [content && say("content"), part && say(`part_${part}`), words && say("words")];
    return say("on_paper", { view: [view, ...more.filter(Boolean)].join(say("comma")) });
  }

  // First all that needs no plotly: what a chosen token looks at, the coloured text; then the map.
  // Until plotly has started, and of a text that was just opened until the browser has nothing to do,
  // the map is the drawing that stands there without scripts.
  async draw() {
    try {
      this.prepare(await textData(this.number));
      if (!plotlyReady) return;
      const plotly = await plotlyReady.catch((error) => this.refuse(error));
      if (!plotly || !this.shown) return;
      if (drawnPanels.length && !this.drawn && this.isStatic()) {
        await spareTime();
        if (!this.near) return; // another text was opened
      }
      await this.drawPanes(plotly);
    } catch (error) {
      this.prepared = this.drawn = "";
      this.figure.classList.remove("drawn");
      this.figure.classList.add("refused");
      this.controls.hide(true); // they would change nothing
      this.caption.textContent = say("failed", { reason: error.message });
    }
  }

  prepare(data) {
    const choice = this.choice();
    this.arrangePanes(this.selections().length);
    const width = this.plotWidth();
    const key = `${this.key(width)}${this.refused ?? ""}`;
    this.controls.grid.paint(`${isDark()} ${choice.content}`, (selection, table) =>
      headPicture(data, mapCells(data, selection), table, choice.content));
    if (width < 50) return;
    if (key !== this.prepared) this.show(data, choice, width, key);
    this.colourText();
  }

  // Everything but the map and the text.
  show(data, choice, width, key) {
    this.prepared = key;
    const shape = shapeOf(data, choice.words);
    const views = this.viewsOf(shape, choice);
    const chosen = this.unit === null ? null : (shape.at[this.unit] ?? null); // none for what a decoder wrote
    const crop = cropOf(shape, choice, width, chosen);
    const reads = this.readRow(shape);
    const beyond = countBeyond(views);
    this.shown = { shape, views, beyond, crop, width, chosen, reads };
    this.controls.hide(false);
    this.describe();
    this.detail.replaceChildren(...chosenLists(this, this.shown));
    this.figure.classList.toggle("waiting", !this.isStatic());
    if (!this.isStatic()) startPlotlySoon();
  }

  // The text shows where the chosen token looks, or a map that is kept, or a measure. What is only pointed
  // at does not change it.
  colourText() {
    const isKept = this.unit === null && this.coloursText();
    const { map, decoded } = state;
    if (isKept && (this.looked ?? this.decoder?.looked ?? null) !== null) return;
    const key = `${this.prepared} ${isKept} ${map} ${decoded} ${this.decoder?.isWeighted(map)}`;
    if (key === this.coloured) return;
    this.coloured = key;
    const { shape, views } = this.shown;
    this.strip.hideMarkers(state.content);
    const colours = () => (map === "encoder" ? coloursOf(this.shown, this.viewName()) : this.decoder.colours());
    if (isKept) this.strip.showKept(colours(), this.isMapKept());
    else this.strip.show(shape, views[0], this.unit);
  }

  colourAgain() {
    this.coloured = "";
    this.colourText();
  }

  async drawPanes(plotly) {
    if (this.drawn !== this.prepared) {
      this.drawn = this.prepared;
      const { shape, views, crop } = this.shown;
      this.overview.update(shape, views[0], crop, `${this.viewKey}${isDark()}`);
      await Promise.all(this.panes.map((pane) => pane.draw(plotly, this.shown)));
      this.figure.classList.add("drawn");
      limitDrawn(this);
    }
    await this.lines.draw(plotly, this.shown, this.drawn);
  }

  // Whether what is chosen is what the page shows without scripts.
  isStatic() {
    const { content, part, words } = this.choice();
    const isPlain = !content && !part && !words;
    return isPlain && this.unit === null && this.selections().join() === `${page.layers}.mean`;
  }

  // Where the map cannot be drawn, the reason replaces it and the controls that only it has.
  refuse(error) {
    this.refused = say("refused", { reason: error.message });
    this.figure.classList.add("refused");
    this.plots.hidden = true;
    this.controls.hideMapChoices();
    if (this.shown) this.describe();
  }

  // How wide a plot is, which is measured again where the figure has another size, as everything is laid out
  // for it.
  plotWidth() {
    const of = `${this.panes.length} ${Boolean(this.refused)}`;
    if (this.measured?.of === of && this.measured.width >= 50) return this.measured.width;
    const box = this.refused ? this.figure : this.panes[0].plot;
    this.measured = { of, width: Math.floor(box.getBoundingClientRect().width) };
    return this.measured.width;
  }

  // The figure has another size.
  resized() {
    this.measured = null;
    this.update();
  }

  // One pane per selection.
  arrangePanes(count) {
    while (this.panes.length > count) this.panes.pop().close();
    while (this.panes.length < count) {
      this.panes.push(new Pane(this, this.panes.length));
      this.plots.append(this.panes.at(-1).box);
    }
    this.figure.closest(".panel").classList.toggle("side-by-side", count > 1);
  }

  describe() {
    const { shape, views, beyond } = this.shown;
    this.title.textContent = this.viewTitle();
    this.sayRows();
    const sentences = views.map((view) => describeView(view, this.choice()));
    const colours = this.refused ? [this.refused] : describeColours(shape, views, beyond);
    this.caption.textContent = [...(views.length > 1 ? [] : sentences[0]), ...colours].join(say("space"));
    this.panes.forEach((pane, i) => pane.describe(this.shown, sentences[i]));
  }

  // Chooses a unit, or releases it if it is chosen already.
  chooseUnit(unit) {
    if (unit >= this.data.labels.length && !this.strip.steps[unit]) return; // nothing is known of it
    choose(this.number, { token: unit === this.unit ? null : unit });
  }

  clear() {
    for (const pane of this.panes) pane.clear();
    this.lines.clear();
    this.figure.classList.remove("drawn");
    this.drawn = "";
  }
}

// The panels whose maps are drawn, the latest at the end. One that is far away is cleared when there
// are too many, and drawn again when it comes near.
const drawnPanels = [];
const DRAWN_AT_MOST = 16;

function limitDrawn(panel) {
  if (drawnPanels.includes(panel)) drawnPanels.splice(drawnPanels.indexOf(panel), 1);
  drawnPanels.push(panel);
  const far = drawnPanels.length > DRAWN_AT_MOST && drawnPanels.find((other) => !other.near);
  if (far) {
    drawnPanels.splice(drawnPanels.indexOf(far), 1);
    far.clear();
  }
}
