// The curve of equity: a line, and a band between it and its highest point so far.

const NAMESPACE = "http://www.w3.org/2000/svg";
const FLATTEST = 0.001; // of the equity: less than that is not drawn over the whole height
const WIDTH = 600, HEIGHT = 160, EDGE = 4;

function part(svg, name, className) {
  let found = svg.querySelector(`.${className}`);
  if (!found) {
    found = document.createElementNS(NAMESPACE, name);
    found.setAttribute("class", className);
    svg.append(found);
  }
  return found;
}

export function drawCurve(svg, points) {
  if (points.length < 2) return;
  const peaks = [];
  let peak = -Infinity;
  for (const [, equity] of points) peaks.push((peak = Math.max(peak, equity)));
  const values = points.map(([, equity]) => equity);
  const high = peak, height = Math.max(high - Math.min(...values), Math.abs(high) * FLATTEST) || 1;
  const first = points[0][0], length = points[points.length - 1][0] - first || 1;
  const x = (time) => (((time - first) / length) * WIDTH).toFixed(1);
  const y = (value) => (HEIGHT - EDGE - ((value - high) / height + 1) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const line = points.map(([time, equity]) => `${x(time)},${y(equity)}`);
  const above = points.map(([time], at) => `${x(time)},${y(peaks[at])}`).reverse();
  part(svg, "path", "band").setAttribute("d", `M${line.join("L")}L${above.join("L")}Z`);
  part(svg, "path", "line").setAttribute("d", `M${line.join("L")}`);
}
