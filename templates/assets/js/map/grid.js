// The heads of a text as a grid, layers across and heads down, each as a small picture of its map or
// coloured by a figure; here they are chosen. The first row holds the mean of each layer. Beside figures
// the last column has the means over all layers, which pictures leave out.

const COLOUR_STEPS = 15; // the style sheet's classes h0 to h15
const NAMED_LAYERS = 8; // columns up to which each is called a layer
const MOST_HEADS = 24; // of a layer that are shown at first: those that differ most
const CLASS_LETTERS = { vertical: "V", diagonal: "D", "vertical+diagonal": "X", block: "B", heterogeneous: "H" };
const CLASS_STEPS = { V: 12, X: 9, D: 6, B: 3, H: 0 }; // of the colour behind the letter

// The step of a value on a colour scale that ends at `top`.
const colourStep = (value, top) => (top > 0 ? Math.round(COLOUR_STEPS * Math.min(1, value / top)) : 0);

class HeadGrid {
  // `size` is how many layers and heads there are, `figures` what is known of them (null: nothing), and
  // `tokens` how many tokens a dot of a picture has at most. `pick(selection, isAdded)` is called with what
  // was chosen, alone or to add to a set, and `look(selection, isAdded)` with what is pointed at, or null.
  constructor({ layers, heads }, { figures, hasHeads, number, tokens }, { pick, look }) {
    Object.assign(this, { layers, heads, figures, hasHeads, tokens, pick, look });
    // Of one layer the mean over layers, of one head the mean over heads would be the same once more.
    this.columns = upTo(layers + (layers > 1 && figures ? 1 : 0));
    this.rows = [heads, ...(heads > 1 ? upTo(heads) : [])];
    this.at = [layers - 1, heads];
    this.cells = new Map();
    const options = FIGURES.filter((name) => this.has(name)).map((name) => [name, say(`grid_${name}`)]);
    this.figure = makeSelect(say("grid_by"), options, (name) => choose(number, { grid: name }));
    this.add = makeCheckbox(say("grid_add"));
    this.lines = new Map(); // the rows of the table, by head
    this.table = this.makeTable();
    this.first = heads > MOST_HEADS && figures ? mostDifferent(figures) : null;
    this.every = makeCheckbox(say("grid_every", { n: heads }), () => this.showRows());
    this.every.label.hidden = this.first === null;
    this.says = make("p", { className: "small head-says" });
    this.box = setAttributes(
      make("div", { className: "scroll" }, this.table), { role: "region", "aria-label": say("grid_name") });
    this.listen();
  }

  listen() {
    const { table } = this;
    const cellOf = ({ target }) => target.closest("td[role]");
    const leave = ({ relatedTarget }) => !table.contains(relatedTarget) && this.leave();
    table.addEventListener("click", (event) => this.onClick(event));
    table.addEventListener("keydown", (event) => this.onKey(event));
    table.addEventListener("focusin", (event) => this.pointAt(cellOf(event)));
    table.addEventListener("pointerover", (event) => event.pointerType !== "touch" && this.pointAt(cellOf(event)));
    table.addEventListener("focusout", leave);
    table.addEventListener("pointerout", leave);
  }

  // Shows a head while it is pointed at, and what is known of it.
  pointAt(cell) {
    if (!cell) return;
    const [l, h] = [Number(cell.dataset.l), Number(cell.dataset.h)];
    this.says.replaceChildren(make("b", { textContent: this.place(l, h) }), this.figuresText(l, h));
    if (cell === this.chosen) return; // where the choice is a set, it would be taken out again
    this.chosen = null;
    if (this.isShown(h)) this.look(this.selectionAt(l, h), this.add.input.checked);
  }

  leave() {
    this.chosen = null;
    this.says.textContent = this.legend;
    this.look(null);
  }

  // Whether the text has the maps of single heads, or this is a mean.
  isShown(h) {
    return h === this.heads || this.hasHeads;
  }

  has(name) {
    if (!this.figures) return name === "map";
    if (name === "map") return this.hasHeads || this.heads === 1;
    return name === "class" || this.figures[name].some((value) => !Number.isNaN(value));
  }

  makeTable() {
    const heading = (textContent, scope) => make("th", { textContent, scope });
    const layer = (l) => (l && this.layers > NAMED_LAYERS ? String(l + 1) : `L${l + 1}`);
    const names = this.columns.map((l) => (l < this.layers ? heading(layer(l), "col")
      : Object.assign(heading(say("grid_all"), "col"), { className: "all" })));
    const body = make("tbody");
    for (const h of this.rows) {
      const row = make("tr", {}, heading(h < this.heads ? String(h + 1) : say("grid_mean"), "row"));
      this.lines.set(h, row);
      for (const l of this.columns) row.append(this.makeCell(l, h));
      body.append(row);
    }
    const table = make("table", { className: "grid heads" },
      make("thead", {}, make("tr", {}, make("td"), ...names)), body);
    return setAttributes(table, { role: "grid", "aria-multiselectable": "true", "aria-label": say("grid_help") });
  }

  makeCell(l, h) {
    const cell = setAttributes(make("td", { tabIndex: -1 }), { role: "gridcell" });
    if (!this.isShown(h)) cell.setAttribute("aria-disabled", "true");
    Object.assign(cell.dataset, { l, h });
    this.cells.set(`${l}.${h}`, cell);
    return cell;
  }

  selectionAt(l, h) {
    return `${l < this.layers ? l + 1 : "all"}.${h < this.heads ? h + 1 : "mean"}`;
  }

  // The figure of a head, or its mean over the heads or layers that have one.
  value(name, l, h) {
    const layers = l < this.layers ? [l] : upTo(this.layers);
    const heads = h < this.heads ? [h] : upTo(this.heads);
    const values = layers.flatMap((y) => heads.map((x) => this.figures[name][y * this.heads + x]));
    const known = values.filter((value) => !Number.isNaN(value));
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : NaN;
  }

  update(name, selections) {
    const shown = name && this.has(name) ? name : this.figure.control.options[0].value;
    if (shown !== this.shown) this.colour(shown);
    const items = selections.map((selection) => new Set(this.placesOf(selection).map((place) => place.join("."))));
    for (const [key, cell] of this.cells) {
      const [l, h] = key.split(".").map(Number);
      const marks = items.map((some) => some.has(`${l}.${h}`));
      const className = `${this.classes.get(key)}${marks[0] ? " picked" : ""}${marks[1] ? " other" : ""}`;
      if (cell.className !== className) cell.className = className;
      const selected = String(marks.some(Boolean));
      if (cell.getAttribute("aria-selected") !== selected) cell.setAttribute("aria-selected", selected);
    }
    this.kept = selections.flatMap((selection) => this.placesOf(selection));
    this.showRows();
    const isInside = this.table.contains(document.activeElement);
    this.setTabStop(...(isInside || !this.kept.length ? this.at : this.seen(this.kept[0])));
    this.scrollToKept();
  }

  // The last column that is seen.
  get end() {
    return this.shown === "map" ? this.layers - 1 : this.columns.length - 1;
  }

  // The place that is seen, or one beside it.
  seen([l, h]) {
    return [Math.min(l, this.end), h];
  }

  // Of many layers the one that was chosen is brought into view, once. Where pictures have room beside the map
  // all are in view, and nothing has to be laid out to know it.
  scrollToKept() {
    const key = this.kept.join(" ");
    const isWhole = this.shown === "map" && this.layers <= 12 && innerWidth >= 1040;
    if (isWhole || key === this.scrolled || !this.box.clientWidth) return;
    this.scrolled = key;
    const { offsetLeft: left, offsetWidth: wide } = this.stop;
    const { scrollLeft, clientWidth } = this.box;
    if (left < scrollLeft || left + wide > scrollLeft + clientWidth) this.box.scrollLeft = left - clientWidth / 2;
  }

  // Of many heads those that differ most, and what is selected.
  showRows() {
    if (this.first === null) return;
    const selected = new Set(this.kept.map(([, h]) => h));
    for (const [h, row] of this.lines) {
      row.hidden = !(this.every.input.checked || h === this.heads || this.first.has(h) || selected.has(h));
    }
  }

  // Where what is selected stands in the grid, [layer, head].
  placesOf(selection) {
    return selection.split("+").map((item) => {
      const [layer, head] = item.split(".");
      const l = layer === "all" ? this.columns.length - 1 : Number(layer) - 1;
      return [l, head === "mean" || this.heads === 1 ? this.heads : Number(head) - 1];
    });
  }

  colour(name) {
    this.shown = name;
    this.figure.control.value = name;
    this.table.classList.toggle("pictured", name === "map");
    this.classes = new Map();
    const all = [...this.cells.keys()].map((key) => key.split(".").map(Number));
    const isNumber = name !== "class" && name !== "map";
    const values = isNumber ? all.map(([l, h]) => this.value(name, l, h)) : null;
    const top = values && (name === "distance" ? Math.max(...values.filter((value) => value > 0), 0) : 1);
    all.forEach(([l, h], i) => {
      const key = `${l}.${h}`;
      const cell = this.cells.get(key);
      const [step, text, inWords] = name === "map" ? [0, "", this.figuresText(l, h)]
        : values ? this.numberCell(name, values[i], top) : this.letterCell(l, h);
      this.classes.set(key, `h${step}${l === this.layers ? " all" : ""}`);
      cell.replaceChildren(name === "map" ? make("canvas", { width: 1, height: 1 }) : text);
      const figure = inWords && isNumber ? say(`grid_${name}_says`, { x: inWords }) : inWords;
      const where = this.place(l, h);
      const told = say("grid_says", { where, figure: figure || say("grid_none") });
      cell.setAttribute("aria-label", this.figures ? told : where);
    });
    this.painted = null;
    const legend = say(`grid_${name}_legend`, name === "distance" ? { top: decimal(top, 1) } : {});
    const leavesOut = name === "map" && this.figures && page.learned ? [say("grid_leaves_out")] : [];
    const some = this.first === null ? [] : [say("grid_first", { n: MOST_HEADS })];
    const dots = name === "map" && this.tokens > 1 ? [say("grid_dots", { n: this.tokens })] : [];
    this.legend = this.says.textContent = [legend, ...leavesOut, ...dots, ...some].join(say("space"));
  }

  // The name of a cell: "Layer 3, head 2".
  place(l, h) {
    const kinds = l < this.layers ? ["grid_head", "grid_layer"] : ["grid_column", "grid_corner"];
    return say(kinds[h < this.heads ? 0 : 1], { layer: l + 1, head: h + 1 });
  }

  // Pairs of a name and a value: all that is known of a head.
  figuresOf(l, h) {
    if (!this.figures) return [];
    const numbers = FIGURES.filter((name) => name in this.figures && this.has(name))
      .map((name) => [say(`grid_${name}`), this.numberCell(name, this.value(name, l, h), 1)[2] || say("grid_none")]);
    const [, , kind] = this.letterCell(l, h);
    return kind ? [...numbers, [say("grid_class"), kind]] : numbers;
  }

  figuresText(l, h) {
    return this.figuresOf(l, h).map(([name, value]) => `${name} ${value}`).join(say("comma"));
  }

  // The colour step of a cell, its text, and its text for screen readers.
  numberCell(name, value, top) {
    if (Number.isNaN(value)) return [0, "–", ""];
    const step = colourStep(value, top);
    if (name === "distance") return [step, decimal(value, 1), decimal(value, 1)];
    return [step, decimal(100 * value, 0), say("percent", { x: percentage(value) })];
  }

  letterCell(l, h) {
    if (l === this.layers || h === this.heads) return [0, "", ""];
    const letter = CLASS_LETTERS[this.figures.classes[l * this.heads + h]];
    return [CLASS_STEPS[letter], letter, say(`class_${letter}`)];
  }

  // Draws the pictures, a few at a time, unless they are those of this `key` already: what `picture` makes
  // of a selection, in the colours of a table.
  async paint(key, picture) {
    if (this.shown !== "map" || this.painted === key) return;
    this.painted = key;
    const table = pixelTable();
    let start = -Infinity;
    for (const [at, cell] of this.cells) {
      const [l, h] = at.split(".").map(Number);
      if (l > this.end || !this.isShown(h)) continue;
      if (performance.now() - start > PAINT_FOR) {
        await new Promise((resolve) => setTimeout(resolve));
        if (this.painted !== key) return;
        start = performance.now();
      }
      const image = picture(this.selectionAt(l, h), table);
      Object.assign(cell.firstChild, { width: image.width, height: image.height });
      cell.firstChild.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
    }
  }

  onClick(event) {
    const cell = event.target.closest("td[role]");
    if (!cell) return;
    this.focus(Number(cell.dataset.l), Number(cell.dataset.h));
    this.choose(event.shiftKey);
  }

  onKey(event) {
    const [l, h] = this.at;
    const rows = this.rows.filter((one) => !this.lines.get(one).hidden);
    const row = rows.indexOf(h);
    const { end } = this;
    const last = rows.length - 1;
    const to = {
      ArrowUp: [l, row - 1], ArrowDown: [l, row + 1], ArrowLeft: [l - 1, row], ArrowRight: [l + 1, row],
      Home: [0, event.ctrlKey ? 0 : row], End: [end, event.ctrlKey ? last : row],
    }[event.key];
    if (to) this.focus(Math.min(end, Math.max(0, to[0])), rows[Math.min(last, Math.max(0, to[1]))]);
    else if (event.key === "Enter" || event.key === " ") this.choose(event.shiftKey);
    else if (event.key !== "Escape" || !this.restore()) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Goes back to what was kept; false where nothing else is shown.
  restore() {
    const kept = this.kept.length ? this.seen(this.kept[0]) : this.at;
    if (this.at.join() === kept.join()) return false;
    this.focus(...kept);
    return true;
  }

  choose(isShift) {
    const [l, h] = this.at;
    if (!this.isShown(h)) return;
    this.chosen = this.stop;
    this.pick(this.selectionAt(l, h), isShift || this.add.input.checked);
  }

  // The grid is one tab stop: the cell that was reached last, or else what is kept.
  setTabStop(l, h) {
    this.stop?.setAttribute("tabindex", "-1");
    this.at = [l, h];
    this.stop = this.cells.get(this.at.join("."));
    this.stop.setAttribute("tabindex", "0");
  }

  focus(l, h) {
    this.setTabStop(l, h);
    this.stop.focus();
  }
}

// How large the pictures are (`heads_class` in `report/charts/head_pictures.py`).
function headsClass(layers, heads) {
  if (layers <= 4 && heads <= 12) return "heads-27";
  if (layers <= 7) return "heads-17";
  return layers <= 12 ? "heads-12" : "heads-below";
}

// The heads that differ most from the mean of their layer in their figures, over all layers.
function mostDifferent(figures) {
  const far = new Float64Array(page.heads);
  for (const values of [figures.special, figures.entropy, figures.distance]) {
    const known = values.filter((value) => !Number.isNaN(value));
    const range = Math.max(...known) - Math.min(...known) || 1;
    for (let l = 0; l < page.layers; l++) {
      const layer = values.subarray(l * page.heads, (l + 1) * page.heads);
      const own = layer.filter((value) => !Number.isNaN(value));
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      layer.forEach((value, h) => (far[h] += Math.abs(value - mean) / range || 0));
    }
  }
  return new Set(upTo(page.heads).sort((a, b) => far[b] - far[a]).slice(0, MOST_HEADS));
}

// The figures of all heads, [layer * heads + head], and the names of their classes.
function headFigures({ grid }) {
  return {
    special: floatsOf(grid.special),
    entropy: floatsOf(grid.entropy),
    distance: floatsOf(grid.distance),
    classes: Array.from(grid.classes, (i) => page.classes[Number(i)]),
  };
}
