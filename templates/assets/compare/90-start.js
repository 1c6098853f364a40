// The page that compares two models: light or dark, and tables and drawings to take away.

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();

function changed() {} // nothing is drawn by scripts, so a theme changes by styles alone

startTheme();
root.classList.add("js");
offerExports(document);
