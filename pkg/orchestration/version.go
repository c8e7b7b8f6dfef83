package orchestration

// Version returns which version of a change the instance is to run, so that the code
// under running instances can be changed safely:
//
//	if orchestration.Version(ctx, "check-stock-first", 1, 2) == 1 {
//		… // the old code
//	} else {
//		… // the new code
//	}
//
// An instance that comes by the call for the first time gets version max, and keeps
// it. One that has passed the place already, with code that had no such call yet,
// gets min. When no instance of the old version is left, min can be raised and the
// old branch removed; when none is left that has seen the call, the call as well. In
// one execution, all calls for one change return the same.
//
// An instance whose version is below min or above max is blocked, visibly, until the
// code supports it. ChangeID has the rules of a name.
func Version(ctx *Context, changeID string, min, max int) int {
	return ctx.env.ChangeVersion(changeID, min, max)
}
