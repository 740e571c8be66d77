package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"
	"k8s.io/utils/ptr"
	"token-clients/check"
)

// watches is the stream itself; informers have a file of their own.
func watches(s *session) {
	s.Run("a watch tells what is added, modified, deleted", s.watchEvents)
	s.Run("a watch from a version", s.watchFromVersion)
	s.Run("a watch without a version begins with what is there", s.watchFromNowhere)
	s.Run("a watch by labels", s.watchByLabels)
	s.Run("a watch by name", s.watchByName)
	s.Run("a watch ends when told", s.watchEnds)
	s.Run("a watch as a list, with a bookmark", s.watchList)
	s.Run("a watch with options that are wrong", s.watchBadOptions)
	s.Run("a watch that is tried again", s.retryWatch)
	s.Run("waiting until", s.until)
}

// next is the next event, within some seconds.
func next(t *check.T, stream watch.Interface) watch.Event {
	select {
	case event, open := <-stream.ResultChan():
		if !open {
			t.Fail("the watch ended")
		}
		return event
	case <-time.After(10 * time.Second):
		t.Fail("no event came")
		return watch.Event{}
	}
}

// wants an event of that type about that object.
func wants(t *check.T, stream watch.Interface, kind watch.EventType, name string) {
	event := next(t, stream)
	got, ok := event.Object.(metav1.Object)
	if !ok {
		t.Fail("%s with %T, wanted %s of %s", event.Type, event.Object, kind, name)
		return
	}
	t.Equal("event", string(event.Type)+" "+got.GetName(), string(kind)+" "+name)
}

func (s *session) version(t *check.T) string {
	list, err := s.maps().List(ctx, metav1.ListOptions{})
	t.Must(err)
	return list.ResourceVersion
}

func (s *session) watch(t *check.T, options metav1.ListOptions) watch.Interface {
	stream, err := s.maps().Watch(ctx, options)
	t.Must(err)
	return stream
}

func (s *session) watchEvents(t *check.T) {
	stream := s.watch(t, metav1.ListOptions{ResourceVersion: s.version(t)})
	defer stream.Stop()
	made := s.newMap(t, "watched")
	wants(t, stream, watch.Added, "watched")
	made.Data["a"] = "2"
	_, err := s.maps().Update(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	wants(t, stream, watch.Modified, "watched")
	t.Must(s.maps().Delete(ctx, "watched", metav1.DeleteOptions{}))
	wants(t, stream, watch.Deleted, "watched")
}

func (s *session) watchFromVersion(t *check.T) {
	made := s.newMap(t, "earlier")
	s.newMap(t, "later")
	stream := s.watch(t, metav1.ListOptions{ResourceVersion: made.ResourceVersion})
	defer stream.Stop()
	wants(t, stream, watch.Added, "later")
}

func (s *session) watchFromNowhere(t *check.T) {
	for _, version := range []string{"", "0"} {
		stream := s.watch(t, metav1.ListOptions{ResourceVersion: version, FieldSelector: "metadata.name=earlier"})
		wants(t, stream, watch.Added, "earlier")
		stream.Stop()
	}
}

func (s *session) watchByLabels(t *check.T) {
	stream := s.watch(t, metav1.ListOptions{ResourceVersion: s.version(t), LabelSelector: "seen=yes"})
	defer stream.Stop()
	made := s.newMap(t, "labelled")
	made.Labels = map[string]string{"seen": "yes"}
	made, err := s.maps().Update(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	wants(t, stream, watch.Added, "labelled")
	made.Labels = nil
	_, err = s.maps().Update(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	wants(t, stream, watch.Deleted, "labelled")
}

func (s *session) watchByName(t *check.T) {
	stream := s.watch(t, metav1.SingleObject(metav1.ObjectMeta{Name: "single", ResourceVersion: s.version(t)}))
	defer stream.Stop()
	s.newMap(t, "double")
	s.newMap(t, "single")
	wants(t, stream, watch.Added, "single")
}

func (s *session) watchEnds(t *check.T) {
	stream := s.watch(t, metav1.ListOptions{ResourceVersion: s.version(t), TimeoutSeconds: ptr.To[int64](1)})
	defer stream.Stop()
	select {
	case event, open := <-stream.ResultChan():
		t.True("it is closed, without an event: "+string(event.Type), !open)
	case <-time.After(10 * time.Second):
		t.Fail("it did not end")
	}
}

func (s *session) watchList(t *check.T) {
	stream := s.watch(t, metav1.ListOptions{
		SendInitialEvents: ptr.To(true), AllowWatchBookmarks: true, FieldSelector: "metadata.name=earlier",
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	defer stream.Stop()
	wants(t, stream, watch.Added, "earlier")
	event := next(t, stream)
	t.Equal("then", event.Type, watch.Bookmark)
	if got, ok := event.Object.(*corev1.ConfigMap); ok {
		t.Equal("annotation", got.Annotations["k8s.io/initial-events-end"], "true")
		t.True("it has a version", got.ResourceVersion != "")
	} else {
		t.Fail("a bookmark with %T", event.Object)
	}
}

// watchBadOptions does not look at the text: the older clients do not read it.
func (s *session) watchBadOptions(t *check.T) {
	exact := metav1.ResourceVersionMatchExact
	for _, options := range []metav1.ListOptions{
		{ResourceVersion: "x"}, {SendInitialEvents: ptr.To(true)}, {ResourceVersionMatch: exact, ResourceVersion: "1"},
	} {
		_, err := s.maps().Watch(ctx, options)
		t.True("it is refused", err != nil)
	}
}

func (s *session) retryWatch(t *check.T) {
	watcher := &cache.ListWatch{WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
		options.TimeoutSeconds = ptr.To[int64](1)
		return s.maps().Watch(ctx, options)
	}}
	stream, err := toolswatch.NewRetryWatcher(s.version(t), watcher)
	t.Must(err)
	defer stream.Stop()
	s.newMap(t, "retried-1")
	wants(t, stream, watch.Added, "retried-1")
	time.Sleep(1500 * time.Millisecond)
	s.newMap(t, "retried-2")
	wants(t, stream, watch.Added, "retried-2")
}

func (s *session) until(t *check.T) {
	limited, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	lister := &cache.ListWatch{
		ListFunc:  func(options metav1.ListOptions) (runtime.Object, error) { return s.maps().List(limited, options) },
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) { return s.maps().Watch(limited, options) },
	}
	go s.newMap(&check.T{}, "awaited")
	_, err := toolswatch.UntilWithSync(limited, lister, &corev1.ConfigMap{}, nil, func(event watch.Event) (bool, error) {
		return event.Object.(*corev1.ConfigMap).Name == "awaited", nil
	})
	t.Must(err)
}
