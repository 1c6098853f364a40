// Makes elements of the page.

// A custom property of the style sheet, such as css("--received").
const css = (name) => getComputedStyle(root).getPropertyValue(name).trim().replace(/\s+/g, " ");

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// The number of the text in an address or a panel's id: "#text=3&layer=2", "text=3".
const numberIn = (address) => parseInt(address.replace(/^#?text=/, ""), 10);

// The number of the text with an id, as its row in the list says; null where no text has it. Texts
// without ids of their own have their numbers as ids.
function numberOfId(id) {
  const rows = Array.from(document.querySelectorAll('[id^="id="]'));
  if (!rows.length) return /^\d+$/.test(id) ? Number(id) : null;
  const row = rows.find((one) => new URLSearchParams(one.id).get("id") === id);
  return row ? numberIn(row.querySelector("a").getAttribute("href")) : null;
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function makeButton(textContent, onClick, properties = {}) {
  const button = make("button", { type: "button", textContent, ...properties });
  button.addEventListener("click", onClick);
  return button;
}
