// What the list of texts shows, held in the address beside the view:
// #text=3&q=free&sort=-error&label=good&group=shop&predicted=bad&show=worst

const FACETS = ["label", "group", "predicted"];
const LIST_NAMES = ["q", "sort", ...FACETS, "show"];
const TYPING = 400; // ms after the last key before a search goes to the address

let listState = Object.fromEntries(LIST_NAMES.map((name) => [name, ""]));

// What is not to be chosen here is left out.
function listStateOf(address) {
  const given = new URLSearchParams(address.slice(1));
  const isOffer = (name, value) => name === "q"
    || Array.from(finder.facets.get(name)?.options ?? []).some((option) => option.value === value);
  return Object.fromEntries(LIST_NAMES.map((name) => {
    const value = given.get(name) ?? "";
    return [name, isOffer(name, value) ? value : ""];
  }));
}

// The part of an address that belongs to the list; "" where nothing is searched, sorted or left out.
function listQuery() {
  const named = LIST_NAMES.filter((name) => listState[name]).map((name) => [name, listState[name]]);
  return named.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
}

function listAddress() {
  return addressOf({ ...state, text: state.text ?? page.first }, true);
}

let typing = null;
let typedAt = -Infinity;

// A key in the search may bring the first map near; plotly, which takes its time to start, waits
// until nothing more is typed.
async function afterTyping() {
  for (let rest; (rest = typedAt + TYPING - performance.now()) > 0;) {
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
}

// A choice is a step that Back undoes, and so is a search, but not each of its letters.
function chooseList(change, isTyped = false) {
  Object.assign(listState, change);
  if (isTyped) typedAt = performance.now();
  applyList();
  clearTimeout(typing);
  if (isTyped) typing = setTimeout(goToList, TYPING, true);
  else goToList(false);
}

function goToList(isTyped) {
  state.text ??= page.first;
  if (location.hash === listAddress()) return;
  if (isTyped && new URLSearchParams(location.hash.slice(1)).has("q")) location.replace(listAddress());
  else location.hash = listAddress();
}

// Back, a link or a typed address; a link to a section leaves the list as it is.
function followList() {
  if (location.hash && !location.hash.startsWith("#text=")) return;
  const next = listStateOf(location.hash);
  if (LIST_NAMES.every((name) => next[name] === listState[name])) return;
  clearTimeout(typing);
  listState = next;
  applyList();
}
