// What the list of texts shows, held in the address beside what is chosen in the open text:
// #text=3&q=free&sort=-error&label=good&group=shop&predicted=bad&show=worst

const FACETS = ["label", "group", "predicted"]; // columns whose values can be chosen
const LIST_NAMES = ["q", "sort", ...FACETS, "show"];
const TYPING = 400; // milliseconds after the last key before a search goes into the address

let listState = initialList();

function initialList() {
  return Object.fromEntries(LIST_NAMES.map((name) => [name, ""]));
}

// Reads the list's part of an address; values that cannot be chosen here are left out.
function readListState(address) {
  const given = new URLSearchParams(address.slice(1));
  const isOffered = (name, value) => name === "q"
    || Array.from(finder.facets.get(name)?.options ?? []).some((option) => option.value === value);
  return Object.fromEntries(LIST_NAMES.map((name) => {
    const value = given.get(name) ?? "";
    return [name, isOffered(name, value) ? value : ""];
  }));
}

// The list's part of an address; "" where nothing is searched, sorted or left out.
function listQuery() {
  const named = LIST_NAMES.filter((name) => listState[name]).map((name) => [name, listState[name]]);
  return named.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
}

function listAddress() {
  return addressOf({ ...state, text: openNumber() }, true);
}

let typing = null;
let typedAt = -Infinity;

// A search may bring the first map near, and plotly takes long to start: it waits until nothing
// more is typed.
async function afterTyping() {
  for (let rest; (rest = typedAt + TYPING - performance.now()) > 0;) {
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
}

// A choice is a step that Back undoes; so is a search, but not each of its letters.
function chooseList(change, isTyped = false) {
  Object.assign(listState, change);
  if (isTyped) typedAt = performance.now();
  applyList(isTyped);
  if ("sort" in change) document.getElementById("list").scrollTop = 0;
  clearTimeout(typing);
  if (isTyped) typing = setTimeout(goToList, TYPING, true);
  else goToList(false);
}

function goToList(isTyped) {
  if (isTyped) markOpen();
  state.text ??= page.first;
  if (location.hash === listAddress()) return;
  if (isTyped && new URLSearchParams(location.hash.slice(1)).has("q")) location.replace(listAddress());
  else location.hash = listAddress();
}

// Follows a new address: Back, one that was typed in, or a link.
function followList() {
  if (!isTextAddress()) return;
  const next = readListState(location.hash);
  if (LIST_NAMES.every((name) => next[name] === listState[name])) return;
  clearTimeout(typing);
  listState = next;
  applyList();
}
