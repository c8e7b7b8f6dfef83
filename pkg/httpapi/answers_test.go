package httpapi_test

const root = "http://127.0.0.1:7071" + base

// links is the check-status payload of an instance.
func links(id string) string {
	i := root + "/instances/" + id
	return `{"id":"` + id + `","statusQueryGetUri":"` + i + `?taskHub=default",` +
		`"sendEventPostUri":"` + i + `/raiseEvent/{eventName}?taskHub=default",` +
		`"terminatePostUri":"` + i + `/terminate?reason={text}&taskHub=default",` +
		`"purgeHistoryDeleteUri":"` + i + `?taskHub=default",` +
		`"restartPostUri":"` + i + `/restart?taskHub=default",` +
		`"suspendPostUri":"` + i + `/suspend?reason={text}&taskHub=default",` +
		`"resumePostUri":"` + i + `/resume?reason={text}&taskHub=default",` +
		`"rewindPostUri":"` + i + `/rewind?reason={text}&taskHub=default"}`
}

func problem(message string) string { return `{"Message":"` + message + `"}` }

// titled is a problem that the original words in its own way.
func titled(headline, message string) string {
	return `{"Message":"` + headline + `","ExceptionMessage":"` + message + `"}`
}

// wrong is the problem of an answer of 400.
func wrong(message string) string { return titled(message, message) }

// notJSON is that of a body that cannot be read.
func notJSON(message string) string { return titled("Invalid JSON content", message) }

const (
	noNobody = `{"Message":"no such instance: \"nobody\""}`
	doneGone = `{"Message":"instance has ended: \"done\" is Completed"}`
	liveNow  = `{"name":"Gate","instanceId":"live","runtimeStatus":"Running","input":null,"customStatus":null,"output":null,"createdTime":"TIME","lastUpdatedTime":"TIME",` +
		`"waitingFor":[{"kind":"event","name":"Approval","since":"MOMENT"}]}`
	doneNow = `{"name":"Echo","instanceId":"done","runtimeStatus":"Completed","input":"hello","customStatus":"seen hello","output":"hello","createdTime":"TIME","lastUpdatedTime":"TIME","waitingFor":[]}`
)
