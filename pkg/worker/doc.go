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
// Any number of workers may run on one hub, on one machine or many: they divide
// its partitions among themselves, and take over from each other when one comes,
// goes or dies. All of them should have the same orchestrators registered; each
// may have activities of its own.
package worker
