// Every drawing can be saved as PNG or SVG: in light colours, on white, without anything to fetch.

const INLINED = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity",
  "font-size", "font-weight", "text-anchor", "dominant-baseline", "display", "visibility",
];
const SHARPER = 2; // pixels of a PNG for each of the page

// Writes a colour that the style sheet mixed in a form that every program reads.
function plainColour(value) {
  const mixed = value.match(/^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/);
  if (!mixed) return value;
  const [red, green, blue] = mixed.slice(1, 4).map((part) => Math.round(255 * Number(part)));
  return mixed[4] === undefined ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${mixed[4]})`;
}

function svgElement(tag, attributes) {
  return setAttributes(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes);
}

const TITLE = 28; // pixels, height of a picture's title, and of each line of its key
const LINE = 18;

// A drawing with its title and its key, with styles as attributes, so that it looks the same outside
// the page.
function standalone(drawing, title) {
  const copy = styledCopy(drawing);
  bringNames(copy, drawing);
  const [x, y, width, height] = drawing.getAttribute("viewBox").split(/[\s,]+/).map(Number);
  const { marks, lines } = keyOf(drawing, x, y, width);
  const head = TITLE + lines * LINE + 6;
  const top = y - head;
  const whole = height + head;
  const viewBox = [x, top, width, whole].join(" ");
  setAttributes(copy, { viewBox, width, height: whole, "font-family": css("--font") });
  const name = svgElement("text", { x: x + 8, y: top + 19, "font-size": 14, "font-weight": 600 });
  name.setAttribute("fill", css("--ink"));
  name.textContent = title;
  const key = svgElement("g", { transform: `translate(0 ${top - y + TITLE})` });
  key.append(...marks);
  copy.prepend(svgElement("rect", { x, y: top, width, height: whole, fill: "#ffffff" }), name, key);
  return { source: new XMLSerializer().serializeToString(copy), width, height: whole };
}

// Puts into a copy what its drawing uses of another one: the names of tokens, the marks of points.
function bringNames(copy, drawing) {
  for (const use of copy.querySelectorAll("use")) {
    const used = document.querySelector(use.getAttribute("href"));
    if (!drawing.contains(used)) use.replaceWith(styledCopy(used));
  }
  const marked = Array.from(copy.querySelectorAll("[marker-mid]"), (line) => line.getAttribute("marker-mid"));
  copy.prepend(...marked.map((mark) => styledCopy(document.querySelector(mark.slice(4, -1)))));
}

// The marks of the key beside a drawing with their names, from (x, y) on, and how many lines they take.
function keyOf(drawing, x, y, width) {
  const pen = make("canvas").getContext("2d");
  pen.font = `12px ${css("--font")}`;
  const marks = [];
  let [at, line] = [x + 8, 0];
  const fold = drawing.closest(".as-lines"); // its marks are its own
  for (const entry of drawing.closest("figure")?.querySelectorAll("figcaption span, .marks span") ?? []) {
    const mark = entry.querySelector("svg");
    if (!mark || entry.hidden || entry.closest(".as-lines") !== fold) continue;
    const text = entry.textContent.trim();
    const beside = Number(mark.getAttribute("width")) + 6;
    const room = beside + pen.measureText(text).width + 18;
    if (at > x + 8 && at + room > x + width) [at, line] = [x + 8, line + 1];
    const group = svgElement("g", { transform: `translate(${at} ${y + line * LINE})` });
    const used = mark.querySelector("use");
    const drawn = used ? [document.querySelector(used.getAttribute("href"))] : Array.from(mark.children);
    const label = svgElement("text", { x: beside, y: 10, "font-size": 12, fill: css("--ink") });
    label.textContent = text;
    group.append(...drawn.map(styledCopy), label);
    marks.push(group);
    at += room;
  }
  return { marks, lines: marks.length ? line + 1 : 0 };
}

function styledCopy(drawing) {
  const copy = drawing.cloneNode(true);
  const all = [drawing, ...drawing.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, at) => {
    const style = getComputedStyle(all[at]);
    for (const name of INLINED) {
      if (element === copy && name === "display") continue;
      element.setAttribute(name, plainColour(style.getPropertyValue(name)));
    }
    for (const name of ["class", "data-tools", "tabindex"]) element.removeAttribute(name);
  });
  const isFilledWith = (id) => drawing.querySelector(`[fill='url(#${id})']`) !== null;
  if (isFilledWith("scale")) copy.prepend(styledScale(document.getElementById("scale")));
  if (isFilledWith("future")) copy.prepend(styledCopy(document.getElementById("future")));
  return copy;
}

// The colours of maps, which stand in the page once for all of them.
function styledScale(scale) {
  const copy = scale.cloneNode(true);
  Array.from(copy.children).forEach((stop, i) =>
    stop.setAttribute("stop-color", getComputedStyle(scale.children[i]).stopColor));
  return copy;
}

const svgBlob = (source) => new Blob([source], { type: "image/svg+xml" });

// Draws the picture from a data address, which the page's own policy allows, and frames without an
// origin too.
async function pngBlob({ source, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode().catch(() => {
    throw new Error(say("no_picture"));
  });
  const canvas = make("canvas", { width: SHARPER * width, height: SHARPER * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  if (!blob) throw new Error(say("no_picture"));
  return blob;
}

const pictureBlob = (picture, format) => (format === "svg" ? svgBlob(picture.source) : pngBlob(picture));

// `name()` names the picture at the moment, `blob(format)` makes it, `cells()` its figures as a table.
function pictureTools(name, blob, cells) {
  const saveAs = (format) => async (status) => save(await blob(format), fileName(name(), format), status);
  const saveCsv = (status) => save(csvBlob(cells()), fileName(name(), "csv"), status);
  return toolMenu(say("picture_tools", { name: name() }),
    [say("save_png"), saveAs("png")], [say("save_svg"), saveAs("svg")],
    ...(cells ? [[say("save_csv"), saveCsv]] : []));
}

function drawingTools(drawing) {
  drawing.dataset.tools = "";
  const name = drawingName(drawing);
  return pictureTools(() => name, (format) => pictureBlob(inLight(() => standalone(drawing, name)), format));
}

// The title of a drawing in a panel, together with the text; elsewhere the heading above it.
function drawingName(drawing) {
  const text = drawing.closest(".panel")?.querySelector("h3")?.textContent;
  const title = drawing.closest("figure")?.querySelector("figcaption b.said")?.textContent;
  return text ? [text, title].filter(Boolean).join(" · ") : headingAbove(drawing);
}
