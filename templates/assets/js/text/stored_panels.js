// Of many texts the panels lie in the page as the content of `noscript`: readers without scripts see
// them, and with scripts they are plain text, of which a panel is built when it is asked for. Building
// a thousand at the start would take seconds.

function heldPanel(number) {
  return document.getElementById(`held-${number}`);
}

function hasPanel(number) {
  return Boolean(heldPanel(number) ?? document.getElementById(`text=${number}`));
}

function fragmentOf(markup) {
  const box = document.createElement("template");
  box.innerHTML = markup;
  return box.content;
}

// The panel of a text, in the page; null for a text that is not listed.
function panelOf(number) {
  const held = heldPanel(number);
  if (held) {
    const built = fragmentOf(held.textContent);
    watch(built);
    held.replaceWith(built);
  }
  return document.getElementById(`text=${number}`);
}

// The same to read the text from; one that is held is not built in the page for that.
function readablePanel(number) {
  const held = heldPanel(number);
  if (!held) return document.getElementById(`text=${number}`);
  const [untilNotes] = held.textContent.split("<div class=cards>", 1);
  return fragmentOf(untilNotes).querySelector(".panel");
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", "#39": "'", "#34": '"' };

const withoutTags = (markup) =>
  markup.replace(/<[^>]*>/g, "").replace(/&(amp|lt|gt|#39|#34);/g, (whole, name) => ENTITIES[name]);

// The words of a text and its table of tokens, for the search. Of one that is held they are cut out of
// its markup, in which every ">" of a text is escaped: to parse a thousand would take too long at a key.
function wordsOf(number) {
  const held = heldPanel(number);
  if (!held) {
    const panel = document.getElementById(`text=${number}`);
    const heads = panel ? panel.querySelectorAll("tbody th[scope=row]") : [];
    return [wholeText(panel), ...Array.from(heads, (head) => head.textContent)];
  }
  const [untilNotes] = held.textContent.split("<div class=cards>", 1);
  const [strip] = untilNotes.slice(untilNotes.indexOf('<div class="strip')).split("</div>", 1);
  const paragraphs = strip.replace(/<span class="u s".*?<\/span>/gs, "").match(/<p\b.*?<\/p>/gs) ?? [];
  const heads = untilNotes.match(/<th scope=row>.*?(?=<td)/gs) ?? [];
  return [paragraphs.map(withoutTags).join(" ／ "), ...heads.map(withoutTags)];
}
