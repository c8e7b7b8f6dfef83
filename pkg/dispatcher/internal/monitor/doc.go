// Package monitor knows how a worker is: whether the hub stores its writes ([Health]), since
// when nothing has been due ([Idle]), and whether the hub is there at all
// ([Monitor.Guard]). It also logs what fails and is tried again, once for each reason.
package monitor
