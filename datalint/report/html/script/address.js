// The address: which finding or rule is meant, and the filters, so that a link shows what its sender saw.

const FILTERS = { q: "query", only: "severity", new: "fresh", open: "open", rule: "rule", sort: "sort" };
const SEVERITIES = ["error", "warning", "note"];

/** `#DL601`, or where filters are set `#at=DL601&q=cat`. */
function address(at) {
  const set = new URLSearchParams();
  if (state.query) set.set("q", state.query);
  if (state.severity !== null) set.set("only", SEVERITIES[state.severity]);
  if (state.fresh) set.set("new", "1");
  if (state.open) set.set("open", "1");
  if (state.rule !== "") set.set("rule", rules[state.rule][0]);
  if (state.sort !== "worst") set.set("sort", state.sort);
  if (![...set].length) return at ? `#${at}` : location.pathname + location.search;
  if (at) set.set("at", at);
  return `#${set}`;
}

/** Puts what is shown into the address; `step` says whether the way back leads here. */
function remember(at = "", step = false) {
  try {
    history[step ? "pushState" : "replaceState"](null, "", address(at));
  } catch { /* a page without an address of its own */ }
}

/** Does what the address says. */
function obey() {
  const hash = decodeURIComponent(location.hash.slice(1));
  const set = new URLSearchParams(location.hash.slice(1));
  const isSet = [...set.keys()].some((name) => name === "at" || name in FILTERS);
  if (isSet) {
    const severity = SEVERITIES.indexOf(set.get("only")), rule = rules.findIndex(([code]) => code === set.get("rule"));
    Object.assign(state, { query: set.get("q") ?? "", severity: severity < 0 ? null : severity, fresh: set.has("new"), open: set.has("open"),
      rule: rule < 0 ? "" : String(rule), sort: ["place", "class"].includes(set.get("sort")) ? set.get("sort") : "worst" });
    controls();
    apply();
  }
  const at = isSet ? set.get("at") : hash;
  if (at) go(at);
}

/** Goes to a finding, a rule or a part of the page; what hides it is let go. */
function go(at) {
  if (viewer.open) {
    opened = null;
    viewer.close();
  }
  const id = at.replace(/^finding-/, "");
  const row = at === id ? undefined : (rowsOf.get(`datalint/v1:${id}`) ?? rowsOf.get(id))?.[0];
  const rule = row === undefined ? rules.findIndex(([code]) => code === at) : findings.rule[row];
  const section = sections[rule];
  if (section && (row === undefined ? section.element.hidden : !section.shown.includes(row))) {
    Object.assign(state, ALL);
    controls();
    apply();
  }
  if (row !== undefined) {
    if (section.body.hidden) fold(section, true);
    if (!isOnPage(section, row)) turnTo(section, Math.floor(section.cards.findIndex((card) => card.includes(row)) / PAGE));
  }
  const target = document.getElementById(at);
  if (!target) return;
  for (let around = target.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  land(target);
  if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.classList.add("landed");
  setTimeout(() => target.classList.remove("landed"), 1600);
}

/** Puts an element below the tools, with room at the end of the page if it could not come up that far. */
function land(target) {
  const body = document.body, padding = parseFloat(getComputedStyle(root).scrollPaddingTop) || 0;
  const held = parseFloat(body.style.paddingBottom) || 0;
  const top = scrollY + target.getBoundingClientRect().top - padding;
  const last = root.scrollHeight - held - innerHeight;
  body.style.paddingBottom = top > last ? `${Math.ceil(top - last)}px` : "";
  scrollTo({ top, behavior: "instant" });
}

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const at = decodeURIComponent(link.getAttribute("href").slice(1));
  go(at);
  remember(at, true);
});
addEventListener("popstate", obey);

// What sticks to the top of the window must not cover what a link leads to.
const tools = $("form.tools");
if (tools) {
  const measure = () => root.style.setProperty("--bar", getComputedStyle(tools).position === "sticky" ? `${tools.offsetHeight + 4}px` : "12px");
  new ResizeObserver(measure).observe(tools);
  measure();
}
