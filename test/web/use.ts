// What a program in TypeScript makes of the types that are generated from the OpenAPI document: it
// must pass the type checker, and work.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api.js";

type Status = components["schemas"]["Status"];

/** Takes an instance through its life, and returns what its client has seen. */
export async function life(baseUrl: string, code: string): Promise<string[]> {
  const client = createClient<paths>({ baseUrl, headers: { "x-functions-key": code } });
  const seen: string[] = [];
  const id = "typed";

  const started = await client.POST("/runtime/webhooks/durabletask/orchestrators/{name}/{id}", {
    params: { path: { name: "BudgetApproval", id }, query: { version: "" } },
    body: { amount: 7 },
  });
  if (started.response.status !== 202 || !started.data) throw new Error(`start: ${started.response.status}`);
  seen.push("started " + (started.data as components["schemas"]["CheckStatus"]).id);

  const again = await client.POST("/runtime/webhooks/durabletask/orchestrators/{name}/{id}", { params: { path: { name: "BudgetApproval", id } } });
  if (again.error && "Message" in again.error) seen.push("again: " + again.response.status);

  const raised = await client.POST("/runtime/webhooks/durabletask/instances/{id}/raiseEvent/{event}", {
    params: { path: { id, event: "Approval" }, query: { wait: 60 } },
    body: true,
  });
  seen.push("raised: " + raised.data?.outcome);

  const rewound = await client.POST("/runtime/webhooks/durabletask/instances/{id}/rewind", { params: { path: { id: "nobody" } } });
  if (typeof rewound.error === "string") seen.push(rewound.error);

  for (;;) {
    const got = await client.GET("/runtime/webhooks/durabletask/instances/{id}", { params: { path: { id }, query: { showHistory: true } } });
    const status: Status | undefined = got.data;
    if (!status) throw new Error(`status: ${got.response.status}`);
    if (got.response.status === 200) {
      const output: unknown = status.output;
      seen.push(`${status.runtimeStatus}: ${JSON.stringify(output)}, ${status.history?.length} rows, custom status ${JSON.stringify(status.customStatus)}`);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  const listed = await client.GET("/runtime/webhooks/durabletask/instances", { params: { query: { runtimeStatus: ["Completed", "Failed"], top: 10 } } });
  seen.push("listed: " + (listed.data ?? []).map((s) => s.instanceId).join());

  const purged = await client.DELETE("/runtime/webhooks/durabletask/instances/{id}", { params: { path: { id } } });
  seen.push("purged: " + purged.data?.instancesDeleted);
  return seen;
}
