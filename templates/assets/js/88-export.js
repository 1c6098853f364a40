// Every table can be copied or saved as CSV, from what it prints.

// A spreadsheet runs a cell that begins with one of these; their wide forms count in Japanese ones.
const RUNS = /^[=+\-@\t\r\n＝＋－＠]/;
const FIGURE = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?$/;

// "−1,234.5" and "31.2 %" as a spreadsheet reads them; text that it would run gets a leading quote.
function safeCell(text) {
  const plain = text.replace(/\s+/g, " ").trim();
  const figure = plain.replace(/[,\s]/g, "").replace("−", "-");
  if (FIGURE.test(figure)) return figure.replace(/^\+/, "");
  return RUNS.test(plain) ? `'${plain}` : plain;
}

// The cells of a table in words; a drawing inside a cell stays away, and so does a hidden row.
function cellsOfTable(table) {
  const rows = Array.from(table.rows).filter((row) => !row.hidden);
  const drawn = Array.from(table.tHead?.rows[0]?.cells ?? [], (cell) => cell.querySelector("svg") !== null);
  return rows.map((row) => Array.from(row.cells).filter((_, at) => !drawn[at]).map((cell) => {
    if (cell.matches(".texts td.t")) return safeCell(uncut(row)[0]);
    if (cell.matches(".texts th.t") && !rows.slice(1).every((one) => uncut(one)[1])) return say("cut_column", { name: cell.textContent });
    return safeCell(cell.title || textWithoutDrawings(cell));
  }));
}

// The text of a row of the list, with what the page holds of what was cut off, and whether that is
// all of it.
function uncut(row) {
  const cell = row.querySelector(".t");
  const panel = document.getElementById(cell.querySelector("a").getAttribute("href").slice(1));
  const text = wholeText(panel);
  if (!text) return [cell.textContent, !cell.textContent.includes("…")];
  const banner = panel.querySelector(".strip:not(.plain) ~ .banner.cut");
  if (!banner) return [text, true];
  const lost = banner.querySelectorAll("q");
  const isAll = lost.length === 1 && panel.querySelectorAll(".strip p").length === 1 && !lost[0].nextSibling?.textContent.trim();
  return isAll ? [text + lost[0].textContent, true] : [`${text}…`, false];
}

function textWithoutDrawings(cell) {
  if (!cell.querySelector("svg")) return cell.textContent;
  const copy = cell.cloneNode(true);
  for (const drawing of copy.querySelectorAll("svg")) drawing.remove();
  return copy.textContent;
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csvOf = (cells) => cells.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
const tsvOf = (cells) => cells.map((row) => row.join("\t")).join("\n");

// "my-model-40-texts-reportgen-text-3-figures-as-a-table.csv", from the title of the page and the thing's name.
function fileName(name, suffix) {
  const whole = `${document.title} ${name}`.normalize("NFKC").toLowerCase();
  const parts = whole.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `${Array.from(parts).slice(0, 80).join("").replace(/-$/, "")}.${suffix}`;
}

// In a frame of no origin downloads may be forbidden, and a page is not told.
const mayLackDownloads = () => window.origin === "null" && (window !== window.top || location.protocol !== "file:");

function save(blob, name, said) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  said.textContent = say(mayLackDownloads() ? "maybe_saved" : "saved", { name });
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByEvent(text); // where there is no clipboard to write to: an old host, a frame
  }
}

function copiedByEvent(text) {
  let isSet = false;
  const give = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    isSet = true;
  };
  document.addEventListener("copy", give, { once: true });
  document.execCommand("copy");
  document.removeEventListener("copy", give);
  return isSet;
}

// A row of small buttons and the sentence that says what became of a click.
function toolRow(name, ...buttons) {
  const said = make("span", { className: "told" });
  said.setAttribute("role", "status");
  const row = make("div", { className: "tools" });
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", name);
  for (const [text, act] of buttons) {
    const button = make("button", { type: "button", textContent: text });
    button.addEventListener("click", async () => {
      said.textContent = "";
      try {
        await act(said);
      } catch (error) {
        said.textContent = say("not_saved", { reason: `${error.message} ` });
      }
    });
    row.append(button);
  }
  row.append(said);
  return row;
}

function nameOf(thing) {
  const caption = thing.querySelector("caption")?.textContent;
  const region = thing.closest("[role=region][aria-label]")?.getAttribute("aria-label");
  const own = caption ?? region ?? headingAbove(thing);
  const text = thing.closest(".panel")?.querySelector("h3")?.textContent ?? "";
  return own.startsWith(text) ? own : `${text} ${own}`;
}

// The nearest heading before a thing.
function headingAbove(thing) {
  const all = Array.from(document.querySelectorAll("h1, h2, h3, h4, h5"));
  const before = all.filter((heading) => heading.compareDocumentPosition(thing) & Node.DOCUMENT_POSITION_FOLLOWING);
  return before.at(-1)?.textContent ?? "";
}

function tableTools(table) {
  table.dataset.tools = "";
  return toolRow(say("table_tools", { name: nameOf(table) }),
    [say("copy"), async (said) => {
      said.textContent = say((await copyText(tsvOf(cellsOfTable(table)))) ? "copied" : "not_copied");
    }],
    [say("save_csv"), (said) =>
      save(new Blob(["\ufeff", csvOf(cellsOfTable(table))], { type: "text/csv" }), fileName(nameOf(table), "csv"), said)]);
}

// The tools of all tables and drawings inside `part`, once.
function offerExports(part) {
  for (const table of part.querySelectorAll("table:not([data-tools], .twin *)")) {
    if (part === document && table.closest(".panel, dialog")) continue;
    (table.closest(".scroll") ?? table).after(tableTools(table));
  }
  for (const drawing of part.querySelectorAll("svg.fig:not([data-tools])")) {
    if (part === document && drawing.closest(".panel")) continue;
    drawing.dataset.tools = "";
    (drawing.closest(".scroll") ?? drawing).after(drawingTools(drawing));
  }
}
