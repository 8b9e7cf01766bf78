// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// The API server of Kubernetes, from its own Go module: the binary that a release has, without what it registers for
// log formats and metrics of clients.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
