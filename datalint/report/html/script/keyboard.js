// Everything by key.

/** Goes to the next finding, or the previous one: into the next page of a section where this one ends. */
function move(by) {
  const list = $$("[data-row]").filter((item) => item.checkVisibility());
  const at = document.activeElement;
  const current = list.indexOf(at.closest("[data-row]"));
  if (current >= 0 && turned(list[current], list[current + by], by)) return;
  const after = list.findIndex((item) => at.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING);
  const next = current >= 0 ? list[current + by] : at === document.body ? list[0] : list[by > 0 ? after : (after < 0 ? list.length : after) - 1];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

/** Turns the page of a section where the next finding is on another page; whether it did. */
function turned(item, next, by) {
  const section = sections.find((each) => each.body.contains(item));
  if (section.body.contains(next ?? null) || !section.cards[(section.page + by) * PAGE]) return false;
  turnTo(section, section.page + by);
  const list = $$("[data-row]", section.body), target = by > 0 ? list[0] : list.at(-1);
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest" });
  return true;
}

/** Takes a decision about the finding in focus; one that asks for a value opens it. Whether the key is one. */
function pressed(item, key) {
  const row = Number(item.dataset.row), section = sections[findings.rule[row]];
  const kind = offersOf(row).find((each) => each.key === key);
  if (kind && kind.asks) {
    view(section, row);
    opened.deciding.press(key);
  } else if (kind) {
    decide([row], kind.name);
    move(1);
  }
  return Boolean(kind);
}

function inViewer(event, typing) {
  if (typing) return;
  if (event.key === "ArrowLeft" || event.key === "k") step(-1);
  else if (event.key === "ArrowRight" || event.key === "j") step(1);
  else if (event.key === "Backspace") { decide([opened.row], null); view(opened.section, opened.row); }
  else if (opened.deciding.press(event.key)) event.preventDefault();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { key, target } = event;
  const typing = target.matches?.("input, select, textarea");
  if (viewer.open) return inViewer(event, typing);
  if ($("#keys").open) return;
  const item = target.closest?.("[data-row]");
  if (key === "Escape" && target.id === "search") {
    filtered({ query: "" });
    target.blur();
  } else if (typing) {
    return;
  } else if (key === "/" && $("#search")) {
    event.preventDefault();
    $("#search").focus();
  } else if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
  } else if ((key === "ArrowRight" || key === "ArrowLeft") && item) {
    event.preventDefault();
    move(key === "ArrowRight" ? 1 : -1);
  } else if ((key === "Enter" || key === " ") && item === target) {
    event.preventDefault();
    item.click();
  } else if (key === "Backspace" && item) {
    decide([Number(item.dataset.row)], null);
  } else if (key === "?") {
    $("#keys").showModal();
  } else if (key === "t") {
    $("#theme").click();
  } else if (key === "Escape") {
    document.activeElement?.blur();
  } else if (item && pressed(item, key)) {
    event.preventDefault();
  }
});
