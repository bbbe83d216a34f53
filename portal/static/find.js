// Completes what is typed in the search field. Without it the field works all the same.
for (const field of document.querySelectorAll("input[data-suggestions]")) {
  const list = document.getElementById(field.getAttribute("list"));
  let latest = "";
  let waiting = 0;
  const fetchSuggestions = async () => {
    const typed = field.value.trim();
    latest = typed;
    if (typed.length < 2) return;
    try {
      const answer = await fetch(`${field.dataset.suggestions}?q=${encodeURIComponent(typed)}`);
      if (!answer.ok || typed !== latest) return;
      const options = (await answer.json()).map(text => {
        const option = document.createElement("option");
        option.value = text;
        return option;
      });
      list.replaceChildren(...options);
    } catch {
      // Nothing is suggested while the service is away.
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(fetchSuggestions, 150);
  });
}
