// Small pictures of the maps of heads.

const THUMB = 48; // dots along a side, at most

const PAINT_FOR = 8; // milliseconds at a time, so that the page stays quick

// The colours of a map as pixels of an image.
const pixelTable = () => colourTable().map((colour) => new Uint32Array(Uint8Array.from(colour).buffer)[0]);

// The rows or the columns of a text's maps as dots, each of several cells where there are many: as a shape
// of a map, and which cells are special ones.
function dotsOf({ side, cellOf, sizes, isSpecial, unitOf }) {
  const pool = Math.ceil(side / THUMB);
  const count = Math.ceil(side / pool);
  const isHidden = new Uint8Array(side);
  cellOf.forEach((cell, token) => isSpecial[unitOf[token]] && (isHidden[cell] = 1));
  const drawnOf = upTo(side).map((cell) => Math.floor(cell / pool));
  const isMarked = new Array(count).fill(false);
  isHidden.forEach((is, cell) => is && (isMarked[drawnOf[cell]] = true));
  return { count, drawnOf, sizes, isSpecial: isMarked, isHidden };
}

// The most tokens in a dot of the pictures of a text.
function tokensOfDots(data) {
  const { of, sizes } = cellsOf(data);
  const pool = Math.ceil(sizes.length / THUMB);
  const tokens = [];
  of.forEach((cell) => {
    const dot = Math.floor(cell / pool);
    tokens[dot] = (tokens[dot] ?? 0) + 1;
  });
  return Math.max(...tokens);
}

// The mean of these maps by dots, as the map of a long text has them: attention to several tokens is the
// sum over them, attention from them the mean. As in the map, columns that are hidden are NaN, and rows that
// keep next to nothing.
function dotMap(data, dots, cells, isHidden) {
  const { side, sizes } = data;
  const { count, drawnOf } = dots;
  const sums = new Float64Array(count * count);
  const [tokens, hasColumn] = [new Float64Array(count), new Uint8Array(count)];
  const shown = upTo(side).filter((cell) => !isHidden || !dots.isHidden[cell]);
  for (const cell of shown) hasColumn[drawnOf[cell]] = 1;
  sizes.forEach((size, cell) => (tokens[drawnOf[cell]] += size));
  for (const map of cells) {
    for (let q = 0; q < side; q++) {
      const from = (map * side + q) * side;
      const start = drawnOf[q] * count;
      for (let i = 0; i < shown.length; i++) {
        const weight = data.maps[from + shown[i]];
        sums[start + drawnOf[shown[i]]] += sizes[q] * weight * weight;
      }
    }
  }
  for (let q = 0; q < count; q++) {
    const row = sums.subarray(q * count, (q + 1) * count);
    let kept = 0;
    for (let k = 0; k < count; k++) kept += row[k] /= 255 * 255 * cells.length * tokens[q];
    const isBlank = isHidden && kept < KEPT_LEAST;
    for (let k = 0; k < count; k++) if (isBlank || !hasColumn[k]) row[k] = NaN;
  }
  return sums;
}

// The mean of these maps as an image, in the colours that it has as the large map; `isHidden` is whether
// special tokens are.
function headPicture(data, cells, table, isHidden) {
  const dots = (data.dots ??= dotsOf(data));
  const times = timesOf(dots, dotMap(data, dots, cells, isHidden));
  const image = new ImageData(dots.count, dots.count);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < times.length; i++) {
    if (!Number.isNaN(times[i])) pixels[i] = table[Math.round(255 * placeOf(times[i]))];
  }
  return image;
}
