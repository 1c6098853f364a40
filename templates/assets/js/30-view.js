// One view of a text: the mean of the picked heads' maps; all tokens or content tokens only; all
// of a pair, or from one segment to another.

// Rows that keep less than 1 % without their special tokens are left blank: the rest is noise.
const KEPT_LEAST = 0.01;

const upTo = (count) => Array.from({ length: count }, (_, i) => i);
const orNull = (value) => (Number.isNaN(value) ? null : value);

// Weights `[query, key]` between the entries of a text's maps, its tokens unless it is pooled: the
// mean of the maps that `cells` number.
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

// What is shown of a map: the rows and columns that stay, and each row divided by what it keeps.
// The figures beside it are means over the rows that were asked for.
function leave(data, map, choice) {
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

// Attention to what is drawn is the sum over its tokens, attention from it the mean (Clark et al.
// 2019). What is not shown is NaN.
function gather(data, left) {
  const { side, count, drawnOf, sizes } = data;
  const z = new Float64Array(count * count);
  const received = new Float64Array(count);
  const rowsOf = new Float64Array(count); // tokens
  const hidden = new Uint8Array(count);
  left.hasColumn.forEach((has, k) => (hidden[drawnOf[k]] = has ? 0 : 1));
  const cls = data.cls === null ? null : data.cellOf[data.cls];
  let row = new Float64Array(count).fill(NaN);
  for (const q of left.rows) {
    const sums = new Float64Array(count);
    for (let k = 0; k < side; k++) sums[drawnOf[k]] += left.values[q * side + k];
    const start = drawnOf[q] * count;
    for (let k = 0; k < count; k++) {
      if (hidden[k]) sums[k] = NaN;
      z[start + k] += sizes[q] * sums[k];
      received[k] += sizes[q] * sums[k];
    }
    rowsOf[drawnOf[q]] += sizes[q];
    if (q === cls) row = sums;
  }
  for (let q = 0; q < count; q++) {
    for (let k = 0; k < count; k++) z[q * count + k] /= rowsOf[q]; // 0 / 0, a row not shown, is NaN
  }
  const tokens = rowsOf.reduce((sum, n) => sum + n, 0);
  return { z, row, received: received.map((sum) => sum / tokens) };
}

// The view as it is drawn, for one selection. Lines over all heads of a layer, or of all layers,
// come from float32 figures; all others, and all cells, from the packed maps.
function makeView(data, choice, selection) {
  const left = leave(data, meanMap(data, mapCells(data, selection)), choice);
  const { z, row, received } = gather(data, left);
  const [layer, head] = onlyItem(selection) ?? [];
  const at = layer === undefined || layer === "all" ? page.layers : layer - 1;
  const whole = !choice.content && !choice.part;
  const exact = head === "mean" && whole;
  const summed = page.sums && head === "mean" && !choice.content;
  return {
    z,
    received: exact ? Array.from(data.received[at]) : Array.from(received, orNull),
    row: exact ? data.row && Array.from(data.row[at]) : data.cls === null ? null : Array.from(row, orNull),
    expected: whole ? Array.from(data.expected[at]) : evenOver(data, at, choice),
    exact,
    summed,
    factor: summed ? page.heads : 1,
    hidden: left.hidden,
    blank: left.blank,
    shown: received.reduce((sum, value) => sum + (value || 0), 0), // of the rows, in these columns
  };
}

// Only where every row sees every token is the even spread over the rest known here.
function evenOver(data, at, choice) {
  const tokensOf = new Array(data.count).fill(0);
  data.drawnOf.forEach((drawn, entry) => (tokensOf[drawn] += data.sizes[entry]));
  const even = tokensOf.every((n, k) => Math.abs(data.expected[at][k] * data.tokens - n) < 1e-3);
  const isThere = (k) => !choice.content || !data.isSpecial[k];
  const size = tokensOf.reduce((sum, n, k) => sum + (isThere(k) ? n : 0), 0);
  const to = PARTS[choice.part]?.[1] ?? null;
  return tokensOf.map((n, k) =>
    even && isThere(k) && (to === null || data.segment[k] === to) ? n / size : null);
}
