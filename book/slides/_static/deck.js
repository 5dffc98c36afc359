// Arrow keys move a widget's slider while it has the focus, and slides otherwise; Escape gives them back to the slides.
(() => {
  const inWidget = () => document.activeElement?.closest(".deck-widget");

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !inWidget()) return;
    document.activeElement.blur();
    event.stopImmediatePropagation();
  }, { capture: true });

  Reveal.initialize({
    plugins: [RevealNotes],
    width: 1280,
    height: 720,
    margin: 0,
    maxScale: 4,
    center: false,
    hash: true,
    slideNumber: "c/t",
    controls: false,
    transition: "none",
    backgroundTransition: "none",
    viewDistance: 100, // a widget measures itself when it is mounted
    mobileViewDistance: 100,
    pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1,
    scrollActivationWidth: null,
    keyboardCondition: () => !inWidget(),
  });
})();
