// plotly.js lies in the page once, compressed; it is unpacked when the first map comes near.

let plotlyReady = null;

function loadPlotly() {
  plotlyReady ??= inflated(bytesOf(document.getElementById("plotly").textContent), "gzip").then((buffer) => {
    const script = document.createElement("script");
    script.textContent = new TextDecoder("utf-8", { ignoreBOM: true }).decode(buffer);
    document.head.append(script); // runs at once; its hash stands in the content policy
    if (!window.Plotly) throw new Error("plotly.js did not start");
    return window.Plotly;
  });
  return plotlyReady;
}

// plotly reads text as a little HTML; escape after cutting, so that no entity is cut in half.
const escaped = (text) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
const widthOf = (characters) => characters.reduce((sum, c) => sum + (WIDE.test(c) ? 2 : 1), 0);

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
