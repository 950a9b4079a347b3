// The data lies in two JSON blocks; every text reaches the page through textContent, never as markup.

const root = document.documentElement;
root.classList.add("js");
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const { findings, images, boxes, texts, rules, decisions } = JSON.parse($("#data").textContent);
const pictures = JSON.parse($("#pictures").textContent);
const number = new Intl.NumberFormat("en").format;
const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

/** An element of a class, holding those of `children` that are not empty. */
function make(tag, name, ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function button(name, label, act) {
  const element = make("button", name, label);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

// ---- one row of the findings; columns in which few rows hold anything are objects ----

const text = (column, row) => texts[findings[column]?.[row] ?? 0];
const pathOf = (row) => findings.path?.[row] ?? 0;
const relatedOf = (row) => findings.related[row] ?? [];
const unseenOf = (row) => findings.unseen[row] ?? 0;
const boxOf = (row) => findings.box[row] ?? null;
const outlinesOf = (row) => findings.outlines[row] ?? null;
const pointsOf = (row) => findings.points[row] ?? null;
/** The picture of a mask that a finding is about, to be laid over its image. */
const maskOf = (row) => pictures[findings.mask?.[row]] ?? null;
const besideOf = (row) => findings.beside?.[row]?.map((paths) => paths.filter((path) => pictures[path])) ?? null;
const classOf = (path) => texts[images[path]?.[0] ?? 0];
const splitOf = (path) => texts[images[path]?.[1] ?? 0];
const idOf = (row) => (findings.id[row].includes(":") ? findings.id[row] : `datalint/v1:${findings.id[row]}`);
/** What an address calls a finding, and its card. */
const anchorOf = (row) => `finding-${findings.id[row]}`;

/** Rows by id: findings about equal files have the same one. */
const rowsOf = new Map();
(findings.id ?? []).forEach((_, row) => {
  const id = idOf(row);
  if (rowsOf.has(id)) rowsOf.get(id).push(row);
  else rowsOf.set(id, [row]);
});

/** Where a finding is: a place in a label file, else a path, a class or a split. */
function where(row) {
  const file = text("file", row);
  if (!file) return text("path", row) || text("subject", row) || "dataset";
  const line = findings.line?.[row], column = findings.column?.[row], pointer = text("pointer", row);
  const numbered = line && !(pointer && line === 1 && !column); // a JSON file is often one line
  return file + (numbered ? `:${line}${column ? `:${column}` : ""}` : "") + (pointer ? `#${pointer}` : "") + (text("record", row) ? ` (id ${text("record", row)})` : "");
}

/** A finding about many images or records: what is true of them, and some of them. */
const isGroup = (row) => Boolean(findings.count[row]);
const placesOf = (row) => (findings.places[row] ?? []).map((place) => texts[place]);
const isObject = (row) => (findings.own?.[row] ?? null) !== null;
const placesIn = (rows) => rows.map(boxOf).filter(Boolean);
/** Whether the place of a label can be drawn though there is no picture: the size of the image is known. */
const drawable = (row) => Boolean(boxOf(row) || outlinesOf(row) || pointsOf(row)) && (images[pathOf(row)]?.[2] ?? 0) > 0;
const comparable = (row) => Boolean(besideOf(row)?.some((paths) => paths.length));
