// One view of a text: a layer or all, a head or all, all tokens or content tokens only.

// Rows that keep less than 1 % without their special tokens are left blank: the rest is noise.
const KEPT_LEAST = 0.01;

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

// Token by token weights `[query][key]` of the chosen layers and heads: their mean.
function tokenRows(data, layer, head) {
  const { tokens } = data;
  const total = new Float64Array(tokens * tokens);
  const layers = layer === "all" ? upTo(page.layers) : [layer - 1];
  const heads = head === "mean" ? upTo(data.heads) : [head - 1];
  for (const l of layers) {
    for (const h of heads) {
      const start = (l * data.heads + h) * total.length;
      for (let i = 0; i < total.length; i++) total[i] += weightOf[data.maps[start + i]];
    }
  }
  const count = layers.length * heads.length;
  return upTo(tokens).map((q) =>
    Array.from(total.subarray(q * tokens, (q + 1) * tokens), (value) => value / count));
}

// Special tokens leave the columns (null), and each row is divided by what it keeps; a row that
// keeps too little is null.
function contentRows(data, rows) {
  const isContent = data.unitOf.map((unit) => !data.isSpecial[unit]);
  const kept = rows.map((row) => row.reduce((sum, value, k) => sum + (isContent[k] ? value : 0), 0));
  return {
    rows: rows.map((row, q) =>
      kept[q] < KEPT_LEAST ? null : row.map((value, k) => (isContent[k] ? value / kept[q] : null))),
    hidden: 1 - kept.reduce((sum, value) => sum + value, 0) / kept.length,
  };
}

// Attention to a unit is the sum over its tokens …
function toUnits(data, row) {
  if (row === null) return new Array(data.count).fill(null);
  const sums = new Array(data.count).fill(null);
  row.forEach((value, k) => {
    if (value !== null) sums[data.unitOf[k]] += value;
  });
  return sums;
}

// … and attention from it the mean (Clark et al. 2019).
function meanOf(rows, count) {
  const kept = rows.filter((row) => row.some((value) => value !== null));
  if (kept.length === 0) return new Array(count).fill(null);
  return kept[0].map((first, k) =>
    first === null ? null : kept.reduce((sum, row) => sum + row[k], 0) / kept.length);
}

// The view as it is drawn. Lines over all heads come from float32 figures; those of one head, and
// all cells, come from the packed maps, as does everything over content tokens only.
function makeView(data, choice) {
  const whole = tokenRows(data, choice.layer, choice.head);
  const { rows, hidden } = choice.content ? contentRows(data, whole) : { rows: whole, hidden: 0 };
  const byToken = rows.map((row) => toUnits(data, row));
  const byUnit = upTo(data.count).map(() => []);
  byToken.forEach((row, q) => byUnit[data.unitOf[q]].push(row));
  const at = choice.layer === "all" ? page.layers : choice.layer - 1;
  const exact = choice.head === "mean" && !choice.content;
  const summed = page.sums && choice.head === "mean" && !choice.content;
  const cls = data.cls === null ? null : byToken[data.cls];
  return {
    z: byUnit.map((some) => meanOf(some, data.count)),
    received: exact ? Array.from(data.received[at]) : meanOf(byToken, data.count),
    row: exact ? data.row && Array.from(data.row[at]) : cls,
    expected: choice.content ? contentExpected(data, at) : Array.from(data.expected[at]),
    exact,
    summed,
    factor: summed ? page.heads : 1,
    hidden,
    blank: rows.filter((row) => row === null).length,
  };
}

// Only where every row sees every token is the even spread over the rest known here.
function contentExpected(data, at) {
  const share = data.expected[at];
  const tokensOf = upTo(data.count).map((unit) => data.unitOf.filter((of) => of === unit).length);
  const even = upTo(data.count).every((k) => Math.abs(share[k] * data.tokens - tokensOf[k]) < 1e-3);
  const size = data.unitOf.filter((unit) => !data.isSpecial[unit]).length;
  return tokensOf.map((count, k) => (even && !data.isSpecial[k] ? count / size : null));
}

// Where the colours stop: the 99.5th percentile of the content columns, so that a sink does not
// take the whole range.
function colourTop(data, z) {
  const cells = z
    .flatMap((row) => row.filter((value, k) => value !== null && !data.isSpecial[k]))
    .sort((a, b) => a - b);
  const top = cells.length ? cells[Math.min(cells.length - 1, Math.floor(0.995 * cells.length))] : 0;
  return top > 0 ? top : 1;
}
