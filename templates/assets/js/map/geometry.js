// Where the lines, the tokens' names and the map of a text stand: as in the drawing that stands
// there without scripts (`report/charts/map_geometry.py`), so that the change is not seen.

const DESIGN = 520; // pixels, the width that the other numbers are for
const LEAST_SCALE = 0.8;
const LINES = 60; // height of the lines
const SLANT = 50; // degrees, of the names of columns
const TOP = 8;
const BOTTOM = 8;
const RIGHT = 66; // for the colour bar
const LEAST_LEFT = 46;
const LEAST_MAP = 40; // height, for the numbers beside the colour bar
const HALF = 7 / 12; // of the size of the letters: what a half-width character takes, about
const LETTERS = 12;
const LEAST_LETTERS = 9;
const APART = 0.5; // how far the column of a learned sink stands from the tokens', in columns
const FOR_SEGMENTS = 18; // for the names of a pair's segments, on the left and above

const lettersIn = (room) => Math.min(LETTERS, Math.max(LEAST_LETTERS, room));

// In half-width characters.
const longestName = (shape, some) => Math.max(...some.map((i) => widthOf(Array.from(cutLabel(shape.labels[i])))));

// Pixels in a figure of this width; `scale` is what a pixel of the design is there. `hasSink` is
// whether the column of a learned sink stands beside those of the text.
function geometryOf(shape, rows, columns, width, hasSink = false) {
  const scale = Math.max(LEAST_SCALE, width / DESIGN);
  const segments = shape.segment === null ? 0 : FOR_SEGMENTS;
  const left = Math.max(LEAST_LEFT, LETTERS * HALF * longestName(shape, rows) + 12) + segments;
  const right = width / scale - RIGHT;
  const column = (right - left) / (columns.length + (hasSink ? APART + 1 : 0));
  const columnLetters = lettersIn(0.8 * column);
  const ofSink = hasSink ? widthOf(Array.from(cutLabel(say("learned_sink")))) : 0;
  const longest = Math.max(longestName(shape, columns), ofSink);
  const tall = columnLetters * HALF * longest * Math.sin((SLANT * Math.PI) / 180);
  const linesEnd = TOP + segments + LINES;
  const mapStart = linesEnd + tall + 16;
  const row = Math.max(Math.min(26, Math.max(10, column)), LEAST_MAP / (rows.length || 1));
  const mapEnd = mapStart + row * rows.length;
  return {
    scale, left, right, linesEnd, mapStart, mapEnd, columnLetters,
    linesStart: TOP + segments,
    height: mapEnd + BOTTOM,
    rowLetters: lettersIn(0.95 * row),
    columnEvery: Math.ceil((1.2 * columnLetters) / column - 1e-9),
  };
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
