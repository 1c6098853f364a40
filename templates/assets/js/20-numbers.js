// Numbers as they are printed: float32 figures with one decimal, packed ones with two digits and ≈.

const decimal = (value, digits) => value.toFixed(digits).replace("-", "−");

function twoDigits(value) {
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  return decimal(value, Math.min(4, Math.max(0, 1 - size)));
}

// The same inside a sentence.
function about(value, summed) {
  const text = twoDigits(summed ? value : 100 * value);
  return say("about", { x: summed ? text : say("percent", { x: text }) });
}

// `summed` is whether the value is a sum over heads, which is no share of anything.
function weight(value, summed, approximate) {
  const shown = summed ? value : 100 * value;
  const text = approximate ? twoDigits(shown) : decimal(shown, summed ? 2 : 1);
  const whole = summed ? text : say("percent", { x: text });
  return approximate ? say("approx", { x: whole }) : whole;
}
