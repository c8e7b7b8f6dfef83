// A worker for the tests of this directory: a process of its own, with its own data.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const patience = 60_000;

/** The keys of a worker that has some. */
export const keys = { ops: "0123456789abcdef-ops", mail: "0123456789abcdef-mail" };

/** A worker with an embedded server, and the command `instances` beside it. */
export class Dormouse {
  /** Builds the programs and starts a worker with the flags. */
  static async start({ withKeys = false, flags = [] } = {}) {
    const d = new Dormouse();
    d.dir = mkdtempSync(path.join(tmpdir(), "dormouse-web-"));
    execFileSync("go", ["build", "-o", d.dir + path.sep, "./cmd/worker", "./cmd/instances"], { cwd: root, stdio: "inherit" });
    d.env = { ...process.env };
    for (const name of ["NATS_URL", "NATS_CONTEXT", "DORMOUSE_HUB", "DORMOUSE_HTTP_KEYS"]) delete d.env[name];
    if (withKeys) {
      d.keys = path.join(d.dir, "keys.txt");
      writeFileSync(d.keys, `ops ${keys.ops} all\nmail ${keys.mail} raise\n`, { mode: 0o600 });
      flags = [...flags, "--http-keys", d.keys];
    }
    d.worker = spawn(path.join(d.dir, "worker"), [
      "--data-dir", path.join(d.dir, "data"), "--nats-listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--output", "json", ...flags,
    ], { env: d.env });
    d.log = "";
    d.worker.stderr.on("data", (text) => (d.log += text));
    d.ended = new Promise((resolve) => d.worker.on("exit", resolve));
    d.says = await d.announcement();
    d.env.NATS_URL = d.says.nats;
    d.origin = new URL(d.says.http).origin;
    return d;
  }

  /** What the worker says of itself, in JSON. */
  announcement() {
    return new Promise((resolve, reject) => {
      let text = "";
      const timer = setTimeout(() => reject(new Error("the worker says nothing: " + this.log)), patience);
      this.worker.on("exit", () => reject(new Error("the worker has ended: " + this.log)));
      this.worker.stdout.on("data", (data) => {
        text += data;
        try {
          resolve(JSON.parse(text));
          clearTimeout(timer);
        } catch {
          // there is more to come
        }
      });
    });
  }

  /** Runs the command instances and returns what it prints. */
  instances(...args) {
    return execFileSync(path.join(this.dir, "instances"), args, { env: this.env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  /** Makes a signed link. */
  link(...args) {
    return this.instances("link", ...args, "--http-keys", this.keys, "--url", this.origin);
  }

  /** Stops the worker by the process that was started, and removes its data. */
  async stop() {
    this.worker.kill("SIGTERM");
    await this.ended;
    rmSync(this.dir, { recursive: true });
  }
}

/** Asks until the answer is so, and returns it. */
export async function until(ask, isSo, what) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
