// From attention to colour. Colours show a share as a multiple of what an average text token gets from
// the same row: 1 for every token where attention is even. All texts, maps and heads have one scale
// (`report/charts/colours.py`), so that any two can be compared.

const LEAST_CONTENT = 0.01; // of the equal share of text tokens; a row with less counts as if it had it

// Where multiples stand on the scale, from 0 to 1: up to 1 in proportion, then each doubling alike.
function placeOf(times) {
  const average = page.scale.places[1];
  if (times <= 1) return average * times;
  return Math.min(1, average + ((1 - average) * Math.log2(times)) / Math.log2(page.scale.end));
}

// The step 0..15 of multiples (`times_steps` in `report/charts/colours.py`).
const stepOfTimes = (times) => Math.floor((15 * Math.floor(10 * placeOf(times) + 0.5) + 5) / 10);

// What stands beside the colours: each place with its multiple. `isCut` is whether some are beyond.
function colourMarks(isCut) {
  return page.scale.ticks.map((times, i, { length }) => {
    const name = times === 0 ? "0" : `${times}×`;
    return [placeOf(times), i === length - 1 && isCut ? `≥ ${name}` : name];
  });
}

// How many tokens each entry has that is drawn, in how many cells of the maps.
function tokensOf({ count, drawnOf, sizes }) {
  const tokens = new Array(count).fill(0);
  drawnOf.forEach((drawn, entry) => (tokens[drawn] += sizes[entry]));
  return tokens;
}

// What row `q` gives each column, and one token that all of it sees, if it is spread evenly over the
// tokens that it sees; `tokens` are those of each column. In a causal model a row sees no token after
// its own.
function evenRow(tokens, q, isCausal) {
  if (!isCausal) {
    const each = 1 / tokens.reduce((sum, n) => sum + n, 0);
    return { row: tokens.map((n) => n * each), each };
  }
  const start = tokens.slice(0, q).reduce((sum, n) => sum + n, 0);
  const own = upTo(tokens[q]);
  const mean = (of) => own.reduce((sum, i) => sum + of(i), 0) / own.length;
  const each = mean((i) => 1 / (start + i + 1));
  const inside = mean((i) => (i + 1) / (start + i + 1));
  return { row: tokens.map((n, k) => (k < q ? n * each : k === q ? inside : 0)), each };
}

// A row as multiples of what an average text token of those shown gets from it; NaN where it has no
// share.
function timesOfRow(row, even, isSpecial) {
  let [share, part] = [0, 0];
  for (let k = 0; k < even.length; k++) {
    if (isSpecial[k] || Number.isNaN(row[k])) continue;
    part += even[k];
    share += row[k];
  }
  const average = part > 0 ? Math.max(share / part, LEAST_CONTENT) : 1;
  const times = new Float64Array(even.length); // a loop, as all heads of a text go through here
  for (let k = 0; k < even.length; k++) times[k] = even[k] > 0 ? row[k] / (even[k] * average) : row[k] && 0;
  return times;
}

// The even row of each row of a map, one for all where every row sees every token.
function evenRows(shape) {
  const tokens = tokensOf(shape);
  const same = page.causal ? null : evenRow(tokens, 0, false);
  return upTo(shape.count).map((q) => same ?? evenRow(tokens, q, true));
}

// All rows of a map `z`, [query * count + key], as multiples.
function timesOf(shape, z) {
  const { count, isSpecial } = shape;
  const rows = (shape.evenRows ??= evenRows(shape));
  const times = new Float64Array(z.length);
  for (let q = 0; q < count; q++) {
    times.set(timesOfRow(z.subarray(q * count, (q + 1) * count), rows[q].row, isSpecial), q * count);
  }
  return times;
}

// What goes to the learned sink of each row as multiples; it counts as one token, as a special one.
function timesOfSink(shape, z, sink) {
  const { count, isSpecial, evenRows: rows } = shape;
  return Float64Array.from(sink, (value, q) => {
    const row = [...z.subarray(q * count, (q + 1) * count), value];
    const even = [...rows[q].row, rows[q].each];
    return timesOfRow(row, even, [...isSpecial, true])[count];
  });
}

// What all rows together give each column as multiples, against the mean of their even rows, by the tokens
// of each row; and a learned sink, whose share is `sink`.
function timesOfAll(shape, received, rowTokens, sink) {
  const rows = (shape.evenRows ??= evenRows(shape));
  const evenOf = (read) => meanOver(rows.map(read), rowTokens);
  const even = upTo(shape.count).map((k) => evenOf(({ row }) => row[k]));
  if (sink === null) return { receivedTimes: timesOfRow(received, even, shape.isSpecial) };
  const times = timesOfRow([...received, sink], [...even, evenOf(({ each }) => each)], [...shape.isSpecial, true]);
  return { receivedTimes: times.subarray(0, shape.count), sinkReceivedTimes: times[shape.count] };
}

// How many cells of the views that are drawn are beyond the end of the scale.
function countBeyond(views) {
  const beyond = (some) => some.reduce((n, times) => n + (times > page.scale.end ? 1 : 0), 0);
  return views.reduce((sum, { times, sinkTimes }) => sum + beyond(times) + (sinkTimes ? beyond(sinkTimes) : 0), 0);
}

// The colour scale as plotly takes it.
function colourScale() {
  const colours = page.scale[isDark() ? "dark" : "light"];
  return colours.map((colour, i) => [page.scale.places[i], colour]);
}

// The same in 256 steps of red, green, blue and opacity.
function colourTable() {
  const stops = colourScale().map(([at, colour]) => [at, [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16))]);
  return upTo(256).map((step) => {
    const place = step / 255;
    const high = Math.max(1, stops.findIndex(([at]) => at >= place));
    const [[from, low], [to, top]] = [stops[high - 1], stops[high]];
    return [...low.map((value, i) => Math.round(value + ((place - from) / (to - from)) * (top[i] - value))), 255];
  });
}
