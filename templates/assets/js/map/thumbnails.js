// Small pictures of the maps of heads.

const THUMB = 48; // dots along a side, at most

const PAINT_FOR = 8; // milliseconds at a time, so that the page stays quick

// The mean of these maps as an image, in the colours that it has as the large map.
function headPicture(data, cells, table) {
  const { side } = data;
  const pool = Math.ceil(side / THUMB);
  const dots = Math.ceil(side / pool);
  const most = new Float64Array(dots * dots); // a dot shows the largest of several cells
  meanMap(data, cells).forEach((weight, i) => {
    const dot = Math.floor(Math.floor(i / side) / pool) * dots + Math.floor((i % side) / pool);
    if (weight > most[dot]) most[dot] = weight;
  });
  const isSpecial = new Array(dots).fill(false);
  data.cellOf.forEach((cell, token) => {
    if (data.isSpecial[data.unitOf[token]]) isSpecial[Math.floor(cell / pool)] = true;
  });
  const top = colourTop({ count: dots, isSpecial }, most);
  const image = new ImageData(dots, dots);
  most.forEach((weight, i) => image.data.set(table[Math.round(255 * Math.min(1, weight / top))], 4 * i));
  return image;
}
