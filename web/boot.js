// Applies the stored colours before the first paint, then starts the page. It is a file of its
// own because the content security policy allows no inline script.
(() => {
  const { module, wasm } = document.currentScript.dataset;
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("slowburn.theme");
    if (theme) root.dataset.theme = theme;
  } catch {
    // Storage is forbidden: the colours of the system stay.
  }
  const parsed = new Promise((done) => {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", done, { once: true });
    else done();
  });
  const fail = (error) => {
    console.error(error);
    const notice = document.getElementById("shell-failed");
    if (notice) notice.hidden = false;
  };
  Promise.all([import(module), parsed])
    .then(([page]) => page.default({ module_or_path: wasm }))
    .catch(fail);
})();
