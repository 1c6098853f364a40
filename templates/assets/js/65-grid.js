// All heads of a text as a grid of layers and heads: coloured by a figure, and the way to choose.
// Row ends are the means of a layer, the last row those of a head over all layers.

const CLASS_LETTERS = { vertical: "V", diagonal: "D", "vertical+diagonal": "X", block: "B", heterogeneous: "H" };
const CLASS_STEPS = { V: 12, X: 9, D: 6, B: 3, H: 0 }; // of the tint behind the letter

class HeadGrid {
  // `pick(selection, adds)` is called with what was chosen, on its own or to add to a set.
  constructor(figures, allHeads, number, pick) {
    this.figures = figures;
    this.allHeads = allHeads;
    this.pick = pick;
    this.at = [page.layers - 1, page.heads];
    this.cells = new Map();
    const options = FIGURES.filter((name) => this.has(name)).map((name) => [name, say(`grid_${name}`)]);
    this.figure = select(say("grid_by"), options, (name) => choose(number, { grid: name }));
    this.adds = make("input", { type: "checkbox" });
    const add = make("label", {}, this.adds, ` ${say("grid_add")}`);
    this.table = this.build();
    this.legend = make("p", { className: "small" });
    const room = make("div", { className: "scroll" }, this.table);
    room.setAttribute("role", "region");
    room.setAttribute("aria-label", say("grid_name"));
    this.box = make("div", { className: "heads-box" }, this.figure.label, room, this.legend, add);
    this.table.addEventListener("click", (event) => this.onClick(event));
    this.table.addEventListener("keydown", (event) => this.onKey(event));
  }

  has(name) {
    return name === "class" || this.figures[name].some((value) => !Number.isNaN(value));
  }

  build() {
    const table = make("table", { className: "grid heads" });
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    table.setAttribute("aria-label", say("grid_help"));
    const heading = (text, scope) => make("th", { textContent: text, scope });
    const top = make("tr", {}, make("td"), ...upTo(page.heads).map((h) => heading(String(h + 1), "col")), heading(say("grid_mean"), "col"));
    table.append(make("thead", {}, top));
    const body = make("tbody");
    for (let l = 0; l <= page.layers; l++) {
      const row = make("tr", {}, heading(l < page.layers ? `L${l + 1}` : say("grid_all"), "row"));
      for (let h = 0; h <= page.heads; h++) row.append(this.cell(l, h));
      body.append(row);
    }
    table.append(body);
    return table;
  }

  cell(l, h) {
    const cell = make("td", { tabIndex: -1 });
    cell.setAttribute("role", "gridcell");
    if (h < page.heads && !this.allHeads) cell.setAttribute("aria-disabled", "true");
    Object.assign(cell.dataset, { l, h });
    this.cells.set(`${l}.${h}`, cell);
    return cell;
  }

  selectionAt(l, h) {
    return `${l < page.layers ? l + 1 : "all"}.${h < page.heads ? h + 1 : "mean"}`;
  }

  // The figure of a head, or its mean over the heads, or layers, that have one.
  value(name, l, h) {
    const layers = l < page.layers ? [l] : upTo(page.layers);
    const heads = h < page.heads ? [h] : upTo(page.heads);
    const values = layers.flatMap((y) => heads.map((x) => this.figures[name][y * page.heads + x]));
    const there = values.filter((value) => !Number.isNaN(value));
    return there.length ? there.reduce((sum, value) => sum + value, 0) / there.length : NaN;
  }

  update(name, selections) {
    const shown = name && this.has(name) ? name : this.figure.control.options[0].value;
    if (shown !== this.shown) this.colour(shown);
    const items = selections.map((selection) => new Set(selection.split("+")));
    for (const [key, cell] of this.cells) {
      const [l, h] = key.split(".").map(Number);
      const marks = items.map((some) => some.has(this.selectionAt(l, h)));
      const look = `${this.base.get(key)}${marks[0] ? " picked" : ""}${marks[1] ? " other" : ""}`;
      if (cell.className !== look) cell.className = look;
      const selected = String(marks.some(Boolean));
      if (cell.getAttribute("aria-selected") !== selected) cell.setAttribute("aria-selected", selected);
    }
    this.place(...this.at);
  }

  colour(name) {
    this.shown = name;
    this.figure.control.value = name;
    this.base = new Map();
    const all = [...this.cells.keys()].map((key) => key.split(".").map(Number));
    const values = name === "class" ? null : all.map(([l, h]) => this.value(name, l, h));
    const top = values && (name === "distance" ? Math.max(...values.filter((value) => value > 0), 0) : 1);
    all.forEach(([l, h], i) => {
      const key = `${l}.${h}`;
      const [step, text, said] = values ? this.number(name, values[i], top) : this.letter(l, h);
      this.base.set(key, step);
      const cell = this.cells.get(key);
      cell.textContent = text;
      const kinds = l < page.layers ? ["grid_head", "grid_layer"] : ["grid_column", "grid_corner"];
      const where = say(kinds[h < page.heads ? 0 : 1], { layer: l + 1, head: h + 1 });
      const figure = said && name !== "class" ? say(`grid_${name}_says`, { x: said }) : said;
      cell.setAttribute("aria-label", say("grid_says", { where, figure: figure || say("grid_none") }));
    });
    this.legend.textContent = say(`grid_${name}_legend`, name === "distance" ? { top: decimal(top, 1) } : {});
  }

  number(name, value, top) {
    if (Number.isNaN(value)) return ["h0", "–", ""];
    const step = top > 0 ? Math.round(STEPS * Math.min(1, value / top)) : 0;
    if (name === "distance") return [`h${step}`, decimal(value, 1), decimal(value, 1)];
    return [`h${step}`, decimal(100 * value, 0), say("percent", { x: percentage(value) })];
  }

  letter(l, h) {
    if (l === page.layers || h === page.heads) return ["h0", "", ""];
    const name = this.figures.classes[l * page.heads + h];
    const letter = CLASS_LETTERS[name];
    return [`h${CLASS_STEPS[letter]}`, letter, say(`class_${letter}`)];
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
    if (h < page.heads && !this.allHeads) return;
    this.pick(this.selectionAt(l, h), isShift || this.adds.checked);
  }

  // One tab stop: the cell that was reached last.
  place(l, h) {
    this.stop?.setAttribute("tabindex", "-1");
    this.at = [Math.min(page.layers, Math.max(0, l)), Math.min(page.heads, Math.max(0, h))];
    this.stop = this.cells.get(this.at.join("."));
    this.stop.setAttribute("tabindex", "0");
  }

  focus(l, h) {
    this.place(l, h);
    this.stop.focus();
  }
}
