// A long text: an overview of the whole map, and the window of it that is drawn to be read.

const LONG = 64; // units; beyond, a map has a window
const DOTS = 256; // the overview's side; where more is drawn, a dot shows its largest cell

// How many units are readable side by side.
function windowSize(width, count) {
  return Math.min(count, Math.max(16, Math.min(LONG, Math.floor((width - 220) / 15))));
}

// The rows and columns that are drawn: those of the chosen part, or of the window in them. Where no
// window was chosen it stands at the chosen token, else at the start.
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
  // `move(rows, columns, isOver)` puts the window there; a movement is over when it is let go.
  // `tools` are its buttons to save it.
  constructor(move, tools) {
    this.move = move;
    this.canvas = make("canvas");
    this.frame = make("div", { className: "window" });
    this.sheet = make("div", { className: "sheet", tabIndex: 0 }, this.canvas, this.frame);
    this.sheet.setAttribute("role", "slider"); // of two directions: its value is said in words
    this.sheet.setAttribute("aria-label", say("overview_help"));
    this.profile = make("canvas", { className: "profile" });
    this.said = make("p", { className: "small" });
    this.said.setAttribute("aria-live", "polite");
    // Moved by keys, the sheet says its own value.
    this.sheet.addEventListener("focus", () => this.said.setAttribute("aria-live", "off"));
    this.sheet.addEventListener("blur", () => this.said.setAttribute("aria-live", "polite"));
    const button = (key, text, by) => {
      const element = make("button", { type: "button", textContent: text, title: say(key) });
      element.setAttribute("aria-label", say(key));
      element.addEventListener("click", () => this.step(...by));
      return element;
    };
    const buttons = make("p", { className: "pan" },
      button("pan_back", "↖", [-1, -1]), button("pan_on", "↘", [1, 1]),
      button("pan_up", "↑", [-0.5, 0]), button("pan_down", "↓", [0.5, 0]),
      button("pan_left", "←", [0, -0.5]), button("pan_right", "→", [0, 0.5]));
    this.box = make("div", { className: "overview", hidden: true },
      make("div", {}, this.sheet, tools), make("div", {}, make("h5", { textContent: say("overview") }), this.said, buttons,
        make("h5", { textContent: say("overview_line") }), this.profile));
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

  // By so many windows down and to the right.
  step(down, right) {
    const { rows, columns, size } = this.crop;
    const by = (first, windows) => first + (Number.isFinite(windows) ? Math.round(windows * size) : windows);
    this.to(by(rows[0], down), by(columns[0], right), true);
  }

  drag(event, isOver) {
    const box = this.canvas.getBoundingClientRect();
    const at = (share, [start, end]) => Math.round(start + share * (end - start) - this.crop.size / 2);
    const { whole } = this.crop;
    this.to(at((event.clientY - box.top) / box.height, whole.rows), at((event.clientX - box.left) / box.width, whole.columns), isOver);
  }

  to(row, column, isOver) {
    const { whole, size } = this.crop;
    const within = (first, [start, end]) => Math.min(Math.max(start, end - size), Math.max(start, first));
    this.move(within(row, whole.rows), within(column, whole.columns), isOver);
  }

  update(shape, view, colours, crop, key) {
    this.crop = crop;
    this.box.hidden = crop.size === null;
    if (this.box.hidden) return;
    if (key !== this.painted) {
      setTimeout(() => { // the map itself comes first
        if (this.painted !== key) return;
        this.paint(shape, view, colours, crop.whole);
        this.paintLine(shape, view, crop.whole.columns);
      });
    }
    this.painted = key;
    const { rows, columns, whole } = crop;
    const share = (value, [start, end]) => `${(100 * (value - start)) / (end - start)}%`;
    const length = ([start, end], [first, last]) => `${(100 * (end - start)) / (last - first)}%`;
    Object.assign(this.frame.style, {
      top: share(rows[0], whole.rows), left: share(columns[0], whole.columns),
      height: length(rows, whole.rows), width: length(columns, whole.columns),
    });
    const range = ([start, end]) => ({ from: start + 1, to: end, first: shape.labels[start], last: shape.labels[end - 1] });
    this.said.textContent = say("window_says", {
      rows: say("window_range", range(rows)), columns: say("window_range", range(columns)), n: shape.count,
    });
    const [first, last] = whole.rows;
    const value = { min: first + 1, max: Math.max(first + 1, last - crop.size + 1), now: rows[0] + 1, text: this.said.textContent };
    for (const [name, said] of Object.entries(value)) this.sheet.setAttribute(`aria-value${name}`, said);
  }

  // Attention received over the whole length, up to the strongest content token.
  paintLine(shape, view, [start, end]) {
    const height = 64;
    const values = view.received.slice(start, end);
    const top = values.reduce((most, value, i) => (!shape.isSpecial[start + i] && value > most ? value : most), 0) || 1;
    const width = Math.max(values.length, 600);
    Object.assign(this.profile, { width, height });
    const pen = this.profile.getContext("2d");
    pen.fillStyle = css("--red");
    const each = width / values.length;
    values.forEach((value, i) => {
      const tall = height * Math.min(1, (value ?? 0) / top);
      pen.fillRect(i * each, height - tall, Math.max(1, each - 1), tall);
    });
  }

  // The dots, row by row, each with its step on the colour scale; NaN where there is none.
  dots(shape, view, colours, { rows, columns }) {
    const [height, width] = [rows, columns].map(([start, end]) => end - start);
    const pool = Math.ceil(Math.max(height, width) / DOTS);
    const [down, across] = [height, width].map((n) => Math.ceil(n / pool));
    const most = new Float64Array(down * across).fill(NaN);
    for (let q = 0; q < height; q++) {
      for (let k = 0; k < width; k++) {
        const value = view.z[(rows[0] + q) * shape.count + columns[0] + k];
        const dot = Math.floor(q / pool) * across + Math.floor(k / pool);
        if (!(most[dot] >= value)) most[dot] = value;
      }
    }
    const place = (value) => Math.round(255 * Math.min(1, colours.of(value * view.factor) / colours.end));
    return { across, down, steps: Array.from(most, (value) => (Number.isNaN(value) ? NaN : place(value))) };
  }

  paint(...whole) {
    const { across, down, steps } = this.dots(...whole);
    Object.assign(this.canvas, { width: across, height: down });
    Object.assign(this.sheet.style, { aspectRatio: `${across} / ${down}`, maxWidth: `${16 * Math.min(1, across / down)}rem` });
    const image = new ImageData(across, down);
    const table = colourTable();
    steps.forEach((step, i) => {
      if (!Number.isNaN(step)) image.data.set(table[step], 4 * i); // else it stays clear
    });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
  }
}

// The colour scale in 256 steps of red, green, blue, opacity.
function colourTable() {
  const stops = colourScale().map(([, colour]) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
  return upTo(256).map((step) => {
    const place = (step / 255) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    return [...stops[low].map((value, i) => Math.round(value + (place - low) * (stops[low + 1][i] - value))), 255];
  });
}
