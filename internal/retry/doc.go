// Package retry says how something that failed is tried again: [Pauses] are the pauses
// between the tries, a [Loop] keeps something running, and [Complaints] say once what many
// tries fail for.
package retry
