// The page's inert data: words, the empty figure, and each text's units and attention maps.

const page = JSON.parse(document.getElementById("page-data").textContent);
const words = page.words;

const say = (key, values = {}) =>
  words[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function inflated(bytes, format) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  return new Response(stream).arrayBuffer();
}

// A byte b stands for the weight (b / 255)².
const weightOf = Float64Array.from({ length: 256 }, (_, byte) => (byte / 255) ** 2);

// Opened texts, the latest last; only a few are held, since a long text's maps are large.
const opened = new Map();
const HELD = 12;

function textData(number) {
  if (!opened.has(number)) {
    opened.set(number, openText(number));
    if (opened.size > HELD) opened.delete(opened.keys().next().value);
  } else {
    const data = opened.get(number);
    opened.delete(number);
    opened.set(number, data);
  }
  return opened.get(number);
}

// The maps of a long text are pooled over its whole length: a cell holds up to `pool` tokens, those
// of whole units; attention to it is the sum over them, attention from it the mean. Elsewhere a
// cell is a token. `of` is `[token]`, `sizes` the tokens of each cell.
function cellsOf({ units, cells }) {
  const of = units.map((unit, token) => (cells ? cells[unit] : token));
  const sizes = new Array(of[of.length - 1] + 1).fill(0);
  for (const cell of of) sizes[cell] += 1;
  return { of, sizes };
}

async function openText(number) {
  const data = JSON.parse(document.getElementById(`data-${number}`).textContent);
  const base64 = document.getElementById(`maps-${number}`).textContent;
  const count = data.labels.length;
  const tokens = data.units.length;
  const maps = new Uint8Array(await inflated(bytesOf(base64), "deflate"));
  const lines = (text) => {
    const values = new Float32Array(bytesOf(text).buffer);
    return Array.from({ length: page.layers + 1 }, (_, i) => values.subarray(i * count, (i + 1) * count));
  };
  const special = new Set(data.special);
  const { of: cellOf, sizes } = cellsOf(data);
  const side = sizes.length;
  return {
    labels: data.labels,
    isSpecial: data.labels.map((_, i) => special.has(i)),
    count,
    tokens,
    unitOf: data.units,
    cls: data.cls,
    maps,
    side,
    cellOf,
    sizes,
    pool: data.pool ?? 1,
    heads: maps.length / (page.layers * side * side),
    received: lines(data.received),
    expected: lines(data.expected),
    row: data.row && lines(data.row),
    segment: data.segment ?? null,
    words: data.words,
  };
}
