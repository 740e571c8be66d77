package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	pb "cloud.google.com/go/gkemulticloud/apiv1/gkemulticloudpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

var checks = []struct {
	name string
	run  func(*session) error
}{
	{"server config", serverConfig},
	{"install manifest", installManifest},
	{"validate only", validateOnly},
	{"create, waited for", create},
	{"get, with defaults", getWithDefaults},
	{"create once more", createAgain},
	{"list, page by page", listPages},
	{"update by mask", update},
	{"update without a mask", updateWithoutMask},
	{"agent token", agentToken},
	{"agent token without a subject token", withoutSubjectToken},
	{"agent token for a bad signature", badSignature},
	{"agent token of a missing cluster", agentTokenOfMissing},
	{"missing cluster", missing},
	{"operations list", operationsList},
	{"operation cancelled", operationCancelled},
	{"without credentials", withoutCredentials},
	{"without the scope", withoutTheScope},
	{"a deadline that passes", deadline},
	{"tried again by the library", triedAgain},
	{"not tried again by the library", notTriedAgain},
	{"over quota", overQuota},
	{"without the permission", withoutPermission},
	{"an operation that fails", operationFails},
	{"delete with an old etag", deleteStale},
	{"delete, waited for", deleteWaited},
	{"delete what is missing", deleteMissing},
	{"import", importCluster},
}

// wants is an error unless both print alike.
func wants(actual, expected any) error {
	if a, e := fmt.Sprint(actual), fmt.Sprint(expected); a != e {
		return fmt.Errorf("wanted %s, got %s", e, a)
	}
	return nil
}

// fails wants that code, and gives the error with its details.
func fails(err error, code codes.Code) (*apierror.APIError, error) {
	var failure *apierror.APIError
	if !errors.As(err, &failure) {
		return nil, fmt.Errorf("wanted %s, got %v", code, err)
	}
	return failure, wants(failure.GRPCStatus().Code(), code)
}

// violates wants a bad request that names that field.
func violates(err error, field string) error {
	failure, wrong := fails(err, codes.InvalidArgument)
	if wrong != nil {
		return wrong
	}
	bad := failure.Details().BadRequest
	if bad == nil {
		return fmt.Errorf("no BadRequest: %v", err)
	}
	return wants(bad.FieldViolations[0].Field, field)
}

func serverConfig(s *session) error {
	config, err := s.api.GetAttachedServerConfig(s, &pb.GetAttachedServerConfigRequest{Name: parent + "/attachedServerConfig"})
	if err != nil {
		return err
	}
	for _, version := range config.ValidVersions {
		if !strings.Contains(version.Version, "-gke.") {
			return fmt.Errorf("%v", version)
		}
	}
	return wants(len(config.ValidVersions) > 0, true)
}

func installManifest(s *session) error {
	answer, err := s.api.GenerateAttachedClusterInstallManifest(s, &pb.GenerateAttachedClusterInstallManifestRequest{
		Parent: parent, AttachedClusterId: "new", PlatformVersion: "1.33.0-gke.1",
	})
	if err != nil {
		return err
	}
	return wants(strings.Contains(answer.Manifest, "kind: Namespace"), true)
}

func validateOnly(s *session) error {
	if _, err := s.create("unmade", true); err != nil {
		return err
	}
	_, err := get(s, s.api, parent+"/attachedClusters/unmade")
	_, wrong := fails(err, codes.NotFound)
	return wrong
}

func create(s *session) error {
	operation, err := s.create(s.id, false)
	if err != nil {
		return err
	}
	metadata, err := operation.Metadata()
	if err != nil {
		return err
	}
	cluster, err := operation.Wait(s)
	if err != nil {
		return err
	}
	return errors.Join(
		wants(metadata.Verb, "create"), wants(metadata.Target, s.name),
		wants(cluster.Name, s.name), wants(cluster.State, pb.AttachedCluster_RUNNING), wants(operation.Done(), true),
	)
}

func getWithDefaults(s *session) error {
	cluster, err := get(s, s.api, s.name)
	if err != nil {
		return err
	}
	return errors.Join(
		wants(cluster.BinaryAuthorization.GetEvaluationMode(), pb.BinaryAuthorization_DISABLED),
		wants(cluster.MonitoringConfig.GetManagedPrometheusConfig() != nil, true),
		wants(strings.HasSuffix(cluster.Fleet.Membership, "/memberships/"+s.id), true),
		wants(cluster.Uid != "" && cluster.Etag != "" && cluster.CreateTime.IsValid(), true),
	)
}

func createAgain(s *session) error {
	_, err := s.create(s.id, false)
	_, wrong := fails(err, codes.AlreadyExists)
	return wrong
}

func listPages(s *session) error {
	operation, err := s.create(s.id+"-2", false)
	if err != nil {
		return err
	}
	if _, err := operation.Wait(s); err != nil {
		return err
	}
	clusters := s.api.ListAttachedClusters(s, &pb.ListAttachedClustersRequest{Parent: parent, PageSize: 1})
	found := 0
	for {
		cluster, err := clusters.Next()
		if err == iterator.Done {
			return wants(found, 2)
		} else if err != nil {
			return err
		} else if strings.HasPrefix(cluster.Name, s.name) {
			found++
		}
	}
}

func update(s *session) error {
	operation, err := s.api.UpdateAttachedCluster(s, &pb.UpdateAttachedClusterRequest{
		AttachedCluster: &pb.AttachedCluster{Name: s.name, Description: "mended"},
		UpdateMask:      &fieldmaskpb.FieldMask{Paths: []string{"description"}},
	})
	if err != nil {
		return err
	}
	cluster, err := operation.Wait(s)
	if err != nil {
		return err
	}
	return errors.Join(wants(cluster.Description, "mended"), wants(cluster.PlatformVersion, "1.33.0-gke.1"))
}

func updateWithoutMask(s *session) error {
	_, err := s.api.UpdateAttachedCluster(s, &pb.UpdateAttachedClusterRequest{
		AttachedCluster: &pb.AttachedCluster{Name: s.name},
	})
	return violates(err, "update_mask")
}

func agentToken(s *session) error {
	answer, err := s.exchange(nil)
	if err != nil {
		return err
	}
	agent, err := s.open(answer.AccessToken)
	if err != nil {
		return err
	}
	defer agent.Close()
	_, err = get(s, agent, s.name)
	return errors.Join(
		err, wants(answer.TokenType, "Bearer"), wants(answer.ExpiresIn > 0 && answer.ExpiresIn <= 3600, true),
	)
}

func withoutSubjectToken(s *session) error {
	_, err := s.exchange(func(request *pb.GenerateAttachedClusterAgentTokenRequest) { request.SubjectToken = "" })
	return violates(err, "subject_token")
}

func badSignature(s *session) error {
	var token string
	_, err := s.exchange(func(request *pb.GenerateAttachedClusterAgentTokenRequest) {
		token = tampered(request.SubjectToken)
		request.SubjectToken = token
	})
	if _, wrong := fails(err, status.Code(err)); wrong != nil {
		return wrong
	}
	return wants(strings.Contains(err.Error(), token), false)
}

func agentTokenOfMissing(s *session) error {
	_, err := s.exchange(func(request *pb.GenerateAttachedClusterAgentTokenRequest) {
		request.AttachedCluster = parent + "/attachedClusters/missing"
	})
	_, wrong := fails(err, codes.NotFound)
	return wrong
}

func missing(s *session) error {
	_, err := get(s, s.api, parent+"/attachedClusters/missing")
	failure, wrong := fails(err, codes.NotFound)
	if wrong != nil {
		return wrong
	}
	return wants(failure.GRPCStatus().Message(), "cluster not found")
}

func operationsList(s *session) error {
	operation, err := s.api.ListOperations(s, &longrunningpb.ListOperationsRequest{Name: parent}).Next()
	if err != nil {
		return err
	}
	read, err := s.api.GetOperation(s, &longrunningpb.GetOperationRequest{Name: operation.Name})
	if err != nil {
		return err
	}
	return wants(read.Metadata.TypeUrl, "type.googleapis.com/google.cloud.gkemulticloud.v1.OperationMetadata")
}

func operationCancelled(s *session) error {
	if err := clock(`{"freeze":true}`); err != nil {
		return err
	}
	defer clock(`{"reset":true}`)
	operation, err := s.create(s.id+"-never", false)
	if err != nil {
		return err
	}
	name := operation.Name()
	if err := s.api.CancelOperation(s, &longrunningpb.CancelOperationRequest{Name: name}); err != nil {
		return err
	}
	_, err = s.api.CreateAttachedClusterOperation(name).Wait(s)
	if err := wants(status.Code(err), codes.Canceled); err != nil {
		return err
	}
	return s.api.DeleteOperation(s, &longrunningpb.DeleteOperationRequest{Name: name})
}

func withoutCredentials(s *session) error {
	return refused(s, "", codes.Unauthenticated, "CREDENTIALS_MISSING")
}

func withoutTheScope(s *session) error {
	return refused(s, withoutScope, codes.PermissionDenied, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
}

func refused(s *session, token string, code codes.Code, reason string) error {
	api, err := s.open(token)
	if err != nil {
		return err
	}
	defer api.Close()
	_, err = get(s, api, s.name)
	failure, wrong := fails(err, code)
	if wrong != nil {
		return wrong
	}
	return errors.Join(
		wants(failure.Reason(), reason), wants(failure.Domain(), "googleapis.com"),
		wants(failure.Metadata()["service"], "gkemulticloud.googleapis.com"),
	)
}

// deadline waits, for a while, for what cannot end.
func deadline(s *session) error {
	if err := clock(`{"freeze":true}`); err != nil {
		return err
	}
	defer clock(`{"reset":true}`)
	operation, err := s.create(s.id+"-late", false)
	if err != nil {
		return err
	}
	soon, cancel := context.WithTimeout(s, 50*time.Millisecond)
	defer cancel()
	_, err = operation.Wait(soon)
	return wants(errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded, true)
}

func deleteStale(s *session) error {
	_, err := s.api.DeleteAttachedCluster(s, &pb.DeleteAttachedClusterRequest{Name: s.name, Etag: "b2xk"})
	_, wrong := fails(err, codes.Aborted)
	return wrong
}

func deleteWaited(s *session) error {
	for _, name := range []string{s.name, s.name + "-2"} {
		cluster, err := get(s, s.api, name)
		if err != nil {
			return err
		}
		operation, err := s.api.DeleteAttachedCluster(s, &pb.DeleteAttachedClusterRequest{Name: name, Etag: cluster.Etag})
		if err != nil {
			return err
		}
		if err := operation.Wait(s); err != nil {
			return err
		}
		_, err = get(s, s.api, name)
		if _, wrong := fails(err, codes.NotFound); wrong != nil {
			return wrong
		}
	}
	return nil
}

func deleteMissing(s *session) error {
	operation, err := s.api.DeleteAttachedCluster(s, &pb.DeleteAttachedClusterRequest{Name: s.name, AllowMissing: true})
	if err != nil {
		return err
	}
	return wants(operation.Done(), true)
}

func importCluster(s *session) error {
	membership := "projects/1234/locations/global/memberships/" + s.id + "-imported"
	operation, err := s.api.ImportAttachedCluster(s, &pb.ImportAttachedClusterRequest{
		Parent: parent, FleetMembership: membership, PlatformVersion: "1.33.0-gke.1", Distribution: "aks",
	})
	if err != nil {
		return err
	}
	cluster, err := operation.Wait(s)
	if err != nil {
		return err
	}
	return wants(cluster.Fleet.Membership, membership)
}
