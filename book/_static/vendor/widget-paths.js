// Tells require.js and the widget manager where this site keeps what they would fetch from another host.
(() => {
  const root = document.documentElement.dataset.content_root || "./";
  const base = new URL(root, document.baseURI).href;
  require.config({ paths: { anywidget: base + "_static/vendor/anywidget" } });
  // The widget manager typesets labels the MathJax 2 way; the page has MathJax 3.
  window.addEventListener("load", () => {
    if (window.MathJax && !window.MathJax.Hub) {
      window.MathJax.Hub = { Queue: (call) => window.MathJax.typesetPromise?.([call[2]]) };
    }
  });
})();
