// The second step: copying the key, printing the recovery codes. Without script the key can be selected, and the
// browser prints.

for (const template of document.querySelectorAll("template[data-copy-parts], template[data-print-parts]")) {
  template.replaceWith(template.content);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent.replaceAll(" ", "");
    await navigator.clipboard.writeText(text);
    document.getElementById("status").textContent = button.dataset.done;
    button.textContent = button.dataset.done;
  });
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
