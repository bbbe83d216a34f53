// Parts an address that was taken whole: "Himmerlandsgade 59, 9600 Aars" fills three fields. Without
// it the portal does the same when the form is sent.
for (const field of document.querySelectorAll("input[data-parts]")) {
  const [postcode, city] = field.dataset.parts.split(" ").map(id => document.getElementById(id));
  field.addEventListener("change", () => {
    const whole = field.value.match(/^\s*(.+?)\s*,\s*(\d{4})\s+([^,\d]+?)\s*$/);
    if (!whole || (postcode.value && postcode.value !== whole[2])) return;
    if (city && city.value && city.value !== whole[3]) return;
    field.value = whole[1];
    postcode.value = whole[2];
    if (city) city.value = whole[3];
  });
}
