// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// kubectl, from its own Go module.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() {
	os.Exit(cli.Run(cmd.NewDefaultKubectlCommand()))
}
