// Numbers as they are printed: measured shares by the rule of `numbers.py`, packed ones with two
// digits and ≈.

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
  const digits = [1, 2, 3, 4].find((digits) => {
    const read = Number(x.toFixed(digits));
    return (read === 0) === (x === 0) && (x >= 100 || read < 100);
  });
  return decimal(100 * share, digits ?? 1);
}

// The same inside a sentence.
function about(value, summed) {
  const text = twoDigits(summed ? value : 100 * value);
  return say("about", { x: summed ? text : say("percent", { x: text }) });
}

// `summed` is whether the value is a sum over heads, which is no share of anything.
function weight(value, summed, approximate) {
  const exact = summed ? decimal(value, 2) : percentage(value);
  const text = approximate ? twoDigits(summed ? value : 100 * value) : exact;
  const whole = summed ? text : say("percent", { x: text });
  return approximate ? say("approx", { x: whole }) : whole;
}
