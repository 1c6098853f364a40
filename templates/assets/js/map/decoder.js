// The attention of a decoder: to what it has read, and across to the text while it writes. Rows and
// columns of the latter are not the same tokens, so these maps are drawn here and not by plotly.

const DECODER_SIDE = 64; // cells along a side at most, as in the drawing without scripts

// An element of a drawing with what is inside it.
function drawn(tag, attributes, ...children) {
  const element = svgElement(tag, attributes);
  element.append(...children);
  return element;
}

function inInk(group) {
  group.style.fill = "var(--ink)";
  return group;
}

// The bytes of a part's maps, [layer, head, row, column].
async function readPart(number, part) {
  const packed = packedBytes(document.getElementById(`${part}-${number}`).textContent);
  return new Uint8Array(await inflated(packed, "deflate"));
}

// The lengths of the vectors that heads get from tokens, [layer, head, token].
function lengthsOf({ lengths, longest }) {
  const bytes = bytesOf(lengths);
  const count = bytes.length / longest.length;
  return Float64Array.from(bytes, (level, i) => (level / 255) * longest[Math.floor(i / count)]);
}

// Adds up cells [row, column] by groups: the sum over columns, the mean over rows.
function grouped(cells, rowOf, columnOf) {
  const [rows, columns] = [rowOf, columnOf].map((groups) => groups[groups.length - 1] + 1);
  const found = upTo(rows).map(() => new Float64Array(columns));
  const sizes = new Array(rows).fill(0);
  rowOf.forEach((row, q) => {
    sizes[row] += 1;
    columnOf.forEach((column, k) => (found[row][column] += cells[q][k]));
  });
  return found.map((row, q) => row.map((value) => value / sizes[q]));
}

// The rows or the columns of a map: what each of them in the packed maps belongs to (`axis`), and
// what is drawn. The maps of a long text are pooled (`how`): several units have one cell. Where that
// leaves more than DECODER_SIDE cells, several of them are drawn as one (`of`).
function sideOf(unitOf, labels, how) {
  const cellOf = how?.cells ?? upTo(labels.length);
  const cells = labels.filter((_, unit) => cellOf[unit] !== cellOf[unit - 1]);
  const each = Math.ceil(cells.length / DECODER_SIDE);
  return {
    axis: how ? upTo(cells.length) : unitOf,
    of: cells.map((_, cell) => Math.floor(cell / each)),
    labels: cells.filter((_, cell) => cell % each === 0),
    at: (unit) => Math.floor(cellOf[unit] / each),
    most: each * (how?.pool ?? 1),
  };
}

// A row with the special tokens taken out, divided by what is left; one that leaves next to nothing is blank.
function withoutSpecial(row, isSpecial) {
  const kept = row.reduce((sum, value, k) => (isSpecial[k] ? sum : sum + value), 0);
  return row.map((value, k) => (isSpecial[k] || kept < KEPT_LEAST ? NaN : value / kept));
}

// The mean of the values that are known; NaN without any.
function meanOf(values) {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

class DecoderFigure {
  constructor(panel) {
    const { number } = panel;
    const figure = document.getElementById(`parts-${number}`);
    Object.assign(this, { figure, panel, number, data: panel.data, bytes: new Map() });
    const parts = MAPS.map((map) => [map, say(`part_${map}`)]);
    this.parts = makeRadios(say("parts"), `part-${number}`, parts, (map) => choose(number, { map }));
    panel.figure.prepend(make("div", { className: "controls live part-choice" }, this.parts.label));
    this.svg = figure.querySelector("svg");
    this.title = figure.querySelector(".said");
    this.says = figure.querySelector(".range");
    this.looked = null; // the selection that is pointed at
    const about = { figures: null, hasHeads: panel.hasHeads, number, tokens: 1 };
    this.grid = new HeadGrid(page.decoder, about, {
      pick: (selection) => this.pick(selection),
      look: (selection) => this.look(selection),
    });
    this.byName = new LayerAndHead(page.decoder, panel.hasHeads, (selection) => this.pick(selection));
    this.svg.dataset.tools = ""; // its own follow, in place of those of a drawing that stays
    figure.querySelector(".tools")?.remove();
    const name = () => drawingName(this.svg);
    const blob = (format) => pictureBlob(inLight(() => standalone(this.svg, name())), format);
    this.tools = pictureTools(name, blob, () => this.table());
    // Of a pooled text, what attention times length is in, [layer, head]: its map is a part of its own.
    this.pooled = panel.hasHeads && !panel.data.lengths && panel.data.longest;
    this.lengths = panel.hasHeads && panel.data.lengths ? lengthsOf(panel.data) : null;
    this.values = makeCheckbox(say("cross_values"), () => this.panel.update());
    this.addControls();
    this.says.after(this.tools);
    offerTips(this.svg, "rect[data-at]", (cell) => this.tipOf(cell.dataset.at.split(".").map(Number)));
  }

  // The pictures of all heads beside the map, and what else is chosen there.
  addControls() {
    const { figure, grid, byName } = this;
    const weighted = this.lengths || this.pooled ? [make("div", { className: "controls" }, this.values.label)] : [];
    const { layers, heads } = page.decoder;
    const { data } = this;
    this.hide = makeCheckbox(hideText(data), (content) => choose(this.number, { content }));
    const hiding = data.special.length ? [make("div", { className: "controls hiding" }, this.hide.label)] : [];
    const choices = layers * heads > 1 ? [grid.box, grid.says, byName.box] : [];
    const box = make("div", { className: "heads-box live" }, ...hiding, ...weighted, ...choices);
    figure.classList.add(headsClass(layers, heads));
    figure.append(box);
    grid.table.dataset.tools = ""; // there is nothing to save
  }

  // The selection that was chosen, as far as this text has it.
  get kept() {
    const selection = state.decoded ?? OWN_DECODER_MAP;
    return this.panel.hasHeads ? selection : selection.replace(/\d+$/, "mean");
  }

  get selection() {
    return this.looked ?? this.kept;
  }

  pick(selection) {
    this.looked = null;
    choose(this.number, { decoded: selection === OWN_DECODER_MAP ? null : selection, measure: null });
  }

  // Shows what is pointed at, without choosing it; null ends that.
  look(selection) {
    const looked = selection === this.kept ? null : selection;
    if (looked === this.looked) return;
    this.looked = looked;
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.update(), LOOK_AFTER);
  }

  // Shows the part that is chosen; the map of the encoder is another figure.
  async update() {
    const { map } = state;
    this.parts.show(map);
    this.figure.hidden = map === "encoder";
    this.panel.figure.classList.toggle("aside", map !== "encoder");
    if (map === "encoder" || !(this.panel.near || this.panel.isOpen)) return;
    for (const part of map === "cross" && this.pooled ? [map, "values"] : [map]) {
      if (!this.bytes.has(part)) this.bytes.set(part, await readPart(this.number, part));
    }
    if (state.map !== map) return; // another was chosen meanwhile
    this.values.label.hidden = this.hide.label.hidden = map !== "cross";
    this.hide.input.checked = state.content;
    this.byName.show(this.kept);
    this.grid.update(null, [this.kept]);
    this.draw(this.seen(map, this.selection));
    this.grid.paint(`${isDark()} ${map} ${this.isWeighted(map)} ${state.content}`, (selection, table) =>
      this.picture(this.seen(map, selection), table));
  }

  isWeighted(map) {
    return map === "cross" && this.values.input.checked && Boolean(this.lengths || this.pooled);
  }

  // A small picture of a map, in its colours.
  picture({ times }, table) {
    const image = new ImageData(times[0].length, times.length);
    const pixels = new Uint32Array(image.data.buffer);
    times.forEach((row, q) => row.forEach((value, k) => {
      if (!Number.isNaN(value)) pixels[q * row.length + k] = table[Math.round(255 * placeOf(value))];
    }));
    return image;
  }

  // What the text shows of a map across to it that is kept: the mean of all rows, and the way back.
  colours() {
    const { columns, cells, isSpecial, even, factor, selection } = this.seen("cross", this.kept);
    const { labels } = this.data;
    const count = columns.labels.length;
    const shares = Float64Array.from(upTo(count), (k) => meanOf(cells.map((row) => row[k])));
    const at = labels.map((_, unit) => columns.at(unit));
    const name = this.viewOf("cross", selection);
    return {
      shape: { at, count, isSpecial, labels: columns.labels }, view: { factor, summed: factor > 1 },
      what: name, name, back: { decoded: null }, shares, times: timesOfRow(shares, even, isSpecial),
    };
  }

  // What is drawn: the names of rows and columns, and weights between them.
  seen(map, selection) {
    const { labels, written = [say("head_row")], writes, read, units, special } = this.data;
    const isCross = map === "cross";
    const { cells: textCells, pool, writtenCells, readCells, given } = this.data;
    const reads = sideOf(upTo(read.length), read, readCells);
    const rows = isCross ? sideOf(writes, written, writtenCells) : reads;
    const columns = isCross ? sideOf(units, labels, textCells && { cells: textCells, pool }) : reads;
    const isWeighted = this.isWeighted(map);
    const bytes = this.bytes.get(isWeighted && this.pooled ? "values" : map);
    const packed = this.mean(bytes, rows.axis.length, columns.axis.length, isWeighted, itemsOf(selection)[0]);
    const cells = grouped(packed, rows.axis, columns.axis);
    const isSpecial = columns.labels.map((_, i) => (isCross ? special : given).some((at) => columns.at(at) === i));
    const tokens = new Array(columns.labels.length).fill(0);
    (isCross ? units : upTo(read.length)).forEach((unit) => (tokens[columns.at(unit)] += 1));
    const isHidden = isCross && state.content;
    const weights = grouped(cells, rows.of, columns.of).map((row) => (isHidden ? withoutSpecial(row, isSpecial) : row));
    const evenOf = (q) => evenRow(tokens, q, !isCross).row;
    return {
      map, selection, isCross, isHidden, rows, columns, isSpecial, isWeighted,
      cells: weights,
      even: evenOf(0), // of each row of a map across
      times: weights.map((row, q) => timesOfRow(row, evenOf(q), isSpecial)),
      factor: page.sums && selection.endsWith("mean") && !isWeighted ? page.decoder.heads : 1,
    };
  }

  // The mean of the chosen heads and layers, [row][column]; weighted by the lengths of the vectors that
  // heads get from columns, attention times length as a share of its row.
  mean(bytes, rows, columns, isWeighted, [layer, head]) {
    const size = rows * columns;
    const { layers } = page.decoder;
    const heads = bytes.length / (layers * size);
    const chosen = (all, one) => (typeof one === "number" ? [one - 1] : upTo(all));
    const picked = chosen(layers, layer).flatMap((l) =>
      chosen(heads, heads > 1 ? head : "mean").map((h) => l * heads + h));
    const length = (map, k) => (this.pooled ? this.pooled[map] : this.lengths[map * columns + k]);
    const weight = (map, q, k) =>
      (bytes[map * size + q * columns + k] / 255) ** 2 * (isWeighted ? length(map, k) : 1);
    return upTo(rows).map((q) => {
      const row = Float64Array.from(upTo(columns), (_, k) => picked.reduce((sum, map) => sum + weight(map, q, k), 0));
      const whole = isWeighted ? row.reduce((sum, value) => sum + value, 0) || 1 : picked.length;
      return row.map((value) => value / whole);
    });
  }

  draw(seen) {
    this.shown = seen;
    const place = this.placeOf(seen);
    this.svg.replaceChildren(
      drawn("g", place.inMap, ...this.squares(seen, place), ...this.future(seen, place), ...this.frame(seen, place)),
      drawn("g", { ...place.inMap, class: "aligned", fill: "#ffffff", stroke: "#1b1d22" }, ...this.dots(seen, place)),
      ...this.names(seen, place).map(inInk),
      inInk(this.bar(seen, place)),
    );
    setAttributes(this.svg, { viewBox: `0 0 ${DESIGN} ${place.height}`, height: place.height });
    this.title.textContent = this.name(seen);
    this.svg.setAttribute("aria-label", this.described(seen));
    this.says.textContent = this.sentences(seen).join(say("space"));
  }

  // For those who do not see it.
  described({ isCross, cells, rows, columns, factor }) {
    const title = this.title.textContent;
    if (!isCross) return title;
    const [row, column, most] = cells
      .map((own, q) => [q, indexOfLargest(own), own[indexOfLargest(own)] || 0])
      .reduce((best, own) => (own[2] > best[2] ? own : best));
    const named = { row: rows.labels[row], column: columns.labels[column] };
    return say("cross_sentence", { title, ...named, share: aboutText(most * factor, factor > 1) });
  }

  // As in the drawing without scripts.
  placeOf({ rows, columns }) {
    const count = columns.labels.length;
    const place = geometryOf({ rows: rows.labels, columns: columns.labels });
    const { mapStart: start, mapEnd } = place;
    return {
      ...place, start, tall: mapEnd - start,
      wide: (place.right - place.left) / count,
      high: (mapEnd - start) / rows.labels.length,
      height: Math.round(place.height),
      inMap: { transform: `translate(${place.left} ${start})` },
    };
  }

  squares({ times }, { wide, high }) {
    return times.flatMap((row, q) => Array.from(row).flatMap((value, k) => {
      if (Number.isNaN(value)) return [];
      const size = { width: wide - 0.8, height: high - 0.8 };
      const square = drawn("rect", { x: k * wide, y: q * high, ...size, "data-at": `${q}.${k}` });
      square.style.fill = `var(--m${stepOfTimes(value)})`;
      return square;
    }));
  }

  // Hatching over what the decoder's rows cannot see: the columns after their own.
  future({ isCross, rows, columns }, { wide, high }) {
    const count = columns.labels.length;
    if (isCross || count < 2) return [];
    const end = count * wide;
    const row = (at, q) => `M${at} ${q * high}H${end}v${high}H${at}z`;
    const d = rows.labels.slice(0, -1).map((_, q) => row((q + 1) * wide, q)).join("");
    return [drawn("path", { class: "future", fill: "url(#future)", d })];
  }

  // The names of the rows on the left, those of the columns above.
  names({ rows, columns }, { wide, high, left, start, inMap, ...place }) {
    const side = rows.labels.map((label, q) => drawn("text", { y: q * high + high / 2 + 4 }, cutLabel(label)));
    const above = columns.labels
      .map((label, k) => [`translate(${(k + 0.5) * wide + 3} -6)rotate(-${SLANT})`, cutLabel(label)])
      .filter((_, k) => k % place.columnEvery === 0)
      .map(([transform, label]) => drawn("text", { transform }, label));
    const beside = { transform: `translate(${left - 5} ${start})`, "text-anchor": "end" };
    return [
      drawn("g", { ...beside, "font-size": place.rowLetters }, ...side),
      drawn("g", { ...inMap, "font-size": place.columnLetters }, ...above),
    ];
  }

  bar({ times }, place) {
    const isCut = times.some((row) => row.some((value) => value > page.scale.end));
    return colourBar(place, colourMarks(isCut));
  }

  sentences(seen) {
    const { isCross, isHidden, isWeighted, rows, columns } = seen;
    const pooled = Math.max(rows.most, columns.most);
    return [
      say(isCross ? "cross_rows" : "decoder_rows"),
      isWeighted && say("cross_values_rows"),
      isHidden && say("hidden_columns"),
      this.isMarked(seen) && say("cross_marks"),
      say("colours_say"),
      !isCross && say("future_says"),
      pooled > 1 && say("pooled", { n: pooled }),
    ].filter(Boolean);
  }

  isMarked({ isCross, columns }) {
    return isCross && columns.most === 1;
  }

  // The text token that each row looks at most.
  dots(seen, place) {
    if (!this.isMarked(seen)) return [];
    return seen.cells.flatMap((row, q) => this.dot(row, q, seen.isSpecial, place.wide, place.high));
  }

  dot(row, q, isSpecial, wide, high) {
    const own = row.map((value, k) => (isSpecial[k] ? -1 : value || 0));
    const best = own.indexOf(Math.max(...own));
    const text = own.reduce((sum, value) => sum + Math.max(0, value), 0);
    if (best < 0 || text < KEPT_LEAST) return [];
    return [drawn("circle", { cx: (best + 0.5) * wide, cy: (q + 0.5) * high, r: 0.17 * Math.min(wide, high) })];
  }

  // The row of the token written that is chosen, or the column of a token of the text; of what the
  // decoder has read, the row that the prediction is read from.
  frame({ isCross, rows, columns }, { wide, high, tall }) {
    const unit = this.panel.unit;
    if (!isCross && !this.data.written) {
      const last = { x: 0, y: tall - high, width: wide * columns.labels.length, height: high };
      return [drawn("rect", { ...last, class: "reads", fill: "none", "stroke-width": 2 })];
    }
    if (!isCross || unit === null) return [];
    const at = unit - this.data.labels.length;
    const box = at >= 0
      ? { x: 0, y: rows.at(at) * high, width: wide * columns.labels.length, height: high }
      : { x: columns.at(unit) * wide, y: 0, width: wide, height: tall };
    return [drawn("rect", { ...box, class: "reads", fill: "none", "stroke-width": 2 })];
  }

  name({ map, selection }) {
    const name = this.viewOf(map, selection);
    return name.charAt(0).toUpperCase() + name.slice(1);
  }

  viewOf(map, selection) {
    const { heads } = page.decoder;
    const [layer, head] = itemsOf(selection)[0];
    const mode = head === "mean"
      ? say(page.sums ? "sum_of_heads" : "mean_of_heads", { n: heads })
      : say("view_head", { head });
    const view = say(layer === "all" ? "view_all" : "view", { layer, head: mode });
    const across = this.isWeighted(map) ? "cross_values_view" : "cross_view";
    return say(map === "cross" ? across : "decoder_view", { view });
  }

  tipOf([q, k]) {
    const { rows, columns, cells, factor } = this.shown;
    const pair = say("from_to", { from: rows.labels[q], to: columns.labels[k] });
    return { title: pair, figures: [[this.title.textContent, weightText(cells[q][k] * factor, factor > 1, true)]] };
  }

  table() {
    const { rows, columns, cells, factor } = this.shown;
    const head = ["", ...columns.labels.map(safeCell)];
    const weights = (q) => Array.from(cells[q], (value) => (Number.isNaN(value) ? "" : (value * factor).toFixed(4)));
    return [head, ...rows.labels.map((label, q) => [safeCell(label), ...weights(q)])];
  }
}
