package orchestration

// ActivityOption changes how an activity is called.
type ActivityOption interface{ toActivity(*activityOptions) }

// SubOrchestrationOption changes how a sub-orchestration is called.
type SubOrchestrationOption interface{ toChild(*childOptions) }

// CallOption changes how an activity or a sub-orchestration is called.
type CallOption interface {
	ActivityOption
	SubOrchestrationOption
}

// WithRetry makes a failed activity or sub-orchestration run again, as the policy says.
func WithRetry(policy RetryPolicy) CallOption { return retryOption(policy) }

type retryOption RetryPolicy

func (o retryOption) policy() *RetryPolicy { return (*RetryPolicy)(&o) }

func (o retryOption) toActivity(to *activityOptions) { to.retry = o.policy() }
func (o retryOption) toChild(to *childOptions)       { to.retry = o.policy() }

// activityOption and childOption are options of the one or the other alone.
type (
	activityOption func(*activityOptions)
	childOption    func(*childOptions)
)

func (o activityOption) toActivity(to *activityOptions) { o(to) }
func (o childOption) toChild(to *childOptions)          { o(to) }
