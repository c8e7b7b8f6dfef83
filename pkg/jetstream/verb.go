package jetstream

import "github.com/dormouse-dev/dormouse/internal/hub"

// wireVerb is a verb as it stands in a subject. All are called there as they are in
// the vocabulary of the hub, but for the start: permissions are given by subject, so
// what starts an instance in another way is another verb.
type wireVerb string

const (
	// wireStart starts what is not there. It is anybody's who may start: it takes nothing
	// away, neither what is live nor what has ended.
	wireStart = wireVerb(hub.VerbStart)
	// wireRestart starts what is not live, and takes the place of what has ended.
	wireRestart wireVerb = "restart"
	// wireReplace ends what is live, and takes its place.
	wireReplace wireVerb = "replace"
	// wireClaim starts what is claimed as well, by a value.
	wireClaim wireVerb = "claim"
	// wireChild starts an instance whose result is for another. It is the engine's.
	wireChild wireVerb = "child"
)

func wireVerbOf(m hub.Message) wireVerb {
	switch {
	case m.Verb != hub.VerbStart:
		return wireVerb(m.Verb)
	case m.Parent != nil:
		return wireChild
	case m.Replaces == hub.AnyAtAll:
		return wireReplace
	case m.Execution != "":
		return wireClaim
	case m.Replaces == hub.AnyEnded:
		return wireRestart
	}
	return wireStart
}

// verb returns what the verb is in the vocabulary of the hub.
func (v wireVerb) verb() hub.Verb {
	switch v {
	case wireRestart, wireReplace, wireClaim, wireChild:
		return hub.VerbStart
	}
	return hub.Verb(v)
}

// isEngines reports whether only the engine has cause to say it.
func (v wireVerb) isEngines() bool {
	switch v {
	case wireChild, wireVerb(hub.VerbCompleted), wireVerb(hub.VerbFailed), wireVerb(hub.VerbFired):
		return true
	}
	return false
}
