package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"syscall"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// deadly ends its process in its second turn, in the way it is told.
func deadly(ctx *orchestration.Context, way string) (string, error) {
	if _, err := orchestration.Event[any]("Go").Wait(ctx).Await(); err != nil {
		return "", err
	}
	fmt.Println("deadly runs")
	return die(way), nil
}

// callsDeadly returns how the activity has failed.
func callsDeadly(ctx *orchestration.Context, way string) (string, error) {
	_, err := orchestration.CallActivity[string](ctx, "Deadly", way).Await()
	if err == nil {
		return "", nil
	}
	return err.Error(), nil
}

func endProcess(_ context.Context, way string) (string, error) {
	fmt.Println("deadly runs")
	return die(way), nil
}

// die ends the process as users' code may do it.
func die(way string) string {
	switch way {
	case "exit":
		os.Exit(3)
	case "exit 0":
		os.Exit(0)
	case "fatal":
		log.Fatal("no way on")
	case "out of memory":
		debug.SetGCPercent(-1)
		_ = make([]byte, 1<<46)
	case "concurrent map writes":
		m := map[int]int{}
		for range 4 {
			go func() {
				for i := 0; ; i++ {
					m[i%8] = i
				}
			}()
		}
		for i := 0; ; i++ {
			m[i%8] = i
		}
	case "stack overflow":
		return overflow(0)
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return "still here"
}

func overflow(n int) string {
	if n < 0 {
		return ""
	}
	return overflow(n+1) + "x"
}
