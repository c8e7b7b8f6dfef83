package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestList(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	for _, id := range []string{"a1", "a2", "b1"} {
		r.start("Echo", id, id)
		r.ends(id)
	}
	r.start("Gate", nil, "live")
	r.waits("live")
	item := func(id string) string {
		return strings.NewReplacer(`"done"`, `"`+id+`"`, "hello", id).Replace(doneNow)
	}
	last := map[string]string{"X-Ms-Continuation-Token": ""}
	tryAll(t, r, []call{
		{"all", "GET", "instances", nil, ``, 200, "[" + item("a1") + "," + item("a2") + "," + item("b1") + "," + liveNow + "]", last},
		{"as some clients write it", "GET", "instances/?taskHub=default", nil, ``, 200, "[" + item("a1") + "," + item("a2") + "," + item("b1") + "," + liveNow + "]", last},
		{"by prefix", "GET", "instances?instanceIdPrefix=b", nil, ``, 200, "[" + item("b1") + "]", last},
		{"by status", "GET", "instances?runtimeStatus=Running,Pending", nil, ``, 200, "[" + liveNow + "]", last},
		{"by statuses", "GET", "instances?runtimeStatus=running&runtimeStatus=Suspended", nil, ``, 200, "[" + liveNow + "]", last},
		{"by none", "GET", "instances?runtimeStatus=&createdTimeFrom=&top=", nil, ``, 200, "[" + item("a1") + "," + item("a2") + "," + item("b1") + "," + liveNow + "]", last},
		{"by time", "GET", "instances?createdTimeFrom=2020-01-01T00:00:00%2B01:00&createdTimeTo=2020-01-02", nil, ``, 200, "[]", last},
		{"without input", "GET", "instances?instanceIdPrefix=b&showInput=false", nil, ``, 200, "[" + strings.Replace(item("b1"), `"input":"b1"`, `"input":null`, 1) + "]", last},
		{"unknown status", "GET", "instances?runtimeStatus=Nope", nil, ``, 400, wrong(`runtimeStatus: unknown status \"Nope\": use one of Pending, Running, Suspended, Completed, Failed, Terminated, ContinuedAsNew, Canceled`), nil},
		{"bad time", "GET", "instances?createdTimeTo=noon", nil, ``, 400, wrong(`createdTimeTo=\"noon\": use a time such as TIME`), nil},
		{"bad top", "GET", "instances?top=0", nil, ``, 400, wrong(`top=\"0\": use a whole number, 1 or more`), nil},
		{"a token of an older kind", "GET", "instances", map[string]string{"x-ms-continuation-token": "5"}, ``, 400, wrong(`invalid page token: \"5\" is not from this list; begin again without one`), nil},
		{"bad token", "GET", "instances", map[string]string{"x-ms-continuation-token": "!"}, ``, 400, wrong(`invalid page token: \"!\" is not from this list; begin again without one`), nil},
	})
	var pages []string
	token := ""
	for {
		answer := r.send(call{method: "GET", target: "instances?top=2", header: map[string]string{"x-ms-continuation-token": token}})
		require.Equal(t, http.StatusOK, answer.Code)
		pages = append(pages, timeless(strings.TrimSpace(answer.Body.String())))
		if token = answer.Header().Get("x-ms-continuation-token"); token == "" {
			require.Contains(t, answer.Header(), "X-Ms-Continuation-Token", "it is there, and empty")
			break
		}
		// An instance that is started meanwhile comes later; one that is purged leaves no
		// hole.
		if len(pages) == 1 {
			require.NoError(t, r.client.Purge(r.ctx, "a1"))
		}
	}
	require.Equal(t, []string{"[" + item("a1") + "," + item("a2") + "]", "[" + item("b1") + "," + liveNow + "]"}, pages)
}

// Tokens stay good while instances come, change and go, even the one that a page ended with.
func TestListWhileInstancesComeAndGo(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	var stay []string
	for i := range 20 {
		id := fmt.Sprintf("i%02d", i)
		r.start("Gate", nil, id)
		r.waits(id)
		if i%4 != 2 {
			stay = append(stay, id)
		}
	}
	seen := map[string]int{}
	token := ""
	for pages := 1; ; pages++ {
		answer := r.send(call{method: "GET", target: "instances?top=2&instanceIdPrefix=i", header: header("x-ms-continuation-token", token)})
		require.Equal(t, http.StatusOK, answer.Code)
		var page []orchestrationStatus
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &page))
		for _, i := range page {
			seen[i.InstanceID]++
		}
		if token = answer.Header().Get("x-ms-continuation-token"); token == "" {
			break
		}
		require.Less(t, pages, 30)
		if next := 2 * pages; next < 20 && next%4 == 2 {
			id := fmt.Sprintf("i%02d", next)
			require.NoError(t, r.client.Terminate(r.ctx, id, ""))
			r.ends(id)
			require.NoError(t, r.client.Purge(r.ctx, id))
			r.start("Gate", nil, fmt.Sprintf("new%02d", pages))
		}
		if pages == 2 { // one that was shown changes, and one that was not
			for _, id := range []string{"i00", "i15"} {
				_, err := r.client.RaiseWithReceipt(r.ctx, id, "Other", 1)
				require.NoError(t, err)
			}
		}
	}
	for _, id := range stay {
		require.Contains(t, seen, id)
	}
}

func TestListOfMany(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	for i := range 110 {
		r.start("Gate", nil, fmt.Sprintf("i%03d", i))
		r.waits(fmt.Sprintf("i%03d", i))
	}
	for query, want := range map[string]int{"": 100, "?top=105": 105, "?top=5000": 110} {
		var page []orchestrationStatus
		require.NoError(t, json.Unmarshal(r.send(call{method: "GET", target: "instances" + query}).Body.Bytes(), &page))
		require.Len(t, page, want, query)
	}
}

// A token of another query or another hub is refused, and never answered by an empty page.
func TestListRefusesTokensOfOtherLists(t *testing.T) {
	t.Parallel()
	r, other := newFixture(t), newFixture(t)
	for _, id := range []string{"a", "b", "c"} {
		r.start("Gate", nil, id)
		r.waits(id)
	}
	next := func(query string) string {
		return r.send(call{method: "GET", target: "instances?top=1" + query}).Header().Get("x-ms-continuation-token")
	}
	token := next("&runtimeStatus=Running")
	for query, status := range map[string]int{"?runtimeStatus=running&top=2&showInput=false": 200, "": 400, "?runtimeStatus=Running&instanceIdPrefix=b": 400, "?runtimeStatus=Running,Failed": 400} {
		answer := r.send(call{method: "GET", target: "instances" + query, header: header("x-ms-continuation-token", token)})
		require.Equal(t, status, answer.Code, query)
	}
	answer := other.send(call{method: "GET", target: "instances?runtimeStatus=Running", header: header("x-ms-continuation-token", token)})
	require.Equal(t, http.StatusBadRequest, answer.Code)
	require.Contains(t, answer.Body.String(), "invalid page token")
}
