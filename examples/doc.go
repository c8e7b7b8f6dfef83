// Package examples holds orchestrators to learn from. The worker command serves
// them, so that each can be started, made to wait, and woken by hand.
//
//   - [BudgetApproval]: one event, yes or no.
//   - [Select]: the first of three events.
//   - [NewBuildingPermit]: all of three events, then an activity.
//   - [PhoneVerification]: an event against a durable timer, with three tries.
//   - [ApprovalQueueProcessor]: a function that a queue triggers, and that raises an
//     event.
package examples
