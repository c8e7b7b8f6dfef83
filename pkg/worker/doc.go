// Package worker joins a registry of code and a hub into a running worker.
//
//	var registry orchestration.Registry
//	orchestration.RegisterOrchestrator(&registry, "BudgetApproval", BudgetApproval)
//	orchestration.RegisterActivity(&registry, "Approve", Approve)
//
//	hub, err := jetstream.Open(ctx, nc, jetstream.Config{Name: "default"})
//	…
//	w, err := worker.New(hub, &registry, worker.Config{})
//	…
//	err = w.Run(ctx)
//
// Functions that messages in queues trigger are registered by [OnQueue]:
//
//	var queues worker.Queues
//	worker.OnQueue(&queues, "approval-queue", func(ctx context.Context, m *worker.QueueMessage, id string) error {
//		return m.Client.Raise(ctx, id, "Approval", true, client.WithEventID(m.ID))
//	})
//	w, err := worker.New(hub, &registry, worker.Config{Queues: &queues})
//
// A message is delivered at least once; by its id, which it keeps, what is done with
// it has its effect once. One that fails five times, or can never succeed, is put into
// the poison queue, where it stays until it is redriven or purged.
//
// Any number of workers may run on one hub, on one machine or many: they divide
// its partitions among themselves, and take over from each other when one comes,
// goes or dies. All of them should have the same orchestrators registered; each
// may have activities of its own.
package worker
