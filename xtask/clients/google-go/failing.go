package main

import (
	"encoding/json"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
)

// order lets the next requests for a method fail.
func order(fault string) error {
	_, err := ask("/_emulator/v1/faults", fault)
	return err
}

// asked is how often clusters were got, as the emulator's journal has it.
func asked() (count int, err error) {
	answer, err := ask("/_emulator/v1/journal", "")
	if err != nil {
		return 0, err
	}
	var read struct{ Entries []struct{ Path string } }
	err = json.Unmarshal(answer, &read)
	for _, entry := range read.Entries {
		if strings.HasSuffix(entry.Path, "/GetAttachedCluster") {
			count++
		}
	}
	return count, err
}

// counted wants the session's cluster to be asked for so many times, and gives the error of the call.
func counted(s *session, fault string, times int) (failure, wrong error) {
	before, err := asked()
	if err := errors.Join(err, order(fault)); err != nil {
		return nil, err
	}
	_, failure = get(s, s.api, s.name)
	after, err := asked()
	return failure, errors.Join(err, wants(after-before, times))
}

func triedAgain(s *session) error {
	return errors.Join(counted(s, `{"code":"UNAVAILABLE","method":"GetAttachedCluster","times":2}`, 3))
}

func notTriedAgain(s *session) error {
	failure, err := counted(s, `{"code":"INTERNAL","method":"GetAttachedCluster"}`, 1)
	_, wrong := fails(failure, codes.Internal)
	return errors.Join(err, wrong)
}

func overQuota(s *session) error {
	fault := `{"code":"RESOURCE_EXHAUSTED","reason":"RATE_LIMIT_EXCEEDED","method":"AgentToken"}`
	if err := order(fault); err != nil {
		return err
	}
	_, err := s.exchange(nil)
	failure, wrong := fails(err, codes.ResourceExhausted)
	if wrong != nil {
		return wrong
	}
	return errors.Join(
		wants(failure.Reason(), "RATE_LIMIT_EXCEEDED"), wants(failure.Domain(), "googleapis.com"),
		wants(failure.Metadata()["quota_limit"], "RequestsPerMinutePerProject"),
		wants(len(failure.Details().Help.Links), 1),
	)
}

func withoutPermission(s *session) error {
	fault := `{"code":"PERMISSION_DENIED","reason":"IAM_PERMISSION_DENIED","method":"GetAttachedCluster"}`
	if err := order(fault); err != nil {
		return err
	}
	_, err := get(s, s.api, s.name)
	failure, wrong := fails(err, codes.PermissionDenied)
	if wrong != nil {
		return wrong
	}
	return errors.Join(
		wants(failure.Reason(), "IAM_PERMISSION_DENIED"), wants(failure.Domain(), "iam.googleapis.com"),
		wants(failure.Metadata()["permission"], "gkemulticloud.attachedClusters.get"),
		wants(failure.Metadata()["resource"], s.name),
	)
}

func operationFails(s *session) error {
	id := s.id + "-broken"
	fail := `{"fail":{"code":"FAILED_PRECONDITION","message":"no quota is left","target":"` + id + `"}}`
	if _, err := ask("/_emulator/v1/operations", fail); err != nil {
		return err
	}
	operation, err := s.create(id, false)
	if err != nil {
		return err
	}
	_, err = operation.Wait(s)
	failure, wrong := fails(err, codes.FailedPrecondition)
	if wrong != nil {
		return wrong
	}
	return wants(failure.GRPCStatus().Message(), "no quota is left")
}
