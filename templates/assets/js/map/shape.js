// The shape of a text's map: one row and column per display unit, per word, or, where the maps are
// pooled, per cell. And the names of what is drawn there.

// Adds to the data of a text: `at[unit]`, where a unit is drawn; `first[drawn]`, the first unit
// drawn there; `drawnOf[entry]`, where an entry of the maps is drawn.
function shapeOf(data, inWords) {
  if (data.pool > 1) {
    return (data.pooled ??= merged(data, unitCells(data), upTo(data.side)));
  }
  if (inWords && data.words) {
    return (data.merged ??= merged(data, data.words, data.unitOf.map((unit) => data.words[unit])));
  }
  const units = upTo(data.count);
  return Object.assign(data, { at: units, first: units, drawnOf: data.unitOf });
}

// The cell of each unit.
function unitCells({ cellOf, unitOf }) {
  const cells = [];
  unitOf.forEach((unit, token) => (cells[unit] = cellOf[token]));
  return cells;
}

function merged(data, at, drawnOf) {
  const count = at[at.length - 1] + 1;
  const first = upTo(count).map((drawn) => at.indexOf(drawn));
  const labels = new Array(count).fill("");
  data.labels.forEach((label, unit) => {
    const isNewWord = labels[at[unit]] && data.words && data.words[unit] !== data.words[unit - 1];
    labels[at[unit]] += isNewWord ? ` ${label}` : label;
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
    evenRows: null, // those of `data` have other columns
  };
}

const ordinal = new Intl.PluralRules("en", { type: "ordinal" });
const ORDINALS = { one: "first", two: "second", few: "third", other: "other" };

// The name of what is drawn at `i`; if several have the same label, with a number.
function tokenName({ labels }, i) {
  const token = labels[i];
  if (labels.indexOf(token) === labels.lastIndexOf(token)) return token;
  const n = labels.slice(0, i + 1).filter((label) => label === token).length;
  return say("told_apart", { token, nth: say(`nth_${ORDINALS[ordinal.select(n)]}`, { n }) });
}

const WIDE = new RegExp(
  "[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff" +
    "\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6]");

// In half-width characters.
const widthOf = (characters) => characters.reduce((sum, c) => sum + (WIDE.test(c) ? 2 : 1), 0);

// Cuts what is too wide in the middle.
function cutLabel(text, width = 14) {
  const characters = Array.from(text);
  if (widthOf(characters) <= width) return text;
  const take = (list) => {
    const taken = [];
    for (const c of list) {
      if (widthOf([...taken, c]) > (width - 1) / 2) break;
      taken.push(c);
    }
    return taken;
  };
  return `${take(characters).join("")}…${take(characters.slice(-width).reverse()).reverse().join("")}`;
}
