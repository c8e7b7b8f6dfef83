// Drives a worker with npm's client of Durable Functions, unchanged, in both ways in which it
// finds its server: by the URLs that the Functions host hands out, and by an rpcBaseUrl.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { Dormouse, keys, until } from "./dormouse.js";

const require = createRequire(import.meta.url);
const { DurableClient } = require("durable-functions/lib/src/durableClient/DurableClient.js");
const { OrchestrationRuntimeStatus, EntityId } = require("durable-functions");

let dormouse;
before(async () => (dormouse = await Dormouse.start({ withKeys: true, flags: ["--http-rpc", "127.0.0.1:0"] })));
after(() => dormouse.stop());

// bindingOf is what the Functions host gives to a client: templates of URLs, with the id INSTANCEID.
function bindingOf(base) {
  const query = `taskHub=default&connection=Storage&code=${keys.ops}`;
  const one = `${base}/instances/INSTANCEID`;
  return {
    taskHubName: "default",
    creationUrls: {
      createNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?code=${keys.ops}`,
      waitOnNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${keys.ops}`,
    },
    managementUrls: {
      id: "INSTANCEID",
      statusQueryGetUri: `${one}?${query}`,
      sendEventPostUri: `${one}/raiseEvent/{eventName}?${query}`,
      terminatePostUri: `${one}/terminate?reason={text}&${query}`,
      rewindPostUri: `${one}/rewind?reason={text}&${query}`,
      purgeHistoryDeleteUri: `${one}?${query}`,
      restartPostUri: `${one}/restart?${query}`,
      suspendPostUri: `${one}/suspend?reason={text}&${query}`,
      resumePostUri: `${one}/resume?reason={text}&${query}`,
    },
    baseUrl: base,
    requiredQueryStringParameters: `code=${keys.ops}`,
  };
}

const clients = {
  "by the URLs of its binding": () => new DurableClient(bindingOf(dormouse.says.http)),
  "by an rpcBaseUrl, without a key": () => new DurableClient({ ...bindingOf("http://127.0.0.1:1/none"), rpcBaseUrl: dormouse.says.rpcBaseUrl }),
};

const { Running, Completed, Failed, Suspended, Terminated } = OrchestrationRuntimeStatus;

for (const [way, newClient] of Object.entries(clients)) {
  describe(way, () => {
    let client;
    before(() => (client = newClient()));

    const reaches = (id, status) => until(() => client.getStatus(id), (s) => s.runtimeStatus === status, `${id} is not ${status}`);
    const begin = async (name, options) => {
      const id = await client.startNew(name, options);
      await reaches(id, Running);
      return id;
    };

    test("a life: start, raise, status, history, purge", async () => {
      const id = await begin("BudgetApproval", { input: { amount: 7 } });
      const running = await client.getStatus(id);
      assert.equal(running.name, "BudgetApproval");
      assert.deepEqual(running.input, { amount: 7 });
      await client.raiseEvent(id, "Approval", true);
      const done = await reaches(id, Completed);
      assert.equal(done.output, "spent 7.00");
      assert.ok(done.createdTime instanceof Date || !Number.isNaN(Date.parse(done.createdTime)));
      const told = await client.getStatus(id, { showHistory: true, showHistoryOutput: true, showInput: true });
      assert.deepEqual(told.history.map((row) => row.EventType), ["ExecutionStarted", "EventRaised", "TaskCompleted", "ExecutionCompleted"]);
      await client.raiseEvent(id, "Approval", true); // it has ended: 410 is no error to this client
      assert.equal((await client.purgeInstanceHistory(id)).instancesDeleted, 1);
      assert.equal((await client.purgeInstanceHistory(id)).instancesDeleted, 0);
      await assert.rejects(client.getStatus(id), /HTTP 404/);
    });

    test("an id and a version of one's own", async () => {
      const instanceId = "mine-" + way.length;
      assert.equal(await client.startNew("Select", { instanceId, version: "7 & more" }), instanceId);
      const status = JSON.parse(dormouse.instances("get", instanceId, "--output", "json"));
      assert.equal(status.version, "7 & more");
      await assert.rejects(client.startNew("Select", { instanceId }), /409.*instance already exists/);
      await client.terminate(instanceId, "enough");
    });

    test("a start that is wrong says why", async () => {
      await assert.rejects(client.startNew("Nobody"), /400.*ExceptionMessage.*Nobody/);
    });

    test("rewind is refused in words", async () => {
      await assert.rejects(client.rewind("nobody", "why"), { message: 'No orchestration with instance ID "nobody" found.' });
      const id = await begin("Select");
      await assert.rejects(client.rewind(id, "why"), {
        message: 'This orchestration has status Running, but only orchestrations in the "Failed" state can be rewound.',
      });
      await client.terminate(id, "enough");
    });

    test("rewind of what has failed", async () => {
      const id = await begin("BudgetApproval", { input: { amount: 7 } });
      await client.raiseEvent(id, "Approval", "no such thing");
      await reaches(id, Failed);
      await client.rewind(id, "try again");
    });

    test("suspend, resume, terminate", async () => {
      const id = await begin("Select");
      await client.suspend(id, "lunch");
      await reaches(id, Suspended);
      await client.resume(id, "back");
      await reaches(id, Running);
      await client.terminate(id, "enough");
      assert.equal((await reaches(id, Terminated)).output, "enough");
      for (const verb of ["raiseEvent", "suspend", "resume", "terminate"]) {
        await assert.rejects(client[verb]("nobody", "Event1", 1), /No instance with ID 'nobody' found/);
      }
    });

    test("lists, and purges of many", async () => {
      const from = new Date(Date.now() - 3_600_000);
      const id = await begin("BudgetApproval", { input: { amount: 7 } });
      await client.raiseEvent(id, "Approval", true);
      await reaches(id, Completed);
      assert.ok((await client.getStatusAll()).some((s) => s.instanceId === id));
      const some = await client.getStatusBy({ createdTimeFrom: from, createdTimeTo: new Date(Date.now() + 3_600_000), runtimeStatus: [Completed] });
      assert.ok(some.some((s) => s.instanceId === id && s.runtimeStatus === "Completed"));
      const later = await client.getStatusBy({ createdTimeFrom: new Date(Date.now() + 3_600_000) });
      assert.deepEqual(later, []);
      const purged = await client.purgeInstanceHistoryBy({ createdTimeFrom: from, runtimeStatus: [Completed] });
      assert.ok(purged.instancesDeleted >= 1);
      assert.equal((await client.purgeInstanceHistoryBy({ createdTimeFrom: new Date(Date.now() + 3_600_000) })).instancesDeleted, 0);
    });

    test("waiting for the end", async () => {
      const id = await begin("BudgetApproval", { input: { amount: 8 } });
      const url = { url: dormouse.origin + "/api/x" };
      const still = await client.waitForCompletionOrCreateCheckStatusResponse(url, id, { timeoutInMilliseconds: 50, retryIntervalInMilliseconds: 20 });
      assert.equal(still.status, 202);
      await client.raiseEvent(id, "Approval", false);
      const ended = await client.waitForCompletionOrCreateCheckStatusResponse(url, id, { timeoutInMilliseconds: 60_000, retryIntervalInMilliseconds: 20 });
      assert.equal(ended.status, 200);
      assert.equal(await ended.json(), "rejected 8.00");
    });

    test("entities are not there, and it says so", async () => {
      const entity = new EntityId("Counter", "mine");
      await assert.rejects(client.readEntityState(entity), /501.*no entities here/);
      await assert.rejects(client.signalEntity(entity, "add", 1), /501.*no entities here/);
    });
  });
}

// The URLs that a start is answered with are templates too: the client replaces parts of them.
test("the URLs of a start lead on", async () => {
  const started = await fetch(`${dormouse.says.http}/orchestrators/Select/led?taskHub=default&connection=Storage&code=${keys.ops}`, { method: "POST" });
  const links = await started.json();
  assert.equal(links.statusQueryGetUri, `${dormouse.says.http}/instances/led?taskHub=default&connection=Storage&code=${keys.ops}`);
  const client = new DurableClient({ ...bindingOf("http://127.0.0.1:1/none"), managementUrls: links });
  await until(() => client.getStatus("led", { connectionName: "Other" }), (s) => s.runtimeStatus === Running, "led");
  await client.raiseEvent("led", "Event1", 1, { connectionName: "Other", taskHubName: "default" });
  await until(() => client.getStatus("led"), (s) => s.runtimeStatus === Completed, "led");
});

// A restart waits for the end as a start does.
test("restart with a timeout", async () => {
  const headers = { "x-functions-key": keys.ops, "Content-Type": "application/json" };
  const post = (path, body) => fetch(`${dormouse.says.http}/${path}`, { method: "POST", headers, body });
  await post("orchestrators/BudgetApproval/again", '{"amount":9}');
  const waiting = post("instances/again/restart?timeout=60&pollingInterval=1");
  const restarted = await until(
    () => JSON.parse(dormouse.instances("list", "--name", "BudgetApproval", "--status", "Running", "--output", "json")),
    (list) => JSON.stringify(list).includes('"again"') && (JSON.stringify(list).match(/BudgetApproval/g) ?? []).length >= 2, "it is not restarted");
  const rows = Array.isArray(restarted) ? restarted : restarted.instances;
  for (const row of rows) await post(`instances/${row.instanceId ?? row.id}/raiseEvent/Approval`, "true");
  const answer = await waiting;
  assert.equal(answer.status, 200);
  assert.equal(await answer.json(), "spent 9.00");
});
