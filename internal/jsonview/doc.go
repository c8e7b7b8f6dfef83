// Package jsonview has the forms in which the HTTP API and the commands write instances,
// their children and their histories as JSON. Field names are those of Durable Functions
// where it has the field. What is written here is a promise to programs in other languages:
// fields are added, and never renamed.
package jsonview
