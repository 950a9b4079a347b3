// Charts.

const drawn = [];
const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const SERIES = { light: ["#3552b5", "#c9822b", "#3d8f73", "#8a5aa8", "#7a8594"], dark: ["#8ea4f0", "#e0a75c", "#6cc0a2", "#bb93d6", "#98a3b0"] };

function draw() {
  const theme = (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark" ? "dark" : "light";
  const palette = SERIES[theme], grid = { color: colour("--line"), drawTicks: false }, border = { display: false };
  const ticks = { color: colour("--soft"), font: { family: getComputedStyle(document.body).fontFamily, size: 11.5 }, padding: 6 };
  const base = (options = {}) => ({
    animation: false, responsive: true, maintainAspectRatio: false,
    plugins: { legend: { display: false, ...options.legend }, tooltip: { displayColors: false, ...options.tooltip } },
    scales: options.scales,
  });
  const value = { beginAtZero: true, grid, border, ticks: { ...ticks, precision: 0, maxTicksLimit: 5 } };
  const bins = (label) => ({ grid: { display: false }, border: { color: colour("--line") },
    ticks: { ...ticks, maxRotation: 0, autoSkip: false, callback: (_, index) => label(index) } });
  const share = { type: "linear", offset: false, min: 0, max: 1, grid: { display: false }, border: { color: colour("--line") }, ticks: { ...ticks, maxRotation: 0, stepSize: 0.2 } };
  const points = (names, series) => series.map((y, index) => ({ x: Number(names[index]), y }));
  const bars = (series, color) => ({ data: series, backgroundColor: color, categoryPercentage: 1, barPercentage: 0.92 });
  const legend = { display: true, position: "top", align: "end", labels: { ...ticks, usePointStyle: true, pointStyle: "rectRounded", boxWidth: 9, boxHeight: 9 } };
  const counted = { callbacks: { label: (item) => `${item.dataset.label ? `${item.dataset.label}: ` : ""}${number(item.parsed.y)} images` } };
  const plans = {
    classes({ labels: names, series, noun }) {
      const across = names.length <= 14 && names.every((name) => name.length < 14);
      return {
        type: "bar",
        data: { labels: names.map((name) => (name.length > 28 ? `${name.slice(0, 27)}…` : name)), datasets: series.map((part, index) =>
          ({ label: part.name, data: part.values, backgroundColor: palette[index % palette.length], maxBarThickness: 44, borderRadius: 2 })) },
        options: { ...base({ legend: series.length > 1 ? legend : {}, tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${number(item.raw)}${item.dataset.label === noun ? "" : ` ${noun}`}` } },
          scales: across ? { x: { stacked: true, grid: { display: false }, border, ticks: { ...ticks, maxRotation: 0, autoSkip: false } }, y: { ...value, stacked: true } }
            : { y: { stacked: true, grid: { display: false }, border, ticks: { ...ticks, autoSkip: false } }, x: { ...value, stacked: true } } }),
          indexAxis: across ? "x" : "y" },
        height: across ? 230 : 60 + 21 * names.length,
      };
    },
    sizes({ points }) {
      const most = Math.max(...points.map((point) => point[2]));
      const axis = (side) => {
        const values = points.map((point) => point[side]), low = Math.min(...values), high = Math.max(...values);
        if (high <= 6 * low) return { min: 0, grace: "8%", grid, border, ticks: { ...ticks, maxTicksLimit: 7 } };
        const plain = (tick) => (/^[125]0*$/.test(String(tick)) ? number(tick) : null);
        return { type: "logarithmic", min: low / 1.5, max: high * 1.5, grid, border, ticks: { ...ticks, callback: plain } };
      };
      return {
        type: "bubble",
        data: { datasets: [{ data: points.map(([x, y, count]) => ({ x, y, r: 2.5 + 12 * Math.sqrt(count / most), count })), backgroundColor: `${palette[0]}66`, borderColor: palette[0], borderWidth: 1 }] },
        options: base({ tooltip: { callbacks: { label: ({ raw }) => `${raw.x} × ${raw.y} px: ${number(raw.count)} images` } },
          scales: { x: axis(0), y: axis(1) } }),
      };
    },
    aspect({ labels: names, series }) {
      const nearest = (mark) => names.reduce((best, name, index) =>
        (Math.abs(Math.log(name / mark)) < Math.abs(Math.log(names[best] / mark)) ? index : best), 0);
      const marks = new Map([[0.25, "1:4"], [0.5, "1:2"], [1, "1:1"], [2, "2:1"], [4, "4:1"]].map(([mark, name]) => [nearest(mark), name]));
      return { type: "bar", data: { labels: names, datasets: [bars(series[0], palette[0])] },
        options: base({ tooltip: counted, scales: { x: bins((index) => marks.get(index) ?? null), y: value } }) };
    },
    brightness({ labels: names, series }) {
      return { type: "bar", data: { datasets: [bars(points(names, series[0]), palette[0])] },
        options: base({ tooltip: counted, scales: { x: share, y: value } }) };
    },
    channels({ labels: names, series }) {
      const colours = ["#d1495b", "#3f9b5f", "#3d7bd9"];
      return { type: "line", data: { datasets: series.map((part, index) => ({ label: ["red", "green", "blue"][index], data: points(names, part), borderColor: colours[index],
        backgroundColor: `${colours[index]}12`, fill: true, borderWidth: 1.6, pointRadius: 0, pointHitRadius: 8, cubicInterpolationMode: "monotone" })) },
        options: { ...base({ legend, tooltip: counted, scales: { x: share, y: value } }), interaction: { mode: "index", intersect: false } } };
    },
  };
  drawn.splice(0).forEach((chart) => chart.destroy());
  for (const canvas of $$("canvas[data-chart]")) {
    const { height, ...plan } = plans[canvas.dataset.chart](charts[canvas.dataset.chart]);
    if (height) canvas.parentElement.style.height = `${height}px`;
    drawn.push(new Chart(canvas, plan));
  }
}

