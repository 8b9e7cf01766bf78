// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// What a container runtime says of its sandboxes, read with Kubernetes' own definition of CRI: an oracle for
// netnsleak's reading, which shares nothing with it.
//
//	cri-oracle SOCKET    one JSON object a line for each sandbox: the answer to a verbose PodSandboxStatus
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func run(socket string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	runtime := cri.NewRuntimeServiceClient(connection)
	list, err := runtime.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		answer, err := runtime.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: item.Id, Verbose: true})
		if err != nil {
			return err
		}
		err = json.NewEncoder(os.Stdout).Encode(map[string]any{
			"id":           answer.Status.Id,
			"listed_state": item.State.String(),
			"created_at":   answer.Status.CreatedAt,
			"metadata":     answer.Status.Metadata,
			"network":      answer.Status.Network,
			"namespaces":   answer.Status.GetLinux().GetNamespaces().GetOptions(),
			"info":         json.RawMessage(answer.Info["info"]),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cri-oracle SOCKET")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cri-oracle:", err)
		os.Exit(1)
	}
}
