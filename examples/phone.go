package examples

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math/big"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The time that somebody has to answer a challenge, and the number of tries.
const (
	ChallengeTime  = 90 * time.Second
	ChallengeTries = 3
)

// SmsChallengeResponse brings back the code of a challenge.
const SmsChallengeResponse = orchestration.Event[int]("SmsChallengeResponse")

// PhoneVerification sends a code to a phone and waits for the event [SmsChallengeResponse]
// to bring it back: within 90 s in total, with three tries. The timer is cancelled as soon as
// the answer is known.
var PhoneVerification = orchestration.Orchestrator("PhoneVerification", phoneVerification)

// SendSmsChallenge makes up a code of four digits, sends it, and returns it. The code is
// random, so an orchestrator cannot make it up. This activity writes a line to the log; a real
// one would call a provider of text messages.
var SendSmsChallenge = orchestration.Activity("SendSmsChallenge", sendSmsChallenge)

func phoneVerification(ctx *orchestration.Context, phone string) (bool, error) {
	code, err := SendSmsChallenge.Call(ctx, phone).Await()
	if err != nil {
		return false, err
	}
	deadline := orchestration.CreateTimer(ctx, ChallengeTime)
	defer deadline.Cancel()
	for range ChallengeTries {
		response := SmsChallengeResponse.Wait(ctx)
		winner, err := orchestration.WhenAny(ctx, response, deadline).Await()
		if err != nil || winner == deadline {
			return false, err
		}
		// An answer that is not a number is a wrong one.
		if answer, err := response.Await(); err == nil && answer == code {
			return true, nil
		}
	}
	return false, nil
}

func sendSmsChallenge(ctx context.Context, phone string) (int, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(9000))
	if err != nil {
		return 0, fmt.Errorf("make up a code: %w", err)
	}
	code := 1000 + int(n.Int64())
	slog.InfoContext(ctx, "text message sent", "to", phone, "text", fmt.Sprintf("Your code is %d.", code))
	return code, nil
}
