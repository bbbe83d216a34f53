"""What is wrong with a page: judged by axe, by the HTML checkers, on a phone, and by keyboard."""

import json
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from tests.journeys.conftest import ROOT

NODE_MODULES = ROOT / "tests" / "node_modules"
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
VNU = NODE_MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
HTML_VALIDATE = ROOT / "tests" / "browser" / "html.mjs"
# A page in English shows what people wrote in Danish, which may be most of it.
GUESSED_LANGUAGE = "This document appears to be written in Danish"
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 320, "height": 800}

# Only what is wrong is put together, and only what we tell of it.
RUN_AXE = """() => axe.run({
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
  resultTypes: ['violations'],
  selectors: false,
}).then(result => result.violations.map(
  each => each.id + ': ' + each.nodes.map(node => node.html.slice(0, 160)).join(' | ')
))"""
# Notes each element that gets the focus, and whether a person can see that it has it.
WATCH_FOCUS = """() => {
  const known = new Set();
  window.focused = [];
  document.addEventListener('focusin', event => {
    if (known.has(event.target)) return;
    known.add(event.target);
    const box = event.target.getBoundingClientRect();
    const style = getComputedStyle(event.target);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    window.focused.push({
      html: event.target.cloneNode().outerHTML.slice(0, 120),
      skips: event.target.matches('a[href="#main-content"]'),
      isSeen: box.width > 1 && box.height > 1 && (ring || style.boxShadow !== 'none'),
    });
  });
}"""
# What a person must be able to reach; of a group of radio buttons one is enough.
REACHABLE = """() => {
  const groups = new Set();
  const selector = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const found = [...document.querySelectorAll(selector)]
    .filter(each => each.checkVisibility() && each.type !== 'hidden' && !each.disabled)
    .filter(each => {
      if (each.type !== 'radio') return true;
      const isNew = !groups.has(each.name);
      groups.add(each.name);
      return isNew;
    });
  // The day, the month, the year and the calendar of a date are a stop each.
  const extra = 3 * found.filter(each => ['date', 'time'].includes(each.type)).length;
  return {count: found.length, stops: found.length + extra};
}"""


def faults(page: Page, path: str, sources: Path) -> list[str]:
    """Look at a page at a desk and on a small phone; keep its source for the HTML checkers."""
    found = opened(page, path, sources)
    found += axe_violations(page) + keyboard_faults(page)
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} h1")
    if not page.title().partition(" – ")[0].strip() or page.title().startswith("Fejl"):
        found.append(f"the title is {page.title()!r}")
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE["width"]:
        found.append(f"{width} px wide on a phone of {PHONE['width']}")
    found += axe_violations(page)
    return [f"{page.url}: {each}" for each in dict.fromkeys(found)]


def faults_in_english(page: Page, path: str, sources: Path) -> list[str]:
    """Look at a page once more, in the language that the person has chosen meanwhile."""
    found = opened(page, path, sources) + axe_violations(page)
    language = page.locator("html").get_attribute("lang")
    if language != "en":
        found.append(f"in {language}, where English was chosen")
    return [f"{page.url} in English: {each}" for each in found]


def opened(page: Page, path: str, sources: Path) -> list[str]:
    """Open a page at a desk, and keep its source; say when it was not answered."""
    page.set_viewport_size(DESK)
    response = page.goto(path)
    assert response
    (sources / f"{len(list(sources.iterdir())):03}.html").write_text(
        f"{response.text()}<!-- {page.url} -->", encoding="utf-8"
    )
    return [] if response.status < 400 else [f"answered {response.status}"]


def bring_axe(context: BrowserContext) -> None:
    """Let every page of a browser have axe from the start, which is sooner than to add it later."""
    context.add_init_script(path=AXE)


def axe_violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=str(AXE))
    found: list[str] = page.evaluate(RUN_AXE)
    return found


def keyboard_faults(page: Page) -> list[str]:
    """What a person who has only the Tab key meets: everything, the way past the menu first."""
    page.evaluate(WATCH_FOCUS)
    reachable = page.evaluate(REACHABLE)
    # As the keyboard of Playwright does, but without the key coming up again: half the time.
    keyboard = page.context.new_cdp_session(page)
    for _ in range(reachable["stops"]):
        keyboard.send("Input.dispatchKeyEvent", TAB)
    keyboard.detach()
    focused = page.evaluate("window.focused")
    found = [f"no sign of the focus: {each['html']}" for each in focused if not each["isSeen"]]
    if not focused or not focused[0]["skips"]:
        found.append("the first Tab does not offer to skip the menu")
    if len(focused) < reachable["count"]:
        found.append(
            f"{len(focused)} of {reachable['count']} links, buttons and fields reached by Tab"
        )
    return found


def html_faults(sources: Path) -> list[str]:
    """What the Nu HTML checker and html-validate find in the pages kept there.

    They start anew each time, which takes longer than a hundred pages: keep them for one call.
    """
    pages = {
        path.name: path.read_text(encoding="utf-8").rpartition("<!-- ")[2].removesuffix(" -->")
        for path in sources.iterdir()
    }
    nu = ["java", "-jar", str(VNU), "--format", "json", "--exit-zero-always", str(sources)]
    done = subprocess.run(nu, capture_output=True, text=True, check=True)
    found = [
        f"{pages[each['url'].rpartition('/')[2]]}: {each['message']} {each.get('extract', '')!r}"
        for each in json.loads(done.stderr)["messages"]
        if GUESSED_LANGUAGE not in each["message"]
    ]
    node = shutil.which("node")
    assert node, "`make assets` brings Node.js"
    other = [node, str(HTML_VALIDATE), *map(str, sorted(sources.iterdir()))]
    done = subprocess.run(other, capture_output=True, text=True, check=True)
    for path, rule, line, words in json.loads(done.stdout):
        found.append(f"{pages[Path(path).name]}: line {line}: {words} ({rule})")
    return found
