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

// A drawing with its styles as attributes, so that it looks the same outside the page.
function standalone(drawing) {
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
  const [x, y, width, height] = drawing.getAttribute("viewBox").split(/[\s,]+/).map(Number);
  setAttributes(copy, { width, height, "font-family": css("--font") });
  copy.prepend(svgElement("rect", { x, y, width, height, fill: "#ffffff" }));
  return { source: new XMLSerializer().serializeToString(copy), width, height };
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

// `name()` names the picture at the moment, `blob(format)` makes it.
function pictureTools(name, blob) {
  const saveAs = (format) => async (status) => save(await blob(format), fileName(name(), format), status);
  return toolRow(say("picture_tools", { name: name() }),
    [say("save_png"), saveAs("png")], [say("save_svg"), saveAs("svg")]);
}

function drawingTools(drawing) {
  drawing.dataset.tools = "";
  const name = drawingName(drawing);
  return pictureTools(() => name, (format) => pictureBlob(inLight(() => standalone(drawing)), format));
}

// The title of a drawing in a panel, together with the text; elsewhere the heading above it.
function drawingName(drawing) {
  const text = drawing.closest(".panel")?.querySelector("h3")?.textContent;
  const title = drawing.closest("figure")?.querySelector("figcaption b.said")?.textContent;
  return text ? `${text} ${title ?? ""}`.trim() : headingAbove(drawing);
}
