// Every table can be copied, or saved as CSV, from what it prints.

// A spreadsheet runs a cell that begins with one of these; Japanese ones also take the wide forms.
const RUN_BY_SPREADSHEETS = /^[=+\-@\t\r\n＝＋－＠]/;
const FIGURE = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?$/;

// Writes "−1,234.5" and "31.2 %" as a spreadsheet reads them; puts a quote before text that it would run.
function safeCell(text) {
  const plain = text.replace(/\s+/g, " ").trim();
  const figure = plain.replace(/[,\s]/g, "").replace("−", "-");
  if (FIGURE.test(figure)) return figure.replace(/^\+/, "");
  return RUN_BY_SPREADSHEETS.test(plain) ? `'${plain}` : plain;
}

// The same for a word of a text: one that looks like a figure, such as 007, stays text.
function safeWord(text) {
  const plain = text.replace(/\s+/g, " ").trim();
  return FIGURE.test(plain.replace(/[,\s]/g, "")) ? `'${plain}` : safeCell(plain);
}

// The cells of a table as text, without columns of drawings and without hidden rows.
function tableCells(table) {
  table.dispatchEvent(new Event("beforeexport")); // the list lays out rows that wait for scrolling
  const rows = Array.from(table.rows).filter((row) => !row.hidden);
  table.dispatchEvent(new Event("afterexport"));
  const heads = table.tHead?.rows[0]?.cells ?? [];
  const isDrawn = Array.from(heads, (cell) => cell.querySelector("svg") !== null);
  const isWhole = () => rows.slice(1).every((row) => uncutText(row).isWhole);
  return rows.map((row) => Array.from(row.cells).filter((_, at) => !isDrawn[at]).map((cell) => {
    if (cell.matches(".texts td.t")) return safeWord(uncutText(row).text);
    if (cell.matches(".texts th.t") && !isWhole()) return say("cut_column", { name: cell.textContent });
    const text = cell.title || textWithoutDrawings(cell);
    return cell.matches("th:has(bdi), td + th") ? safeWord(text) : safeCell(text);
  }));
}

function textWithoutDrawings(cell) {
  if (!cell.querySelector("svg")) return cell.textContent;
  const copy = cell.cloneNode(true);
  for (const drawing of copy.querySelectorAll("svg")) drawing.remove();
  return copy.textContent;
}

// The text of a row of the list, as far as the page has it, and whether that is all of it.
function uncutText(row) {
  const cell = row.querySelector(".t");
  const panel = readablePanel(numberIn(cell.querySelector("a").getAttribute("href")));
  const text = wholeText(panel);
  if (!text) return { text: cell.textContent, isWhole: !cell.textContent.includes("…") };
  const banner = panel.querySelector(".strip:not(.plain) ~ .banner.cut");
  if (!banner) return { text, isWhole: true };
  // What the model did not read stands in the banner; of a long text or a pair only some of it.
  const lost = banner.querySelectorAll("q");
  const isWhole = lost.length === 1 && panel.querySelectorAll(".strip p").length === 1
    && !lost[0].nextSibling?.textContent.trim();
  return { text: isWhole ? text + lost[0].textContent : `${text}…`, isWhole };
}

// The text in a panel, without special tokens.
function wholeText(panel) {
  const paragraphs = panel ? Array.from(panel.querySelectorAll(".strip p")) : [];
  return paragraphs.map(charactersOf).join(" ／ ");
}

// The characters of the text that a part of it stands for: none for special tokens and for the mark of
// a space that a tokenizer puts before a text.
const MARKED = { "↵": "\n", "⇥": "\t", "␣": "" };

function charactersOf(node) {
  const classes = node.classList;
  if (classes?.contains("s")) return "";
  if (!classes?.contains("chip")) {
    return node.childNodes.length ? Array.from(node.childNodes, charactersOf).join("") : node.textContent;
  }
  const chip = node.textContent;
  return MARKED[chip] ?? String.fromCodePoint(parseInt(chip.slice(2), 16));
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csvOf = (cells) => cells.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
const csvBlob = (cells) => new Blob(["\ufeff", csvOf(cells)], { type: "text/csv" });
const tsvOf = (cells) => cells.map((row) => row.join("\t")).join("\n");

// The title of the page and the name of the table or drawing, such as
// "my-model-40-texts-reportgen-text-3-figures-as-a-table.csv".
function fileName(name, suffix) {
  const whole = `${document.title} ${name}`.normalize("NFKC").toLowerCase();
  const parts = whole.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `${Array.from(parts).slice(0, 80).join("").replace(/-$/, "")}.${suffix}`;
}

// A frame without an origin may not be allowed to save files, and a page cannot ask.
const mayFailToSave = () =>
  window.origin === "null" && (window !== window.top || location.protocol !== "file:");

function save(blob, name, status) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  status.textContent = say(mayFailToSave() ? "maybe_saved" : "saved", { name });
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByEvent(text); // old hosts and some frames have no clipboard to write to
  }
}

function copyByEvent(text) {
  let isCopied = false;
  const onCopy = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    isCopied = true;
  };
  document.addEventListener("copy", onCopy, { once: true });
  document.execCommand("copy");
  document.removeEventListener("copy", onCopy);
  return isCopied;
}

// A folded row of small buttons, given as pairs of a text and what it does, and a sentence on the outcome.
function toolMenu(name, ...buttons) {
  const status = make("span", { className: "told" });
  status.setAttribute("role", "status");
  const entries = make("div");
  const menu = make("details", { className: "tools" });
  menu.setAttribute("aria-label", name);
  for (const [text, act] of buttons) {
    entries.append(makeButton(text, async () => {
      status.textContent = "";
      try {
        await act(status);
      } catch (error) {
        status.textContent = say("not_saved", { reason: `${error.message} ` });
      }
    }));
  }
  entries.append(status);
  menu.append(make("summary", { textContent: say("save_or_copy") }), entries);
  return menu;
}

// The name of a table: its caption, the name of its region, or the heading above it; in a panel
// together with the text.
function tableName(table) {
  const caption = table.querySelector("caption")?.textContent;
  const region = table.closest("[role=region][aria-label]")?.getAttribute("aria-label");
  const own = caption ?? region ?? headingAbove(table);
  const text = table.closest(".panel")?.querySelector("h3")?.textContent ?? "";
  return own.startsWith(text) ? own : `${text} ${own}`;
}

// The nearest heading before an element.
function headingAbove(element) {
  const all = Array.from(document.querySelectorAll("h1, h2, h3, h4, h5"));
  const isBefore = (heading) =>
    heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
  return all.filter(isBefore).at(-1)?.textContent ?? "";
}

function tableTools(table) {
  table.dataset.tools = "";
  const name = tableName(table);
  const copy = async (status) => {
    const isCopied = await copyText(tsvOf(tableCells(table)));
    status.textContent = say(isCopied ? "copied" : "not_copied");
  };
  const saveCsv = (status) => {
    save(csvBlob(tableCells(table)), fileName(tableName(table), "csv"), status);
  };
  return toolMenu(say("table_tools", { name }), [say("copy"), copy], [say("save_csv"), saveCsv]);
}

// Adds the tools of all tables and drawings inside `part` that have none yet. Those of a panel wait
// until it is opened.
function offerExports(part) {
  const isLater = (element, places) => part === document && element.closest(places);
  const place = (element) => element.closest(".scroll") ?? element;
  for (const table of part.querySelectorAll("table:not([data-tools], .twin *, .author *)")) {
    if (!isLater(table, ".panel, dialog")) place(table).after(tableTools(table));
  }
  for (const drawing of part.querySelectorAll("svg.fig:not([data-tools], .small)")) {
    if (!isLater(drawing, ".panel")) place(drawing).after(drawingTools(drawing));
  }
}
