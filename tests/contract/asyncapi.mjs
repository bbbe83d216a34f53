// Reads an AsyncAPI document with the official parser; prints what it finds wrong, as JSON.
import { readFile } from "node:fs/promises";
import parser from "@asyncapi/parser";

const text = await readFile(process.argv[2], "utf8");
const { document, diagnostics } = await new parser.Parser().parse(text);
const errors = diagnostics.filter((each) => each.severity === 0);
console.log(
  JSON.stringify({
    errors: errors.map((each) => `${each.path.join(".")}: ${each.message}`),
    channels: document ? document.channels().length : 0,
    operations: document ? document.operations().length : 0,
  }),
);
