// A long text: an overview of the whole map, and a window into it that is large enough to read.

const LONG = 64; // units; above, a map is seen through a window
const DOTS = 256; // the overview's side; above, a dot shows the mean of several cells
const LINE_HEIGHT = 64; // pixels, of the line of attention received

// How many units can be read side by side.
function windowSize(width, count) {
  return Math.min(count, Math.max(16, Math.min(LONG, Math.floor((width - 100) / 7))));
}

// The rows and columns that are drawn: those of the chosen part, or of the window into them. A
// window that was not chosen starts at the chosen token, else at the first.
function cropOf(shape, choice, width, chosen) {
  const ends = (segment) => {
    if (segment === undefined) return [0, shape.count];
    return [shape.segment.indexOf(segment), shape.segment.lastIndexOf(segment) + 1];
  };
  const [from, to] = PARTS[choice.part] ?? [];
  const whole = { rows: ends(from), columns: ends(to) };
  const isLong = Object.values(whole).some(([start, end]) => end - start > LONG);
  if (!isLong) return { ...whole, whole, size: null };
  const size = windowSize(width, shape.count);
  const given = choice.at?.split(".").map(Number);
  const cut = ([start, end], first) => {
    const most = Math.max(start, end - size);
    const at = Math.min(most, Math.max(start, first ?? (chosen === null ? start : chosen - (size >> 1))));
    return [at, Math.min(end, at + size)];
  };
  return { rows: cut(whole.rows, given?.[0]), columns: cut(whole.columns, given?.[1]), whole, size };
}

class Overview {
  // `move(row, column, isOver)` is called to put the window there; `isOver` says that a movement has
  // ended. `tools` are the buttons that save the overview.
  constructor(move, tools) {
    this.move = move;
    this.canvas = make("canvas");
    this.frame = make("div", { className: "window" });
    this.sheet = make("div", { className: "sheet", tabIndex: 0 }, this.canvas, this.frame);
    // A slider in two directions: its value is said in words.
    setAttributes(this.sheet, { role: "slider", "aria-label": say("overview_help") });
    this.profile = make("canvas", { className: "profile" });
    this.text = make("p", { className: "small" });
    this.text.setAttribute("aria-live", "polite");
    // While it has the focus, the sheet says its own value.
    this.sheet.addEventListener("focus", () => this.text.setAttribute("aria-live", "off"));
    this.sheet.addEventListener("blur", () => this.text.setAttribute("aria-live", "polite"));
    const beside = make("div", {},
      make("h5", { textContent: say("overview") }), this.text, this.makeButtons(),
      make("h5", { textContent: say("overview_line") }), this.profile);
    this.box = make("div", { className: "overview", hidden: true }, make("div", {}, this.sheet, tools), beside);
    this.listen();
  }

  makeButtons() {
    const button = (key, sign, by) => setAttributes(
      makeButton(sign, () => this.step(...by), { title: say(key) }), { "aria-label": say(key) });
    return make("p", { className: "pan" },
      button("pan_back", "↖", [-1, -1]), button("pan_on", "↘", [1, 1]),
      button("pan_up", "↑", [-0.5, 0]), button("pan_down", "↓", [0.5, 0]),
      button("pan_left", "←", [0, -0.5]), button("pan_right", "→", [0, 0.5]));
  }

  listen() {
    this.sheet.addEventListener("keydown", (event) => this.onKey(event));
    this.sheet.addEventListener("pointerdown", (event) => {
      this.sheet.setPointerCapture(event.pointerId);
      this.drag(event, false);
    });
    this.sheet.addEventListener("pointermove", (event) => {
      if (this.sheet.hasPointerCapture(event.pointerId)) this.drag(event, false);
    });
    this.sheet.addEventListener("pointerup", (event) => this.drag(event, true));
  }

  onKey(event) {
    const by = {
      ArrowUp: [-0.25, 0], ArrowDown: [0.25, 0], ArrowLeft: [0, -0.25], ArrowRight: [0, 0.25],
      PageUp: [-1, -1], PageDown: [1, 1], Home: [-Infinity, -Infinity], End: [Infinity, Infinity],
    }[event.key];
    if (!by) return;
    event.preventDefault();
    this.step(...by);
  }

  // Moves the window by so many of its own sizes.
  step(down, right) {
    const { rows, columns, size } = this.crop;
    const by = (first, windows) => first + (Number.isFinite(windows) ? Math.round(windows * size) : windows);
    this.moveTo(by(rows[0], down), by(columns[0], right), true);
  }

  // Centres the window at the pointer.
  drag(event, isOver) {
    const box = this.canvas.getBoundingClientRect();
    const at = (share, [start, end]) => Math.round(start + share * (end - start) - this.crop.size / 2);
    const { whole } = this.crop;
    const row = at((event.clientY - box.top) / box.height, whole.rows);
    const column = at((event.clientX - box.left) / box.width, whole.columns);
    this.moveTo(row, column, isOver);
  }

  moveTo(row, column, isOver) {
    const { whole, size } = this.crop;
    const within = (first, [start, end]) => Math.min(Math.max(start, end - size), Math.max(start, first));
    this.move(within(row, whole.rows), within(column, whole.columns), isOver);
  }

  // `key` changes with everything that changes the picture but the window.
  update(shape, view, crop, key) {
    this.crop = crop;
    this.box.hidden = crop.size === null;
    if (this.box.hidden) return;
    if (key !== this.painted) {
      setTimeout(() => { // the map itself comes first
        if (this.painted !== key) return;
        this.paint(shape, view, crop.whole);
        this.paintLine(shape, view, crop.whole.columns);
      });
    }
    this.painted = key;
    this.placeFrame(crop);
    this.describe(shape, crop, view.sink !== null);
  }

  placeFrame({ rows, columns, whole }) {
    const share = (value, [start, end]) => `${(100 * (value - start)) / (end - start)}%`;
    const length = ([start, end], [first, last]) => `${(100 * (end - start)) / (last - first)}%`;
    Object.assign(this.frame.style, {
      top: share(rows[0], whole.rows), left: share(columns[0], whole.columns),
      height: length(rows, whole.rows), width: length(columns, whole.columns),
    });
  }

  // `leavesOut` is whether the window has a column that the overview has not: the learned sink's.
  describe(shape, { rows, columns, whole, size }, leavesOut) {
    const range = ([start, end]) => say("window_range", {
      from: start + 1, to: end, first: cutLabel(shape.labels[start]), last: cutLabel(shape.labels[end - 1]),
    });
    const place = say("window_says", { rows: range(rows), columns: range(columns), n: shape.count });
    this.text.textContent = [place, ...(leavesOut ? [say("overview_leaves_out")] : [])].join(say("space"));
    const [first, last] = whole.rows;
    setAttributes(this.sheet, {
      "aria-valuemin": first + 1,
      "aria-valuemax": Math.max(first + 1, last - size + 1),
      "aria-valuenow": rows[0] + 1,
      "aria-valuetext": this.text.textContent,
    });
  }

  // Attention received over the whole length, up to the strongest text token.
  paintLine(shape, view, [start, end]) {
    const values = view.received.slice(start, end);
    const top = largestContent(shape, values, start) || 1;
    const width = Math.max(values.length, 600);
    Object.assign(this.profile, { width, height: LINE_HEIGHT });
    const pen = this.profile.getContext("2d");
    pen.fillStyle = css("--received");
    const each = width / values.length;
    values.forEach((value, i) => {
      const tall = LINE_HEIGHT * Math.min(1, (value ?? 0) / top);
      pen.fillRect(i * each, LINE_HEIGHT - tall, Math.max(1, each - 1), tall);
    });
  }

  paint(shape, view, whole) {
    const { across, down, steps } = overviewDots(shape, view, whole);
    Object.assign(this.canvas, { width: across, height: down });
    const maxWidth = `${10 * Math.min(1, across / down)}rem`;
    Object.assign(this.sheet.style, { aspectRatio: `${across} / ${down}`, maxWidth });
    const image = new ImageData(across, down);
    const table = colourTable();
    steps.forEach((step, i) => {
      if (!Number.isNaN(step)) image.data.set(table[step], 4 * i); // else it stays clear
    });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
  }
}

// The dots of an overview, row by row: the step of each on the colour scale, NaN where nothing is.
function overviewDots(shape, view, { rows, columns }) {
  const [height, width] = [rows, columns].map(([start, end]) => end - start);
  const pool = Math.ceil(Math.max(height, width) / DOTS);
  const [down, across] = [height, width].map((n) => Math.ceil(n / pool));
  const sums = new Float64Array(down * across);
  const cells = new Uint16Array(down * across); // that are shown
  for (let q = 0; q < height; q++) {
    for (let k = 0; k < width; k++) {
      const value = view.times[(rows[0] + q) * shape.count + columns[0] + k];
      if (Number.isNaN(value)) continue;
      const dot = Math.floor(q / pool) * across + Math.floor(k / pool);
      sums[dot] += value;
      cells[dot] += 1;
    }
  }
  const stepOf = (sum, dot) => (cells[dot] ? Math.round(255 * placeOf(sum / cells[dot])) : NaN);
  return { across, down, steps: Array.from(sums, stepOf) };
}
