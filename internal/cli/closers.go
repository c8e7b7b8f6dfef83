package cli

// Closers are what must be done at the end, to undo what was opened. The zero value is
// empty.
type Closers struct{ all []func() }

// OnClose adds one.
func (c *Closers) OnClose(do func()) { c.all = append(c.all, do) }

// Close does all, last first. Done again it does nothing.
func (c *Closers) Close() {
	for i := len(c.all) - 1; i >= 0; i-- {
		c.all[i]()
	}
	c.all = nil
}
