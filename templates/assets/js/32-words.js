// What a text is drawn in: its display units, the words they make up, or, where its maps are
// pooled, the cells of those.

// `at[unit]` is where a unit is drawn, `first[drawn]` the first unit there, `drawnOf[entry]` where an
// entry of the maps is drawn.
function shapeOf(data, inWords) {
  if (data.pool > 1) return (data.pooled ??= merged(data, unitsIn(data.cellOf, data.unitOf), upTo(data.side)));
  if (inWords && data.words) {
    return (data.merged ??= merged(data, data.words, data.unitOf.map((unit) => data.words[unit])));
  }
  const units = upTo(data.count);
  return Object.assign(data, { at: units, first: units, drawnOf: data.unitOf });
}

// `[unit]`, the cell that holds it.
function unitsIn(cellOf, unitOf) {
  const cells = [];
  unitOf.forEach((unit, token) => (cells[unit] = cellOf[token]));
  return cells;
}

function merged(data, at, drawnOf) {
  const count = at[at.length - 1] + 1;
  const first = upTo(count).map((drawn) => at.indexOf(drawn));
  const labels = new Array(count).fill("");
  data.labels.forEach((label, unit) => {
    const apart = labels[at[unit]] && data.words && data.words[unit] !== data.words[unit - 1];
    labels[at[unit]] += apart ? ` ${label}` : label;
  });
  const sums = (lines) => lines && lines.map((line) => {
    const summed = new Float64Array(count);
    line.forEach((value, unit) => (summed[at[unit]] += value));
    return summed;
  });
  return {
    ...data,
    at,
    first,
    drawnOf,
    labels,
    count,
    isSpecial: first.map((unit) => data.isSpecial[unit]),
    segment: data.segment && first.map((unit) => data.segment[unit]),
    received: sums(data.received),
    expected: sums(data.expected),
    row: sums(data.row),
  };
}

// The name of what is drawn at `i`; where several have the same, which of them it is.
const ordinal = new Intl.PluralRules("en", { type: "ordinal" });
const ORDINALS = { one: "first", two: "second", few: "third", other: "other" };

function tokenName({ labels }, i) {
  const token = labels[i];
  if (labels.indexOf(token) === labels.lastIndexOf(token)) return token;
  const n = labels.slice(0, i + 1).filter((label) => label === token).length;
  return say("told_apart", { token, nth: say(`nth_${ORDINALS[ordinal.select(n)]}`, { n }) });
}
