package cli

// Closers are the functions that undo at the end what was opened. The zero value is empty.
type Closers struct{ all []func() }

// OnClose adds a function.
func (c *Closers) OnClose(do func()) { c.all = append(c.all, do) }

// Close calls the functions, last first. Called again it does nothing.
func (c *Closers) Close() {
	for i := len(c.all) - 1; i >= 0; i-- {
		c.all[i]()
	}
	c.all = nil
}
