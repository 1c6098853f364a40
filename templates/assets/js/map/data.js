// The data of one text, which lies in the page as inert blocks: its units, figures and attention maps.

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const floatsOf = (letters) => new Float32Array(packedBytes(letters).buffer);

async function inflated(bytes, format) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  return new Response(stream).arrayBuffer();
}

// The texts that were opened last, the latest at the end. Only a few are kept, as the maps of a
// long text are large.
const opened = new Map();
const KEPT_TEXTS = 12;

function textData(number) {
  if (!opened.has(number)) {
    opened.set(number, readText(number));
    if (opened.size > KEPT_TEXTS) opened.delete(opened.keys().next().value);
  } else {
    const data = opened.get(number);
    opened.delete(number);
    opened.set(number, data);
  }
  return opened.get(number);
}

// `of[token]` is the cell of the maps that holds a token, `sizes[cell]` how many tokens a cell holds.
// Usually a cell is a token. The maps of a long text are pooled: a cell holds the tokens of whole
// units, up to `pool` of them; attention to it is the sum over its tokens, attention from it the mean.
function cellsOf({ units, cells }) {
  const of = units.map((unit, token) => (cells ? cells[unit] : token));
  const sizes = new Array(of[of.length - 1] + 1).fill(0);
  for (const cell of of) sizes[cell] += 1;
  return { of, sizes };
}

// The maps are bytes: b stands for the weight (b / 255)².
async function readText(number) {
  const data = JSON.parse(document.getElementById(`data-${number}`).textContent);
  const packed = packedBytes(document.getElementById(`maps-${number}`).textContent);
  const count = data.labels.length;
  const maps = new Uint8Array(await inflated(packed, "deflate"));
  const lines = (text) => {
    const values = floatsOf(text);
    const at = (i) => (values.length > count ? i * count : 0); // one line is that of every layer
    return upTo(page.layers + 1).map((i) => values.subarray(at(i), at(i) + count));
  };
  const special = new Set(data.special);
  const { of: cellOf, sizes } = cellsOf(data);
  const side = sizes.length;
  return {
    labels: data.labels,
    isSpecial: data.labels.map((_, i) => special.has(i)),
    count,
    tokens: data.units.length,
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
