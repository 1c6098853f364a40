// Where the tokens' names, the map and the row below it stand, and the lines in their place: as in the
// drawings that stand there without scripts (`report/charts/map_geometry.py`), so that the change is
// not seen.

const DESIGN = 386; // pixels, the width that the other numbers are for
const LINES = 60; // height of the lines
const SLANT = 50; // degrees, of the names of columns
const TOP = 4;
const BELOW_MAP = 9; // from the map to the row of all rows
const BELOW_ROWS = 14; // from there to the colour bar
const BAR = 10; // height of the colour bar
const LAST_MARK = 46; // what the last number below it takes
const BELOW_BAR = 18; // for the numbers below it
const LEAST_LEFT = 40;
const [LEAST_RIGHT, MOST_RIGHT] = [6, 60];
const HALF = 7 / 12; // of the size of the letters: what a half-width character takes, about
const LETTERS = 11.5;
const LEAST_LETTERS = 10.5;
const [LEAST_ROW, MOST_ROW] = [10, 26];
const APART = 0.5; // how far the column of a learned sink stands from the tokens', in columns
const FOR_SEGMENTS = 18; // for the names of a pair's segments, on the left and above

const lettersIn = (room) => Math.min(LETTERS, Math.max(LEAST_LETTERS, room));

// In half-width characters.
const nameWidth = (name) => widthOf(Array.from(cutLabel(name)));
const longestName = (names) => Math.max(...names.map(nameWidth));

// How far slanted names may reach beyond the last column.
function roomRight(names, column) {
  const wide = lettersIn(0.8 * column) * HALF * Math.cos((SLANT * Math.PI) / 180);
  const ends = names.map((name, i) => wide * nameWidth(name) - column * (names.length - i - 0.5));
  return Math.min(MOST_RIGHT, Math.max(LEAST_RIGHT, ...ends) + 4);
}

// Pixels in a figure with rows and columns of these names; `below` is the name of the row of all rows,
// "" without one, `isPair` whether names of segments stand above and beside, and `hasSink` whether the
// column of a learned sink stands beside those of the text.
function geometryOf({ rows, columns, below = "", isPair = false, hasSink = false }) {
  const segments = isPair ? FOR_SEGMENTS : 0;
  const left = Math.max(LEAST_LEFT, LETTERS * HALF * longestName([...rows, below]) + 10) + segments;
  const named = hasSink ? [...columns, say("learned_sink")] : columns;
  const count = columns.length + (hasSink ? APART + 1 : 0);
  const right = DESIGN - roomRight(named, (DESIGN - LEAST_RIGHT - left) / count);
  const column = (right - left) / count;
  const columnLetters = lettersIn(0.8 * column);
  const tall = columnLetters * HALF * longestName(named) * Math.sin((SLANT * Math.PI) / 180);
  const mapStart = TOP + segments + tall + 12;
  const perRow = (right - left) / (rows.length * (count / columns.length) || 1);
  const row = Math.min(MOST_ROW, Math.max(LEAST_ROW, perRow));
  const mapEnd = mapStart + row * rows.length;
  const end = below ? mapEnd + BELOW_MAP + row : mapEnd; // of what the colour bar is below
  return {
    left, right, mapStart, mapEnd, column, row, columnLetters, end,
    top: TOP + segments,
    linesEnd: mapStart + LINES,
    barStart: end + BELOW_ROWS,
    height: end + BELOW_ROWS + BAR + BELOW_BAR,
    rowLetters: lettersIn(0.95 * row),
    columnEvery: Math.ceil((1.2 * columnLetters) / column - 1e-9),
  };
}

// The colour bar, as in the drawing without scripts, with its `marks` below it.
function colourBar({ left, right, barStart }, marks) {
  const wide = right - left;
  const bar = svgElement("g", {
    transform: `translate(${left} ${barStart})`, "font-size": 10.5, "text-anchor": "middle",
  });
  const numbers = svgElement("g", { transform: `translate(0 ${BAR + 12})` });
  const seen = marks.filter(([at]) => at === 1 || (1 - at) * wide >= LAST_MARK);
  numbers.append(...seen.map(([at, name]) => {
    const text = svgElement("text", { x: at * wide, ...(at === 1 ? { "text-anchor": "end" } : {}) });
    text.textContent = name;
    return text;
  }));
  const equal = `M${page.scale.places[1] * wide} -2v${BAR + 4}`;
  bar.append(
    svgElement("rect", { width: wide, height: BAR, fill: "url(#scale)" }),
    svgElement("path", { class: "ink", d: equal, stroke: "#1b1d22" }), numbers);
  return bar;
}

// Three to six round values from 0 that reach `top`, of which few are marked (`report/charts/axes.py`).
function lineMarks(top) {
  if (!(top > 0)) return { end: 1, marks: [0, 1] };
  const size = 10 ** Math.floor(Math.log10(top / 4));
  const step = size * [1, 2, 2.5, 5, 10].find((m) => size * m >= (top / 4) * 0.999);
  const all = upTo(Math.ceil(top / step - 1e-9) + 1).map((i) => Number((i * step).toPrecision(12)));
  const every = all.length <= 4 ? 1 : all.length % 2 ? 2 : all.length - 1;
  return { end: all.at(-1), marks: all.filter((_, i) => i % every === 0) };
}
