// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// Usage: npd CONFIG COUNT
//
// Runs node-problem-detector's own monitor of custom plugins with CONFIG, and prints the first COUNT statuses that it would
// hand to its exporters, one as JSON a line: conditions, and events. The first is what is said before the plugin was run.
// It ends where that program would, with a configuration that is refused.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"k8s.io/node-problem-detector/pkg/custompluginmonitor"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: npd CONFIG COUNT"))
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fail(err)
	}
	statuses, err := custompluginmonitor.NewCustomPluginMonitorOrDie(os.Args[1]).Start()
	if err != nil {
		fail(err)
	}
	for ; count > 0; count-- {
		if err := json.NewEncoder(os.Stdout).Encode(<-statuses); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "npd:", err)
	os.Exit(2)
}
