// What the page brings along for its scripts, and what the browser remembers between visits.

// Words in the page's language, the model's size, the empty figure, the colour scales.
const page = JSON.parse(document.getElementById("page-data").textContent);

// The words with this key, in their form for one thing where {n} is 1; a {name} in them is replaced
// by the value of that name.
function say(key, values = {}) {
  const one = `${key}_one`;
  const words = page.words[values.n === 1 && one in page.words ? one : key];
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// Returns what is stored under a name, or null. Where a value is given, stores it first.
function stored(name, value) {
  try {
    if (value) localStorage.setItem(`reportgen-${name}`, value);
    return localStorage.getItem(`reportgen-${name}`);
  } catch {
    return null; // a sandboxed frame has no storage
  }
}
