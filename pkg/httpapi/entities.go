package httpapi

import "net/http"

// noEntities answers for the entities of Durable Functions, which Dormouse has not: entities,
// entities/{name} and entities/{name}/{key}.
func noEntities(*exchange) error {
	return problemf(http.StatusNotImplemented, "there are no entities here: Dormouse has orchestrations, activities and events only")
}
