// Package retry says how something that failed is tried again: [Pauses] are the pauses
// between the tries, and [Keep] is the loop that keeps something running.
package retry
