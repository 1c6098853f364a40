"""The colours of a picture, counted in the browser."""

from base64 import b64encode
from collections import Counter

from playwright.sync_api import Page

_COUNT = """async (bytes) => {
  const image = new Image();
  image.src = "data:image/png;base64," + bytes;
  await image.decode();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: image.width, height: image.height });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const found = {};
  for (let i = 0; i < data.length; i += 4) {
    const parts = [...data.slice(i, i + 4)].map((v) => v.toString(16).padStart(2, "0"));
    const hex = `#${parts.join("")}`;
    found[hex] = (found[hex] ?? 0) + 1;
  }
  return found;
}"""


def colours(page: Page, png: bytes) -> Counter[str]:
    """How many pixels of a PNG have each colour, such as #ff8800; of other than opaque ones the
    opacity follows."""
    found = page.evaluate(_COUNT, b64encode(png).decode())
    return Counter({colour.removesuffix("ff"): n for colour, n in found.items()})
