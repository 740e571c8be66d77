package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"token-clients/check"
)

// informer is everything that keeps a copy of the server's objects.
func informer(s *session) {
	s.Run("informers of every kind", s.informersOfAll)
	s.Run("an informer's handlers", s.handlers)
	s.Run("an informer of a label", s.filteredInformer)
	s.Run("an informer whose watch ends goes on", s.endingInformer)
	s.OnEmulator("an informer whose version is too old", "how much a real server remembers is its own choice", s.oldInformer)
	s.Run("a dynamic informer", s.dynamicInformer)
	s.Run("a metadata informer", s.metadataInformer)
}

func limited() (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, 20*time.Second) }

func (s *session) informersOfAll(t *check.T) {
	limited, cancel := limited()
	defer cancel()
	factory := informers.NewSharedInformerFactory(s.client, 0)
	core, rbac := factory.Core().V1(), factory.Rbac().V1()
	all := []cache.SharedIndexInformer{
		core.Namespaces().Informer(), core.ServiceAccounts().Informer(), core.Secrets().Informer(), core.ConfigMaps().Informer(),
		core.Pods().Informer(), core.Nodes().Informer(), rbac.Roles().Informer(), rbac.RoleBindings().Informer(),
		rbac.ClusterRoles().Informer(), rbac.ClusterRoleBindings().Informer(),
	}
	factory.Start(limited.Done())
	for kind, synced := range factory.WaitForCacheSync(limited.Done()) {
		t.True("synced: "+kind.String(), synced)
	}
	t.Equal("informers", len(all), 10)
	account, err := core.ServiceAccounts().Lister().ServiceAccounts(s.namespace).Get("builder")
	t.Must(err)
	t.Equal("account", account.Name, "builder")
	_, err = rbac.ClusterRoles().Lister().Get("cluster-admin")
	t.Must(err)
}

func (s *session) handlers(t *check.T) {
	limited, cancel := limited()
	defer cancel()
	factory := informers.NewSharedInformerFactoryWithOptions(s.client, 0, informers.WithNamespace(s.namespace))
	var added, updated, deleted atomic.Int32
	maps := factory.Core().V1().ConfigMaps()
	registration, err := maps.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { added.Add(1) },
		UpdateFunc: func(_, _ any) { updated.Add(1) },
		DeleteFunc: func(any) { deleted.Add(1) },
	})
	t.Must(err)
	factory.Start(limited.Done())
	cache.WaitForCacheSync(limited.Done(), registration.HasSynced)
	before := added.Load()
	made := s.newMap(t, "handled")
	t.Soon("it is added", func() bool { return added.Load() == before+1 })
	made.Data["a"] = "2"
	_, err = s.maps().Update(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	t.Soon("it is updated", func() bool { return updated.Load() == 1 })
	t.Must(s.maps().Delete(ctx, "handled", metav1.DeleteOptions{}))
	t.Soon("it is deleted", func() bool { return deleted.Load() == 1 })
	list, err := maps.Lister().List(labels.Everything())
	t.Must(err)
	t.Equal("what is left", len(list), int(before))
}

func (s *session) filteredInformer(t *check.T) {
	limited, cancel := limited()
	defer cancel()
	tweak := informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = "filter=in" })
	factory := informers.NewSharedInformerFactoryWithOptions(s.client, 0, informers.WithNamespace(s.namespace), tweak)
	maps := factory.Core().V1().ConfigMaps()
	maps.Informer()
	factory.Start(limited.Done())
	factory.WaitForCacheSync(limited.Done())
	s.newMap(t, "out")
	_, err := s.maps().Create(ctx, configMap("in", map[string]string{"filter": "in"}), metav1.CreateOptions{})
	t.Must(err)
	t.Soon("it is seen", func() bool { _, err := maps.Lister().ConfigMaps(s.namespace).Get("in"); return err == nil })
	_, err = maps.Lister().ConfigMaps(s.namespace).Get("out")
	t.True("the other is not", err != nil)
}

// endingInformer is a reflector whose watches the server ends every second.
func (s *session) endingInformer(t *check.T) {
	limited, cancel := limited()
	defer cancel()
	second := int64(1)
	tweak := func(options *metav1.ListOptions) { options.TimeoutSeconds = &second }
	maps := cache.NewFilteredListWatchFromClient(s.client.CoreV1().RESTClient(), "configmaps", s.namespace, tweak)
	store, controller := cache.NewInformer(maps, &corev1.ConfigMap{}, 0, cache.ResourceEventHandlerFuncs{})
	go controller.Run(limited.Done())
	t.Soon("it is synced", controller.HasSynced)
	time.Sleep(2500 * time.Millisecond)
	s.newMap(t, "after-the-end")
	t.Soon("it is seen", func() bool { _, found, _ := store.GetByKey(s.namespace + "/after-the-end"); return found })
}

// oldInformer is a reflector that is told 410, and lists again.
func (s *session) oldInformer(t *check.T) {
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	aged := make(chan struct{})
	maps := &cache.ListWatch{
		ListFunc: func(options metav1.ListOptions) (runtime.Object, error) { return s.maps().List(limited, options) },
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
			if options.SendInitialEvents == nil {
				<-aged
			}
			return s.maps().Watch(limited, options)
		},
	}
	store, controller := cache.NewInformer(maps, &corev1.ConfigMap{}, 0, cache.ResourceEventHandlerFuncs{})
	go controller.Run(limited.Done())
	t.Soon("it is synced", controller.HasSynced)
	version := s.version(t)
	s.age(t, version)
	s.newMap(t, "after-the-age")
	close(aged)
	t.Soon("it is seen", func() bool { _, found, _ := store.GetByKey(s.namespace + "/after-the-age"); return found })
}

// age changes an object until a watch from that version is told that it is too old.
func (s *session) age(t *check.T, version string) {
	s.newMap(t, "aging")
	for turn := 0; turn < 6000; turn++ {
		patch := fmt.Sprintf(`{"data":{"a":"%d"}}`, turn)
		_, err := s.maps().Patch(ctx, "aging", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		t.Must(err)
	}
	stream, err := s.maps().Watch(ctx, metav1.ListOptions{ResourceVersion: version})
	if err == nil {
		defer stream.Stop()
		event := next(t, stream)
		t.Equal("event", event.Type, watch.Error)
		err = apierrors.FromObject(event.Object)
	}
	t.Error(err, apierrors.IsResourceExpired, "too old resource version: "+version)
}

var serviceAccounts = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}

func (s *session) dynamicInformer(t *check.T) {
	limited, cancel := limited()
	defer cancel()
	factory := dynamicinformer.NewDynamicSharedInformerFactory(dynamic.NewForConfigOrDie(s.config), 0)
	accounts := factory.ForResource(serviceAccounts)
	accounts.Informer()
	factory.Start(limited.Done())
	factory.WaitForCacheSync(limited.Done())
	_, err := accounts.Lister().ByNamespace(s.namespace).Get("builder")
	t.Must(err)
}

func (s *session) metadataInformer(t *check.T) {
	limited, cancel := limited()
	defer cancel()
	factory := metadatainformer.NewSharedInformerFactory(metadata.NewForConfigOrDie(s.config), 0)
	accounts := factory.ForResource(serviceAccounts)
	accounts.Informer()
	factory.Start(limited.Done())
	factory.WaitForCacheSync(limited.Done())
	_, err := accounts.Lister().ByNamespace(s.namespace).Get("builder")
	t.Must(err)
	s.account(t, "announced")
	t.Soon("it is seen", func() bool { _, err := accounts.Lister().ByNamespace(s.namespace).Get("announced"); return err == nil })
}
