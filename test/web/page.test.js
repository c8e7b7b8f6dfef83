// Opens signed links in a real browser, as the person who got one does: on a phone and on a
// desk, by day and by night. SCREENSHOTS names a directory for pictures of what is seen.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { Dormouse, until } from "./dormouse.js";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const pictures = process.env.SCREENSHOTS;
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const views = [
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
  { name: "desk-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "desk-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
];

let dormouse, browser, page, context;
before(async () => {
  dormouse = await Dormouse.start({ withKeys: true });
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
after(async () => {
  await browser?.close();
  await dormouse?.stop();
});

let count = 0;
async function begin(name = "BudgetApproval", input = '{"amount":100}') {
  const id = `p${++count}`;
  dormouse.instances("start", name, "--id", id, ...(input ? ["--input", input] : []));
  await until(async () => dormouse.instances("get", id), (text) => text.includes("waiting for"), "it does not wait");
  return id;
}

async function browse(view = views[0]) {
  await context?.close();
  context = await browser.newContext({ viewport: view.viewport, colorScheme: view.colorScheme });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.faults = [];
  page.on("console", (m) => m.type() === "error" && !/status of 4\d\d/.test(m.text()) && page.faults.push(m.text()));
  page.on("pageerror", (e) => page.faults.push(String(e)));
}
beforeEach(() => browse());

// raised waits until the history of an instance has the event.
const raised = (id, event) => until(async () => dormouse.instances("history", id), (text) => text.includes(event), "it is not raised");

const heading = () => page.getByRole("heading", { level: 1 }).innerText();

// isUsable looks at what every person needs of every page: nothing to scroll sideways for, targets that
// a thumb hits, and no finding of axe.
async function isUsable(what) {
  const found = await page.evaluate(() => ({
    sideways: document.documentElement.scrollWidth - window.innerWidth,
    small: [...document.querySelectorAll("button, a, input, textarea, select")]
      .map((e) => ({ text: e.innerText, ...e.getBoundingClientRect().toJSON() }))
      .filter((b) => b.height < 44 || b.width < 44 || b.right > window.innerWidth),
  }));
  assert.ok(found.sideways <= 0, `${what}: ${found.sideways} pixels are out of sight`);
  assert.deepEqual(found.small, [], what);
  assert.deepEqual(page.faults, [], what);
  if (pictures) await page.screenshot({ path: path.join(pictures, `${what}.png`), fullPage: true });
  // The page lets no script in: axe needs a page of its own with the same content.
  const copy = await browser.newContext({ viewport: page.viewportSize(), bypassCSP: true, colorScheme: what.includes("dark") ? "dark" : "light" });
  const inspected = await copy.newPage();
  await inspected.setContent(await page.content());
  await inspected.addScriptTag({ path: axe });
  const { violations } = await inspected.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  await copy.close();
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" ")}`), [], what);
}

const yesNo = ["--title", "Budget of 100 for the summer party?", "--text", "See the list in the wiki.\nThe offer is good for a week.",
  "--from", "Finance", "--yes", "Approve", "--no", "Reject"];

describe("what a person sees", () => {
  for (const view of views) {
    test(`every page at ${view.name}`, async () => {
      const id = await begin();
      const over = await begin();
      dormouse.instances("terminate", over);
      await until(async () => dormouse.instances("get", over), (text) => text.includes("Terminated"), "it does not end");
      const long = "Antrag-" + "x".repeat(120);
      const used = dormouse.link(id, "Unheard", "--once", ...yesNo);
      const altered = dormouse.link(id, "Approval") + "x";
      const expired = dormouse.link(id, "Approval", "--for", "1s", "--title", "Budget?", "--from", "Finance");
      const shows = {
        "yes-no": [dormouse.link(id, "Approval", "--once", ...yesNo), "Budget of 100 for the summer party?"],
        words: [dormouse.link(id, "Note", "--answer", "text", "--title", "What should we know?"), "What should we know?"],
        json: [dormouse.link(id, "Approval"), `Approval for ${id}`],
        payload: [dormouse.link(id, "Approval", `{"text":"${long}"}`), `Approval for ${id}`],
        "long-names": [dormouse.link("i".repeat(200), "Approval"), "Not there yet"],
        "not-yet": [dormouse.link("nobody", "Approval", ...yesNo), "Not there yet"],
        over: [dormouse.link(over, "Approval", ...yesNo), "This is over"],
        altered: [altered, "This link is not valid"],
        expired: [expired, "This link has expired"],
      };
      await new Promise((resolve) => setTimeout(resolve, 1100)); // until the short link has expired
      await browse(view);
      for (const [name, [link, wants]] of Object.entries(shows)) {
        await page.goto(link);
        assert.equal(await heading(), wants, name);
        await isUsable(`${name}-${view.name}`);
      }
      await page.goto(shows.json[0]);
      await page.getByLabel("Your answer").fill("yes, please");
      await page.getByRole("button", { name: "Send" }).click();
      await isUsable(`problem-${view.name}`);
      await page.goto(used);
      await page.getByRole("button", { name: "Reject" }).click();
      assert.equal(await heading(), "Thank you");
      await isUsable(`thanks-${view.name}`);
      await page.goto(used);
      assert.equal(await heading(), "This link has been used");
      await isUsable(`used-${view.name}`);
    });
  }
});

describe("what a person does", () => {
  test("approves with one button", async () => {
    const id = await begin();
    await page.goto(dormouse.link(id, "Approval", "--once", ...yesNo));
    await page.getByText("Finance asks:").waitFor();
    await page.getByText("See the list in the wiki.").waitFor();
    await page.getByText(/in 24 hours/).waitFor();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Your answer was sent: Approve").waitFor();
    assert.equal(dormouse.instances("wait", id), '"spent 100.00"');
    await page.reload(); // which sends the form again
    assert.equal(await heading(), "This link has been used");
  });

  test("rejects by keyboard alone", async () => {
    const id = await begin();
    await page.goto(dormouse.link(id, "Approval", "--once", ...yesNo));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Your answer was sent: Reject").waitFor();
    assert.equal(dormouse.instances("wait", id), '"rejected 100.00"');
  });

  test("writes words where words are wanted", async () => {
    const id = await begin();
    await page.goto(dormouse.link(id, "Note", "--answer", "text"));
    await page.getByLabel("Your answer").fill('It is "fine".\nGo on.');
    await page.getByRole("button", { name: "Send" }).click();
    assert.equal(await heading(), "Thank you");
    await raised(id, 'EventRaised "Note" "It is \\"fine\\".\\nGo on."');
  });

  test("cannot send nothing", async () => {
    const id = await begin();
    await page.goto(dormouse.link(id, "Note", "--answer", "text"));
    await page.getByRole("button", { name: "Send" }).click(); // the browser refuses
    assert.equal(await heading(), `Note for ${id}`);
    await page.getByLabel("Your answer").fill("   ");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("alert").getByText("Please write an answer before you send it.").waitFor();
    assert.doesNotMatch(dormouse.instances("history", id), /EventRaised/);
  });

  test("keeps what was typed, and can send it as words", async () => {
    const id = await begin();
    await page.goto(dormouse.link(id, "Note"));
    await page.getByLabel("Your answer").fill("\nyes & <no>");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("alert").getByText("This is not JSON.").waitFor();
    assert.equal(await page.getByLabel("Your answer").inputValue(), "\nyes & <no>");
    await page.getByRole("button", { name: "Send as plain words" }).click();
    await page.getByText("Your answer was sent: yes & <no>").waitFor();
    await raised(id, 'EventRaised "Note" "yes & <no>"');
  });

  test("looks without changing anything", async () => {
    const id = await begin();
    const link = dormouse.link(id, "Approval", "true", "--once", "--yes", "Approve");
    for (let i = 0; i < 3; i++) await page.goto(link);
    assert.doesNotMatch(dormouse.instances("history", id), /EventRaised/);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Your answer was sent: true").waitFor();
    assert.equal(dormouse.instances("wait", id), '"spent 100.00"');
  });

  test("works without scripts", async () => {
    const id = await begin();
    await context.close();
    context = await browser.newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    await page.goto(dormouse.link(id, "Approval", ...yesNo));
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Your answer was sent: Approve").waitFor();
  });
});
