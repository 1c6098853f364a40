// The heads of a text as a grid of layers and heads, each as a small picture of its map or coloured by
// a figure; here they are chosen. A row ends with the mean of its layer, the last row holds the means
// of the heads over all layers.

const FEW_HEADS = 6; // up to which words stand beside the heads
const COLOUR_STEPS = 15; // the style sheet's classes h0 to h15
const CLASS_LETTERS = { vertical: "V", diagonal: "D", "vertical+diagonal": "X", block: "B", heterogeneous: "H" };
const CLASS_STEPS = { V: 12, X: 9, D: 6, B: 3, H: 0 }; // of the colour behind the letter

// The step of a value on a colour scale that ends at `top`.
const colourStep = (value, top) => (top > 0 ? Math.round(COLOUR_STEPS * Math.min(1, value / top)) : 0);

class HeadGrid {
  // `pick(selection, isAdded)` is called with what was chosen, alone or to add to a set.
  constructor(figures, hasHeads, number, pick) {
    this.figures = figures;
    this.hasHeads = hasHeads;
    this.pick = pick;
    this.at = [page.layers - 1, page.heads];
    this.cells = new Map();
    const options = FIGURES.filter((name) => this.has(name)).map((name) => [name, say(`grid_${name}`)]);
    this.figure = makeSelect(say("grid_by"), options, (name) => choose(number, { grid: name }));
    this.add = makeCheckbox(say("grid_add"));
    this.table = this.makeTable();
    this.legend = make("p", { className: "small" });
    const room = setAttributes(
      make("div", { className: "scroll" }, this.table), { role: "region", "aria-label": say("grid_name") });
    const title = make("h4", { textContent: say("all_heads") });
    this.box = make("div", { className: "heads-box" },
      make("div", { className: "about-heads" }, title, this.legend, this.figure.label, this.add.label), room);
    this.box.classList.toggle("many", page.heads > FEW_HEADS);
    this.table.style.setProperty("--across", page.heads + 2);
    offerTips(this.table, "td[role]", ({ dataset }) => {
      const [l, h] = [Number(dataset.l), Number(dataset.h)];
      return { title: this.place(l, h), figures: this.figuresOf(l, h) };
    });
    this.table.addEventListener("click", (event) => this.onClick(event));
    this.table.addEventListener("keydown", (event) => this.onKey(event));
  }

  has(name) {
    if (name === "map") return this.hasHeads;
    return name === "class" || this.figures[name].some((value) => !Number.isNaN(value));
  }

  makeTable() {
    const heading = (textContent, scope) => make("th", { textContent, scope });
    const numbers = upTo(page.heads).map((h) => heading(String(h + 1), "col"));
    const top = make("tr", {}, make("td"), ...numbers, heading(say("grid_mean"), "col"));
    const body = make("tbody");
    for (let l = 0; l <= page.layers; l++) {
      const row = make("tr", {}, heading(l < page.layers ? `L${l + 1}` : say("grid_all"), "row"));
      for (let h = 0; h <= page.heads; h++) row.append(this.makeCell(l, h));
      body.append(row);
    }
    const table = make("table", { className: "grid heads" }, make("thead", {}, top), body);
    return setAttributes(table, { role: "grid", "aria-multiselectable": "true", "aria-label": say("grid_help") });
  }

  makeCell(l, h) {
    const cell = setAttributes(make("td", { tabIndex: -1 }), { role: "gridcell" });
    if (h < page.heads && !this.hasHeads) cell.setAttribute("aria-disabled", "true");
    Object.assign(cell.dataset, { l, h });
    this.cells.set(`${l}.${h}`, cell);
    return cell;
  }

  selectionAt(l, h) {
    return `${l < page.layers ? l + 1 : "all"}.${h < page.heads ? h + 1 : "mean"}`;
  }

  // The figure of a head, or its mean over the heads or layers that have one.
  value(name, l, h) {
    const layers = l < page.layers ? [l] : upTo(page.layers);
    const heads = h < page.heads ? [h] : upTo(page.heads);
    const values = layers.flatMap((y) => heads.map((x) => this.figures[name][y * page.heads + x]));
    const known = values.filter((value) => !Number.isNaN(value));
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : NaN;
  }

  update(name, selections) {
    const shown = name && this.has(name) ? name : this.figure.control.options[0].value;
    if (shown !== this.shown) this.colour(shown);
    const items = selections.map((selection) => new Set(selection.split("+")));
    for (const [key, cell] of this.cells) {
      const [l, h] = key.split(".").map(Number);
      const marks = items.map((some) => some.has(this.selectionAt(l, h)));
      const className = `${this.classes.get(key)}${marks[0] ? " picked" : ""}${marks[1] ? " other" : ""}`;
      if (cell.className !== className) cell.className = className;
      const selected = String(marks.some(Boolean));
      if (cell.getAttribute("aria-selected") !== selected) cell.setAttribute("aria-selected", selected);
    }
    this.setTabStop(...this.at);
  }

  colour(name) {
    this.shown = name;
    this.figure.control.value = name;
    this.box.classList.toggle("pictured", name === "map");
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
      this.classes.set(key, `h${step}`);
      cell.replaceChildren(name === "map" ? make("canvas", { width: 1, height: 1 }) : text);
      const figure = inWords && isNumber ? say(`grid_${name}_says`, { x: inWords }) : inWords;
      const where = this.place(l, h);
      cell.setAttribute("aria-label", say("grid_says", { where, figure: figure || say("grid_none") }));
    });
    this.painted = null;
    const legend = say(`grid_${name}_legend`, name === "distance" ? { top: decimal(top, 1) } : {});
    const leavesOut = name === "map" && page.learned ? [say("grid_leaves_out")] : [];
    this.legend.textContent = [legend, ...leavesOut].join(say("space"));
  }

  // The name of a cell: "Layer 3, head 2".
  place(l, h) {
    const kinds = l < page.layers ? ["grid_head", "grid_layer"] : ["grid_column", "grid_corner"];
    return say(kinds[h < page.heads ? 0 : 1], { layer: l + 1, head: h + 1 });
  }

  // Pairs of a name and a value: all that is known of a head.
  figuresOf(l, h) {
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
    if (l === page.layers || h === page.heads) return [0, "", ""];
    const letter = CLASS_LETTERS[this.figures.classes[l * page.heads + h]];
    return [CLASS_STEPS[letter], letter, say(`class_${letter}`)];
  }

  // Draws the pictures, a few at a time; not again in the same colours.
  async paint(data) {
    const key = `${isDark()}`;
    if (this.shown !== "map" || this.painted === key) return;
    this.painted = key;
    const table = pixelTable();
    let start = -Infinity;
    for (const [at, cell] of this.cells) {
      if (performance.now() - start > PAINT_FOR) {
        await new Promise((resolve) => setTimeout(resolve));
        if (this.painted !== key) return;
        start = performance.now();
      }
      const picture = headPicture(data, mapCells(data, this.selectionAt(...at.split(".").map(Number))), table);
      Object.assign(cell.firstChild, { width: picture.width, height: picture.height });
      cell.firstChild.getContext("2d", { willReadFrequently: true }).putImageData(picture, 0, 0);
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
    const to = {
      ArrowUp: [l - 1, h], ArrowDown: [l + 1, h], ArrowLeft: [l, h - 1], ArrowRight: [l, h + 1],
      Home: [event.ctrlKey ? 0 : l, 0], End: [event.ctrlKey ? page.layers : l, page.heads],
    }[event.key];
    if (to) this.focus(...to);
    else if (event.key === "Enter" || event.key === " ") this.choose(event.shiftKey);
    else return;
    event.preventDefault();
  }

  choose(isShift) {
    const [l, h] = this.at;
    if (h < page.heads && !this.hasHeads) return;
    this.pick(this.selectionAt(l, h), isShift || this.add.input.checked);
  }

  // The grid is one tab stop: the cell that was reached last.
  setTabStop(l, h) {
    this.stop?.setAttribute("tabindex", "-1");
    this.at = [Math.min(page.layers, Math.max(0, l)), Math.min(page.heads, Math.max(0, h))];
    this.stop = this.cells.get(this.at.join("."));
    this.stop.setAttribute("tabindex", "0");
  }

  focus(l, h) {
    this.setTabStop(l, h);
    this.stop.focus();
  }
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
