package turn_test

import (
	"testing"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// BenchmarkAdvance takes in events for a parked instance, whose code does nothing.
func BenchmarkAdvance(b *testing.B) {
	for name, n := range map[string]int{"one": 1, "256": 256} {
		b.Run(name, func(b *testing.B) {
			v := &record.InstanceRecord{Name: "Collector", Execution: "x", Status: history.Running}
			i := turn.Load("i", v, 1, []record.Event{{Kind: history.ExecutionStarted, Time: noon, Name: "Collector"}})
			messages := make([]hub.Delivery, n)
			for k := range messages {
				messages[k] = hub.Delivery{Message: hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "Other"}}
			}
			executor := &collectors{}
			seq := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				for k := range messages {
					seq++
					messages[k].Seq = seq
				}
				o := turn.Advance(i, turn.Batch{Messages: messages, Now: noon}, limits, executor)
				i = o.Stored(1)
			}
			i.Close()
		})
	}
}
