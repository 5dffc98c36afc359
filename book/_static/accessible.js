// What the theme and the tables of pandas leave out for readers who do not see the page.
document.addEventListener("DOMContentLoaded", () => {
  for (const header of document.querySelectorAll("th")) {
    if (header.textContent.trim() || header.children.length > 1) continue;
    const cell = document.createElement("td"); // a header that says nothing is none
    cell.className = header.className;
    header.replaceWith(cell);
  }
  const sidebar = document.querySelector(".bd-sidebar-primary");
  sidebar?.setAttribute("role", "region");
  sidebar?.setAttribute("aria-label", "Book");
});
