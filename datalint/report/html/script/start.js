// All is there: show it, and go where the address leads.

apply();
changed([]);
obey();
// Pictures and fonts may have moved what a link leads to; not where somebody has scrolled since.
if (location.hash) {
  const before = scrollY;
  addEventListener("load", () => { if (Math.abs(scrollY - before) < 400) obey(); }, { once: true });
}
