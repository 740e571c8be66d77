package main

import (
	"context"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	"token-clients/check"
)

// leader is what controllers do beside their work: elect one of them, and tell of events.
func leader(s *session) {
	s.Run("a lease: one leads, then the other", s.election)
	s.Run("an event is recorded", s.event)
}

// candidate runs for the lease until it is told to stop.
func (s *session) candidate(t *check.T, name string, leads *atomic.Bool) context.CancelFunc {
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, s.namespace, "lead", s.client.CoreV1(), s.client.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: name})
	t.Must(err)
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond, ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { leads.Store(true) },
			OnStoppedLeading: func() { leads.Store(false) },
		},
	})
	t.Must(err)
	until, cancel := context.WithCancel(ctx)
	go elector.Run(until)
	return cancel
}

func (s *session) election(t *check.T) {
	_, err := s.client.CoordinationV1().Leases(s.namespace).Get(ctx, "lead", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, `leases.coordination.k8s.io "lead" not found`)
	var first, second atomic.Bool
	stop := s.candidate(t, "first", &first)
	t.Soon("the first leads", first.Load)
	defer s.candidate(t, "second", &second)()
	time.Sleep(time.Second)
	t.True("the second waits", !second.Load())
	stop()
	t.Soon("the second leads", second.Load)
	lease, err := s.client.CoordinationV1().Leases(s.namespace).Get(ctx, "lead", metav1.GetOptions{})
	t.Must(err)
	t.Equal("holder", *lease.Spec.HolderIdentity, "second")
}

func (s *session) event(t *check.T) {
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: s.client.CoreV1().Events("")})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "checks"})
	about := s.newMap(t, "eventful")
	about.APIVersion, about.Kind = "v1", "ConfigMap"
	recorder.Event(about, corev1.EventTypeNormal, "Checked", "all is well")
	t.Soon("it is there", func() bool {
		list, err := s.client.CoreV1().Events(s.namespace).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=eventful"})
		return err == nil && len(list.Items) == 1 && list.Items[0].Reason == "Checked"
	})
}
