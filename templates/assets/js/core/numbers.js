// Numbers, and how they are written: measured shares as the rest of the page writes them (the rule is
// in `report/language/numbers.py`), values from the packed maps with two digits and an "≈".

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

const decimal = (value, digits) => value.toFixed(digits).replace("-", "−");

function twoDigits(value) {
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  return decimal(value, Math.min(4, Math.max(0, 1 - size)));
}

// A share in percent, without the sign: one decimal, more where it would read as 0 or 100 without
// being so.
function percentage(share) {
  const x = Math.abs(100 * share);
  const digits = [1, 2, 3, 4].find((n) => {
    const read = Number(x.toFixed(n));
    return (read === 0) === (x === 0) && (x >= 100 || read < 100);
  });
  return decimal(100 * share, digits ?? 1);
}

// How many times as large something is: below 1 with two significant digits and at most three
// decimals, below 10 with one decimal, from there on without.
function timesText(value) {
  if (value === 0 || value >= 9.95) return decimal(value, 0);
  if (value >= 0.995) return decimal(value, 1);
  return decimal(value, value >= 0.0995 ? 2 : 3);
}

// An attention weight as it stands alone: a percentage, or, where it is a sum over heads
// (`summed`), which is no share of anything, a plain number.
function weightText(value, summed, approximate) {
  const exact = summed ? decimal(value, 2) : percentage(value);
  const text = approximate ? twoDigits(summed ? value : 100 * value) : exact;
  const whole = summed ? text : say("percent", { x: text });
  return approximate ? say("approx", { x: whole }) : whole;
}

// The same inside a sentence: "about 12 %".
function aboutText(value, summed) {
  const text = twoDigits(summed ? value : 100 * value);
  return say("about", { x: summed ? text : say("percent", { x: text }) });
}

// Where the largest of some values stands that may be NaN; 0 where all are.
function indexOfLargest(values) {
  return values.reduce((best, value, i) => (value > (values[best] || -1) ? i : best), 0);
}
