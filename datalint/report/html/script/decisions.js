// Decisions: what is to become of a finding. The browser keeps them under the report's key; decisions.jsonl carries them.

const kinds = new Map(decisions.kinds.map((kind) => [kind.name, kind]));
const offersOf = (row) => findings.choices[findings.offers[row]].map((name) => kinds.get(name));
const KEPT = `datalint-decisions:${decisions.key}`;
const decided = new Map();
/** Decisions that the report came with and that were undone since. */
const undone = new Set();

/** What the browser keeps under a name; null where it keeps nothing, as some do for pages from files. */
function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

/** Whether the browser keeps `value`. */
function keep(name, value) {
  try { localStorage.setItem(name, value); return true; } catch { return false; }
}

/** A decision in one line for people. */
function said({ decision, value }) {
  const label = kinds.get(decision)?.label ?? decision;
  return value ? `${label}: ${value}` : label;
}

function recall() {
  decided.clear();
  undone.clear();
  for (const given of decisions.given) decided.set(given.id, given);
  let rows = {};
  try { rows = JSON.parse(kept(KEPT) ?? "{}"); } catch { /* not ours */ }
  for (const [id, row] of Object.entries(rows)) {
    if (row === null) undone.add(id);
    if (row === null) decided.delete(id);
    else if (!(decided.get(id)?.when > row[3])) decided.set(id, { id, decision: row[0], value: row[1], by: row[2], when: row[3] });
  }
}

/** Keeps all decisions; says so where the browser does not. */
function save() {
  const rows = Object.fromEntries([...decided.values()].map(({ id, decision, value, by, when }) => [id, [decision, value, by, when]]));
  for (const id of undone) rows[id] = null;
  return keep(KEPT, JSON.stringify(rows));
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");

/** Takes a decision about findings, or with null undoes it. `value` may be a function of the row. */
function decide(rows, name, value = null) {
  const by = kept("datalint-by") || null, when = now();
  const ids = new Set(rows.map(idOf));
  for (const id of ids) {
    const own = typeof value === "function" ? value(rowsOf.get(id)[0]) : value;
    if (name) decided.set(id, { id, decision: name, value: own, by, when });
    else decided.delete(id);
    if (name) undone.delete(id);
    else if (decisions.given.some((given) => given.id === id)) undone.add(id);
  }
  changed(ids, save());
}

/** The decisions as `datalint fix --decisions` reads them, one JSON object a line, in the order of the findings. */
function exported() {
  const ids = [...rowsOf.keys()].filter((id) => decided.has(id));
  return ids.map((id) => {
    const { decision, value, by, when } = decided.get(id);
    return `${JSON.stringify({ id, decision, value, by, when })}\n`;
  }).join("");
}

/** The findings that are to be accepted, as entries of a config. */
function acceptances() {
  const quoted = (words) => JSON.stringify(words).replace(/\u007f/g, "\\u007f");
  return [...rowsOf].filter(([id]) => decided.get(id)?.decision === "accept").map(([id, [row]]) =>
    `[[accept]]\nrule = ${quoted(rules[findings.rule[row]][0])}  # ${where(row).replace(/[^\x20-\x7e]/g, "?")}\ncontent = ${quoted(id)}\nreason = ${quoted(decided.get(id).value || "accepted in a review")}\n`).join("\n");
}

/** Takes up the lines of a decisions.jsonl; how many, and how many are about findings that are not here or are none. */
function imported(lines) {
  const counts = { taken: 0, elsewhere: 0, none: 0 };
  const ids = new Set();
  for (const line of lines.split("\n").filter((each) => each.trim())) {
    let row = null;
    try { row = JSON.parse(line); } catch { /* counted below */ }
    if (typeof row?.id !== "string" || typeof row.decision !== "string") counts.none += 1;
    else if (!rowsOf.has(row.id)) counts.elsewhere += 1;
    else {
      const decision = row.decision.toLowerCase().replace(/[_ ]/g, "-").replace(/^keep-this-copy$/, "keep-copy");
      decided.set(row.id, { id: row.id, decision, value: row.value ?? null, by: row.by ?? null, when: row.when ?? null });
      undone.delete(row.id);
      ids.add(row.id);
    }
  }
  counts.taken = ids.size;
  changed(ids, save());
  return counts;
}

recall();
