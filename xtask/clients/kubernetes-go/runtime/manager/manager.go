package main

import (
	"context"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"token-clients/check"
)

// reconciler keeps a token for every service account that is marked in a Secret beside it.
type reconciler struct{ client client.Client }

func (r reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var account corev1.ServiceAccount
	if err := r.client.Get(ctx, request.NamespacedName, &account); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if account.Labels["token"] != "wanted" {
		return ctrl.Result{}, nil
	}
	var token authenticationv1.TokenRequest
	if err := r.client.SubResource("token").Create(ctx, &account, &token); err != nil {
		return ctrl.Result{}, err
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: account.Name + "-token", Namespace: account.Namespace}}
	_, err := controllerutil.CreateOrUpdate(ctx, r.client, secret, func() error {
		if len(secret.Data["token"]) == 0 {
			secret.Data = map[string][]byte{"token": []byte(token.Status.Token)}
		}
		return controllerutil.SetControllerReference(&account, secret, r.client.Scheme())
	})
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return ctrl.Result{RequeueAfter: time.Second}, nil
	}
	return ctrl.Result{}, err
}

func (s *session) manager(t *check.T) {
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	manager, err := ctrl.NewManager(s.config, ctrl.Options{
		Scheme: scheme.Scheme, Metrics: server.Options{BindAddress: "0"},
		Cache: cache.Options{DefaultNamespaces: map[string]cache.Config{s.namespace: {}}},
	})
	t.Must(err)
	t.Must(ctrl.NewControllerManagedBy(manager).For(&corev1.ServiceAccount{}).Owns(&corev1.Secret{}).Complete(reconciler{manager.GetClient()}))
	go func() { _ = manager.Start(limited) }()
	account := s.account("reconciled")
	account.Labels = map[string]string{"token": "wanted"}
	t.Must(s.client.Create(ctx, account))
	var secret corev1.Secret
	there := func() bool { return s.client.Get(ctx, s.key("reconciled-token"), &secret) == nil }
	t.Soon("there is a token", there)
	t.True("it is one", len(check.Audiences(string(secret.Data["token"]))) > 0)
	t.Must(s.client.Delete(ctx, &secret))
	t.Soon("there is another", there)
}

func (s *session) index(t *check.T) {
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	kept, err := cache.New(s.config, cache.Options{Scheme: scheme.Scheme})
	t.Must(err)
	byData := func(object client.Object) []string { return []string{object.(*corev1.ConfigMap).Data["a"]} }
	t.Must(kept.IndexField(limited, &corev1.ConfigMap{}, "data.a", byData))
	go func() { _ = kept.Start(limited) }()
	t.True("it is synced", kept.WaitForCacheSync(limited))
	made := s.newMap(t, "indexed", nil)
	made.Data["a"] = "rare"
	t.Must(s.client.Update(ctx, made))
	var list corev1.ConfigMapList
	t.Soon("it is found", func() bool {
		err := kept.List(limited, &list, client.InNamespace(s.namespace), client.MatchingFields{"data.a": "rare"})
		return err == nil && len(list.Items) == 1
	})
}
