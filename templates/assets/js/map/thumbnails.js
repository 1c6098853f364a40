// Small pictures of the maps of heads.

const THUMB = 48; // dots along a side, at most

const PAINT_FOR = 8; // milliseconds at a time, so that the page stays quick

// The colours of a map as pixels of an image.
const pixelTable = () => colourTable().map((colour) => new Uint32Array(Uint8Array.from(colour).buffer)[0]);

// The cells of a text's maps as the shape of a map.
function cellShape(data) {
  const isSpecial = new Array(data.side).fill(false);
  data.cellOf.forEach((cell, token) => {
    if (data.isSpecial[data.unitOf[token]]) isSpecial[cell] = true;
  });
  return { count: data.side, isSpecial, drawnOf: upTo(data.side), sizes: data.sizes };
}

// The mean of these maps as an image, in the colours that it has as the large map. Where special tokens
// are hidden (`isHidden`), their rows and columns are empty.
function headPicture(data, cells, table, isHidden) {
  const { side } = data;
  const pool = Math.ceil(side / THUMB);
  const dots = Math.ceil(side / pool);
  const most = new Float64Array(dots * dots).fill(-1); // a dot shows the largest of several cells
  const shape = (data.cellShape ??= cellShape(data));
  const times = timesOf(shape, meanMap(data, cells));
  for (let q = 0, i = 0; q < side; q++) {
    const first = Math.floor(q / pool) * dots;
    for (let k = 0; k < side; k++, i++) {
      const dot = first + Math.floor(k / pool);
      if (isHidden && (shape.isSpecial[q] || shape.isSpecial[k])) continue;
      if (times[i] > most[dot]) most[dot] = times[i];
    }
  }
  const image = new ImageData(dots, dots);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < most.length; i++) if (most[i] >= 0) pixels[i] = table[Math.round(255 * placeOf(most[i]))];
  return image;
}
