// Light and dark.

const dark = matchMedia("(prefers-color-scheme: dark)");
if (["light", "dark"].includes(kept("datalint-theme"))) root.dataset.theme = kept("datalint-theme");
$("#theme").addEventListener("click", () => {
  const shown = root.dataset.theme || (dark.matches ? "dark" : "light");
  root.dataset.theme = shown === "dark" ? "light" : "dark";
  keep("datalint-theme", root.dataset.theme);
});
