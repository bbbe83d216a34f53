// Reads an iCalendar file from standard input with ical.js, as a calendar in a browser would, and
// writes what it understood as JSON; with "rewrite", as an iCalendar file of its own making.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(zone);
}
if (process.argv[2] === "rewrite") {
  process.stdout.write(calendar.toString());
  process.exit();
}
const event = new ICAL.Event(calendar.getFirstSubcomponent("vevent"));
const instant = (time) => new Date(time.toUnixTime() * 1000).toISOString();
console.log(
  JSON.stringify({
    method: calendar.getFirstPropertyValue("method"),
    uid: event.uid,
    sequence: event.sequence,
    summary: event.summary,
    location: event.location,
    description: event.description,
    start: instant(event.startDate),
    end: instant(event.endDate),
  }),
);
