// Reads pages with html-validate; prints what it finds wrong, as JSON: [file, rule, line, words].
import { readFile } from "node:fs/promises";
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const loader = new StaticConfigLoader({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // How the source is written is for nobody who reads the page.
    "doctype-style": "off",
    "no-trailing-whitespace": "off",
    // A title is as long as the name of what the page is about.
    "long-title": "off",
    // Boxes that answer one question have one name.
    "form-dup-name": ["error", { shared: ["button", "checkbox", "radio", "reset", "submit"] }],
    // A list may have a name.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
  },
});
const judge = new HtmlValidate(loader);
const found = [];
for (const path of process.argv.slice(2)) {
  const report = await judge.validateString(await readFile(path, "utf8"), path);
  for (const { messages } of report.results) {
    for (const each of messages) found.push([path, each.ruleId, each.line, each.message]);
  }
}
console.log(JSON.stringify(found));
