// What the theme and the tables of pandas leave out for readers who do not see the page.
document.addEventListener("DOMContentLoaded", () => {
  for (const header of document.querySelectorAll("th")) {
    if (header.textContent.trim() || header.children.length > 1) continue;
    const cell = document.createElement("td"); // a header that says nothing is none
    cell.className = header.className;
    header.replaceWith(cell);
  }
  for (const entry of document.querySelectorAll(".citation-list > .citation")) entry.setAttribute("role", "listitem");
  for (const toggle of document.querySelectorAll(".bd-sidebar-primary summary")) toggle.setAttribute("aria-label", "Pages below");
  const sidebar = document.querySelector(".bd-sidebar-primary");
  sidebar?.setAttribute("role", "region");
  sidebar?.setAttribute("aria-label", "Book");
});

// What scrolls inside itself can be scrolled from the keyboard, too.
addEventListener("load", () => {
  for (const node of document.querySelectorAll(".bd-article table, .bd-article div.math, .bd-article pre")) {
    if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
  }
});
