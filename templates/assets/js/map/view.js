// A view of a text: the mean of the selected heads' maps, for all tokens or for text tokens only,
// for a whole pair or from one of its segments to another.

// Without special tokens, rows that keep less than this are left blank: the rest is noise.
const KEPT_LEAST = 0.01;

const nullForNaN = (value) => (Number.isNaN(value) ? null : value);

// The mean of the maps with these numbers: weights [query, key] between the cells of a text's maps.
function meanMap(data, cells) {
  const size = data.side ** 2;
  const total = new Uint32Array(size); // of squared bytes, which are whole numbers
  for (const cell of cells) {
    const map = data.maps.subarray(cell * size, (cell + 1) * size);
    for (let i = 0; i < size; i++) total[i] += map[i] * map[i];
  }
  const weights = new Float64Array(size);
  for (let i = 0; i < size; i++) weights[i] = total[i] / (255 * 255 * cells.length);
  return weights;
}

// Which rows and columns of a map are shown; without special tokens each row is divided by what it
// keeps. `hidden` is the mean share that went to special tokens, over all rows of the chosen part.
function filterMap(data, map, choice) {
  const { side, drawnOf, sizes } = data;
  const [from, to] = PARTS[choice.part] ?? [null, null];
  const segment = drawnOf.map((drawn) => data.segment?.[drawn] ?? null);
  const content = drawnOf.map((drawn) => !data.isSpecial[drawn]);
  const asked = upTo(side).filter((q) => from === null || segment[q] === from);
  const hasColumn = upTo(side).map((k) =>
    (to === null || segment[k] === to) && (content[k] || !choice.content));
  const whole = { values: map, rows: asked, hasColumn, blank: 0, hidden: 0 };
  if (!choice.content) return whole;
  const kept = new Float64Array(side);
  for (const q of asked) for (let k = 0; k < side; k++) if (content[k]) kept[q] += map[q * side + k];
  const rows = asked.filter((q) => kept[q] >= KEPT_LEAST);
  const values = Float64Array.from(map);
  for (const q of rows) for (let k = 0; k < side; k++) values[q * side + k] /= kept[q];
  const tokens = (some) => some.reduce((sum, q) => sum + sizes[q], 0);
  const mean = asked.reduce((sum, q) => sum + sizes[q] * kept[q], 0) / tokens(asked);
  return { ...whole, values, rows, blank: tokens(asked) - tokens(rows), hidden: 1 - mean };
}

// From cells of the maps to what is drawn: attention to it is the sum over its tokens, attention
// from it the mean (Clark et al. 2019). What is not shown is NaN.
function gatherMap(data, filtered) {
  const { side, count, drawnOf, sizes } = data;
  const z = new Float64Array(count * count);
  const received = new Float64Array(count);
  const rowTokens = new Float64Array(count);
  const isHidden = new Uint8Array(count);
  filtered.hasColumn.forEach((has, k) => (isHidden[drawnOf[k]] = has ? 0 : 1));
  const cls = data.cls === null ? null : data.cellOf[data.cls];
  let row = new Float64Array(count).fill(NaN);
  for (const q of filtered.rows) {
    const sums = new Float64Array(count);
    for (let k = 0; k < side; k++) sums[drawnOf[k]] += filtered.values[q * side + k];
    const start = drawnOf[q] * count;
    for (let k = 0; k < count; k++) {
      if (isHidden[k]) sums[k] = NaN;
      z[start + k] += sizes[q] * sums[k];
      received[k] += sizes[q] * sums[k];
    }
    rowTokens[drawnOf[q]] += sizes[q];
    if (q === cls) row = sums;
  }
  for (let q = 0; q < count; q++) {
    for (let k = 0; k < count; k++) z[q * count + k] /= rowTokens[q]; // 0 / 0, a row not shown, is NaN
  }
  const tokens = rowTokens.reduce((sum, n) => sum + n, 0);
  return { z, row, rowTokens, received: received.map((sum) => sum / tokens) };
}

// What goes to the learned sink of the heads from each row that is drawn, which is what a row of the maps
// lacks to 1; null without one, and where rows are divided by what they keep.
function sinkColumn(data, map, filtered, choice) {
  if (!page.learned || choice.content) return null;
  const { side, count, drawnOf, sizes } = data;
  const shares = new Float64Array(count);
  const tokens = new Float64Array(count);
  for (const q of filtered.rows) {
    let sum = 0;
    for (let k = 0; k < side; k++) sum += map[q * side + k];
    shares[drawnOf[q]] += sizes[q] * (1 - sum);
    tokens[drawnOf[q]] += sizes[q];
  }
  // The bytes of a row may add up to a little more than 1; 0 / 0, a row not shown, is NaN.
  return shares.map((share, q) => Math.max(0, share / tokens[q]));
}

// The view as it is drawn, its cells as shares (`z`) and as multiples (`times`). The lines of a layer
// with all its heads, or of all layers, are exact figures; all other lines, and all cells of the map,
// come from the packed maps.
function makeView(data, choice, selection) {
  const map = meanMap(data, mapCells(data, selection));
  const filtered = filterMap(data, map, choice);
  const { z, row, rowTokens, received } = gatherMap(data, filtered);
  const [layer, head] = onlyItem(selection) ?? [];
  const at = layer === undefined || layer === "all" ? page.layers : layer - 1;
  const isWhole = !choice.content && !choice.part;
  const exact = head === "mean" && isWhole;
  const summed = page.sums && head === "mean" && !choice.content;
  const exactRow = data.row && Array.from(data.row[at]);
  const sink = sinkColumn(data, map, filtered, choice);
  const times = timesOf(data, z);
  const all = exact ? Float64Array.from(data.received[at]) : received;
  const sinkReceived = sink && meanOver(sink, rowTokens);
  return {
    z,
    times,
    sink,
    sinkTimes: sink && timesOfSink(data, z, sink),
    received: Array.from(all, nullForNaN),
    sinkReceived,
    ...timesOfAll(data, all, rowTokens, sinkReceived),
    row: exact ? exactRow : data.cls === null ? null : Array.from(row, nullForNaN),
    expected: isWhole ? Array.from(data.expected[at]) : evenSpread(data, at, choice),
    exact,
    summed,
    factor: summed ? page.heads : 1,
    hidden: filtered.hidden,
    blank: filtered.blank,
    shown: received.reduce((sum, value) => sum + (value || 0), 0), // of the rows, in these columns
  };
}

// The mean of what rows have, by their tokens; rows that are not shown have none.
function meanOver(values, tokens) {
  let [sum, all] = [0, 0];
  values.forEach((value, q) => {
    if (!tokens[q]) return;
    sum += tokens[q] * value;
    all += tokens[q];
  });
  return sum / all;
}

// The equal share over the columns that are shown; known only where every row sees every token.
function evenSpread(data, at, choice) {
  const tokens = tokensOf(data);
  const isEven = tokens.every((n, k) => Math.abs(data.expected[at][k] * data.tokens - n) < 1e-3);
  const isShown = (k) => !choice.content || !data.isSpecial[k];
  const size = tokens.reduce((sum, n, k) => sum + (isShown(k) ? n : 0), 0);
  const to = PARTS[choice.part]?.[1] ?? null;
  return tokens.map((n, k) =>
    isEven && isShown(k) && (to === null || data.segment[k] === to) ? n / size : null);
}

// The largest value of a text token; `first` is where `values` begin in the text.
function largestContent(shape, values, first = 0) {
  return values.reduce((most, value, i) => (!shape.isSpecial[first + i] && value > most ? value : most), 0);
}
