// Package retry says how something that failed is tried again: [Pauses] are the pauses
// between the tries, and a [Loop] keeps something running.
package retry
