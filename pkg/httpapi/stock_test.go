package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stockClient drives the API as clients written for Durable Functions do: by the URLs
// of the check-status payload, and by those that the public reference documents. It
// knows nothing of this module.
type stockClient struct {
	*testing.T
	ctx  context.Context
	http *http.Client
	base string
	code string
}

type managementPayload struct {
	ID                    string `json:"id"`
	StatusQueryGetURI     string `json:"statusQueryGetUri"`
	SendEventPostURI      string `json:"sendEventPostUri"`
	TerminatePostURI      string `json:"terminatePostUri"`
	PurgeHistoryDeleteURI string `json:"purgeHistoryDeleteUri"`
	RewindPostURI         string `json:"rewindPostUri"`
	SuspendPostURI        string `json:"suspendPostUri"`
	ResumePostURI         string `json:"resumePostUri"`
	RestartPostURI        string `json:"restartPostUri"`
}

type orchestrationStatus struct {
	Name            string           `json:"name"`
	InstanceID      string           `json:"instanceId"`
	RuntimeStatus   string           `json:"runtimeStatus"`
	Input           any              `json:"input"`
	CustomStatus    any              `json:"customStatus"`
	Output          any              `json:"output"`
	CreatedTime     string           `json:"createdTime"`
	LastUpdatedTime string           `json:"lastUpdatedTime"`
	HistoryEvents   []map[string]any `json:"historyEvents"`
	History         []map[string]any `json:"history"`
}

func (s *stockClient) do(method, target string, body []byte, header http.Header, into any) *http.Response {
	s.Helper()
	request, err := http.NewRequestWithContext(s.ctx, method, target, bytes.NewReader(body))
	require.NoError(s, err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		request.Header[name] = values
	}
	answer, err := s.http.Do(request)
	require.NoError(s, err)
	defer answer.Body.Close()
	var buffer bytes.Buffer
	_, err = buffer.ReadFrom(answer.Body)
	require.NoError(s, err)
	if into != nil {
		require.NoError(s, json.Unmarshal(buffer.Bytes(), into), buffer.String())
	}
	return answer
}

func (s *stockClient) uri(path string, query url.Values) string {
	if query == nil {
		query = url.Values{}
	}
	query.Set("taskHub", "default")
	query.Set("connection", "Storage")
	query.Set("code", s.code)
	return s.base + "/runtime/webhooks/durabletask/" + path + "?" + query.Encode()
}

func (s *stockClient) startNew(name, id string, input any) managementPayload {
	s.Helper()
	body, err := json.Marshal(input)
	require.NoError(s, err)
	var payload managementPayload
	answer := s.do(http.MethodPost, s.uri("orchestrators/"+name+"/"+url.PathEscape(id), nil), body, nil, &payload)
	require.Equal(s, http.StatusAccepted, answer.StatusCode)
	require.Equal(s, payload.StatusQueryGetURI, answer.Header.Get("Location"))
	require.NotEmpty(s, answer.Header.Get("Retry-After"))
	return payload
}

// poll follows the status URL until it answers something else than 202, as the async
// HTTP pattern has it.
func (s *stockClient) poll(uri string) (status orchestrationStatus) {
	s.Helper()
	require.Eventually(s, func() bool {
		status = orchestrationStatus{}
		answer := s.do(http.MethodGet, uri, nil, nil, &status)
		if answer.StatusCode == http.StatusAccepted {
			uri = answer.Header.Get("Location")
		}
		return answer.StatusCode == http.StatusOK
	}, 20*time.Second, time.Millisecond)
	return status
}

func (s *stockClient) until(uri, runtimeStatus string) {
	s.Helper()
	require.Eventually(s, func() bool {
		var status orchestrationStatus
		s.do(http.MethodGet, uri, nil, nil, &status)
		return status.RuntimeStatus == runtimeStatus
	}, 20*time.Second, time.Millisecond)
}

func newStockClient(t *testing.T) (*fixture, *stockClient) {
	t.Helper()
	r := newFixture(t, withKeys("system s3cr+t/key=="))
	server := r.overNetwork()
	return r, &stockClient{T: t, ctx: r.ctx, http: server.Client(), base: server.URL, code: "s3cr+t/key=="}
}

func TestStockClientGoesThroughALife(t *testing.T) {
	t.Parallel()
	_, s := newStockClient(t)
	links := s.startNew("Gate", "order 17", map[string]any{"amount": 7})
	require.Equal(t, "order 17", links.ID)
	s.until(links.StatusQueryGetURI, "Running")

	reason := func(uri, text string) string { return strings.ReplaceAll(uri, "{text}", url.QueryEscape(text)) }
	require.Equal(t, http.StatusAccepted, s.do(http.MethodPost, reason(links.SuspendPostURI, "lunch & tea"), nil, nil, nil).StatusCode)
	s.until(links.StatusQueryGetURI, "Suspended")
	require.Equal(t, http.StatusAccepted, s.do(http.MethodPost, reason(links.ResumePostURI, "back"), nil, nil, nil).StatusCode)
	s.until(links.StatusQueryGetURI, "Running")

	raise := strings.ReplaceAll(links.SendEventPostURI, "{eventName}", "Approval")
	require.Equal(t, http.StatusAccepted, s.do(http.MethodPost, raise, []byte(`"true"`), nil, nil).StatusCode)
	status := s.poll(links.StatusQueryGetURI)
	require.Equal(t, "Completed", status.RuntimeStatus)
	require.Equal(t, "Gate", status.Name)
	require.Equal(t, "order 17", status.InstanceID)
	require.Equal(t, map[string]any{"amount": 7.0}, status.Input)
	require.Equal(t, true, status.Output)
	_, err := time.Parse("2006-01-02T15:04:05Z", status.CreatedTime)
	require.NoError(t, err)
	require.Equal(t, http.StatusGone, s.do(http.MethodPost, raise, []byte(`true`), nil, nil).StatusCode)

	var again managementPayload
	require.Equal(t, http.StatusAccepted, s.do(http.MethodPost, links.RestartPostURI, nil, nil, &again).StatusCode)
	require.NotEqual(t, links.ID, again.ID)
	require.Equal(t, http.StatusAccepted, s.do(http.MethodPost, reason(again.TerminatePostURI, "enough"), nil, nil, nil).StatusCode)
	status = s.poll(again.StatusQueryGetURI)
	require.Equal(t, "Terminated", status.RuntimeStatus)
	require.Equal(t, "enough", status.Output)

	var purged struct{ InstancesDeleted int }
	require.Equal(t, http.StatusOK, s.do(http.MethodDelete, links.PurgeHistoryDeleteURI, nil, nil, &purged).StatusCode)
	require.Equal(t, 1, purged.InstancesDeleted)
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, links.StatusQueryGetURI, nil, nil, nil).StatusCode)
}

func TestStockClientReadsHistories(t *testing.T) {
	t.Parallel()
	r, s := newStockClient(t)
	links := s.startNew("Brittle", "b", nil)
	s.until(links.StatusQueryGetURI, "Failed")
	r.sound.Store(true)
	require.Equal(t, http.StatusAccepted, s.do(http.MethodPost, strings.ReplaceAll(links.RewindPostURI, "{text}", "mended"), nil, nil, nil).StatusCode)
	s.until(links.StatusQueryGetURI, "Completed")

	links = s.startNew("Brittle", "c", nil)
	var status orchestrationStatus
	s.poll(links.StatusQueryGetURI)
	s.do(http.MethodGet, links.StatusQueryGetURI+"&showHistory=true&showHistoryOutput=true&showInput=true", nil, nil, &status)
	require.Equal(t, status.HistoryEvents, status.History)
	var types []any
	for _, row := range status.HistoryEvents {
		types = append(types, row["EventType"])
		_, err := time.Parse(time.RFC3339Nano, row["Timestamp"].(string))
		require.NoError(t, err)
	}
	require.Equal(t, []any{"ExecutionStarted", "TaskCompleted", "ExecutionCompleted"}, types)
	require.Equal(t, "Brittle", status.HistoryEvents[0]["FunctionName"])
	task := status.HistoryEvents[1]
	require.Equal(t, "Break", task["FunctionName"])
	require.EqualValues(t, 7, task["Result"])
	require.Contains(t, task, "ScheduledTime")
	require.Equal(t, "Completed", status.HistoryEvents[2]["OrchestrationStatus"])
	require.EqualValues(t, 7, status.HistoryEvents[2]["Result"])
}

func TestStockClientListsAndPurges(t *testing.T) {
	t.Parallel()
	r, s := newStockClient(t)
	begun := time.Now().Add(-time.Second)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		r.start("Echo", id, id)
		r.ends(id)
	}
	query := func() url.Values {
		return url.Values{
			"createdTimeFrom": {begun.UTC().Format("2006-01-02T15:04:05Z")}, "createdTimeTo": {time.Now().Add(time.Hour).Format(time.RFC3339)},
			"runtimeStatus": {"Completed,Failed"},
		}
	}
	var ids []string
	header := http.Header{}
	for pages := 1; ; pages++ {
		q := query()
		q.Set("top", "2")
		q.Set("showInput", "false")
		var page []orchestrationStatus
		answer := s.do(http.MethodGet, s.uri("instances", q), nil, header, &page)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		for _, status := range page {
			require.Nil(t, status.Input)
			ids = append(ids, status.InstanceID)
		}
		token := answer.Header.Get("x-ms-continuation-token")
		if token == "" {
			require.Equal(t, 3, pages)
			break
		}
		header.Set("x-ms-continuation-token", token)
	}
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, ids)
	var purged struct {
		InstancesDeleted int `json:"instancesDeleted"`
	}
	require.Equal(t, http.StatusOK, s.do(http.MethodDelete, s.uri("instances", query()), nil, nil, &purged).StatusCode)
	require.Equal(t, 5, purged.InstancesDeleted)
	require.Equal(t, http.StatusNotFound, s.do(http.MethodDelete, s.uri("instances", query()), nil, nil, nil).StatusCode)
}
