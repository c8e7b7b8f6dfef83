// Package worker runs the code of a registry on a hub.
//
//	var registry orchestration.Registry
//	registry.Add(BudgetApproval, Approve) // handles of package orchestration
//
//	hub, err := jetstream.Open(ctx, connection, jetstream.Config{})
//	…
//	w, err := worker.Start(ctx, hub, &registry, worker.Config{})
//	…
//	err = w.Stop(ctx)
//
// A program that has steps of its own between registering and working calls [New],
// [Worker.Prepare] and [Worker.Run] instead of [Start].
//
// Functions that messages in queues trigger are registered by [OnQueue]:
//
//	var queues worker.Queues
//	worker.OnQueue(&queues, "approval-queue", func(ctx context.Context, m *worker.QueueMessage, id string) error {
//		return client.Raise(ctx, m.Client, id, Approval, true, client.WithEventID(m.ID))
//	})
//	w, err := worker.Start(ctx, hub, &registry, worker.Config{Queues: &queues})
//
// A message is delivered at least once. It keeps its id, so a function that passes the id on
// has its effect once. A message that fails five times, or can never succeed, goes to the
// poison queue, where it stays until it is redriven or purged.
//
// Any number of workers may run on one hub, on one machine or many: they divide
// its partitions among themselves, and take over from each other when one comes,
// goes or dies. All of them should have the same orchestrators registered; each
// may have activities of its own.
package worker
