// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// A kubelet as small as a test of tools/plugin needs it: it is one node, runs the first container of each of its pods as a
// process of this machine, tells of it in the pod's status, and serves attach and logs by the library that kubelets serve them
// with. What an image is, the runtime knows, a program that is given with --runtime: it is run with the container's command
// and environment, and IMAGE and TERMINATION_LOG. Images with these names never run:
//
//	unpullable:…  ErrImagePull, then ImagePullBackOff
//	slow:…        ContainerCreating, for ever
//	refused:…     the pod Failed, as where the node has no room
//
// With the file given with --cut there, what is attached is cut off, as when the network fails.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"
	streaming "k8s.io/kubelet/pkg/cri/streaming/remotecommand"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "")
	nodeName   = flag.String("node", "", "")
	address    = flag.String("address", "127.0.0.1", "")
	port       = flag.Int("port", 0, "")
	cert       = flag.String("cert", "", "")
	key        = flag.String("key", "", "")
	runtime    = flag.String("runtime", "", "")
	system     = flag.String("os", "linux", "")
	cut        = flag.String("cut", "", "")
	specs      = flag.String("specs", "", "") // a directory: each pod as it came, as JSON
)

// All that was printed, for logs, and who is attached.
type container struct {
	mutex    sync.Mutex
	log      bytes.Buffer
	attached map[bool]io.Writer // by: is it stderr?
	stdin    io.WriteCloser
	process  *os.Process
	printed  sync.WaitGroup
	done     chan struct{}
}

type kubelet struct {
	client *kubernetes.Clientset
	mutex  sync.Mutex
	all    map[types.UID]*container
	byName map[string]*container
}

func (c *container) print(isError bool, bytes []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.log.Write(bytes)
	if writer := c.attached[isError]; writer != nil {
		writer.Write(bytes)
	}
}

func (c *container) copyFrom(from io.Reader, isError bool) {
	defer c.printed.Done()
	buffer := make([]byte, 4096)
	for {
		length, err := from.Read(buffer)
		c.print(isError, buffer[:length])
		if err != nil {
			return
		}
	}
}

// --- attach and logs ---

func (k *kubelet) find(pod string) *container {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.byName[pod]
}

// AttachContainer ends when the container has, or the client. Stdin is closed at the end of the first that was attached, as
// stdinOnce has it.
func (k *kubelet) AttachContainer(ctx context.Context, name string, uid types.UID, _ string, in io.Reader, out, err io.WriteCloser,
	tty bool, resize <-chan remotecommand.TerminalSize) error {
	c := k.find(name)
	if c == nil {
		return errors.New("no such container")
	}
	c.mutex.Lock()
	c.attached = map[bool]io.Writer{false: out, true: err}
	c.mutex.Unlock()
	gone := make(chan struct{})
	go func() {
		io.Copy(c.stdin, in)
		c.stdin.Close()
		close(gone)
	}()
	for {
		select {
		case <-c.done:
			return nil
		case <-time.After(50 * time.Millisecond):
			if _, err := os.Stat(*cut); *cut != "" && err == nil {
				c.stdin.Close()
				c.mutex.Lock()
				c.attached = nil
				c.mutex.Unlock()
				return nil
			}
		}
	}
}

func (k *kubelet) serve(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/") // attach NAMESPACE POD CONTAINER
	log.Print(r.Method, " ", r.URL)
	if len(parts) != 4 || k.find(parts[2]) == nil {
		http.NotFound(w, r)
		return
	}
	switch parts[0] {
	case "attach":
		options, err := streaming.NewOptions(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		streaming.ServeAttach(w, r, k, parts[2], "", parts[3], options, time.Hour, 30*time.Second, strings.Split(
			"v4.channel.k8s.io,v3.channel.k8s.io,v2.channel.k8s.io,channel.k8s.io", ","))
	case "containerLogs":
		c := k.find(parts[2])
		c.mutex.Lock()
		defer c.mutex.Unlock()
		w.Write(c.log.Bytes())
	default:
		http.NotFound(w, r)
	}
}

// --- pods ---

func (k *kubelet) tell(pod *v1.Pod, phase v1.PodPhase, state v1.ContainerState) {
	pod = pod.DeepCopy()
	pod.Status.Phase = phase
	pod.Status.ContainerStatuses = []v1.ContainerStatus{{Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image, State: state}}
	k.write(pod)
}

func (k *kubelet) write(pod *v1.Pod) {
	pod.ResourceVersion = ""
	if _, err := k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(context.Background(), pod, metav1.UpdateOptions{}); err != nil {
		log.Print(err)
	}
}

func waiting(reason, message string) v1.ContainerState {
	return v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}}
}

// A pod as it comes; false: it never runs.
func (k *kubelet) admit(pod *v1.Pod) bool {
	image, _, _ := strings.Cut(pod.Spec.Containers[0].Image, ":")
	switch image {
	case "unpullable":
		k.tell(pod, v1.PodPending, waiting("ErrImagePull", "pull access denied, repository does not exist"))
		time.Sleep(1500 * time.Millisecond)
		k.tell(pod, v1.PodPending, waiting("ImagePullBackOff", `Back-off pulling image "unpullable:1"`))
	case "slow":
		k.tell(pod, v1.PodPending, waiting("ContainerCreating", ""))
	case "refused":
		pod = pod.DeepCopy()
		pod.Status.Phase, pod.Status.Reason, pod.Status.Message = v1.PodFailed, "OutOfmemory", "Node didn't have enough resource: memory"
		k.write(pod)
	default:
		return true
	}
	return false
}

func (k *kubelet) run(pod *v1.Pod) {
	ending, err := os.CreateTemp("", "termination-log")
	if err != nil {
		log.Fatal(err)
	}
	ending.Close()
	defer os.Remove(ending.Name())
	spec := pod.Spec.Containers[0]
	command := exec.Command(*runtime, append(spec.Command, spec.Args...)...)
	command.Env = append(os.Environ(), "IMAGE="+spec.Image, "TERMINATION_LOG="+ending.Name())
	for _, variable := range spec.Env {
		command.Env = append(command.Env, variable.Name+"="+variable.Value)
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c := &container{done: make(chan struct{})}
	c.stdin, _ = command.StdinPipe()
	out, _ := command.StdoutPipe()
	errors, _ := command.StderrPipe()
	if err := command.Start(); err != nil {
		log.Fatal(err)
	}
	c.process = command.Process
	c.printed.Add(2)
	go c.copyFrom(out, false)
	go c.copyFrom(errors, true)
	k.mutex.Lock()
	k.all[pod.UID], k.byName[pod.Name] = c, c
	k.mutex.Unlock()
	k.tell(pod, v1.PodRunning, v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: metav1.Now()}})
	c.printed.Wait()
	command.Wait()
	k.ended(pod, c, command.ProcessState, ending.Name())
}

func (k *kubelet) ended(pod *v1.Pod, c *container, state *os.ProcessState, ending string) {
	code := state.ExitCode()
	if status := state.Sys().(syscall.WaitStatus); status.Signaled() {
		code = 128 + int(status.Signal())
	}
	message, _ := os.ReadFile(ending)
	terminated := v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: int32(code), Reason: "Completed", Message: string(message)}}
	phase := v1.PodSucceeded
	if code != 0 {
		phase, terminated.Terminated.Reason = v1.PodFailed, "Error"
	}
	close(c.done)
	time.Sleep(300 * time.Millisecond) // it is told some time after
	k.tell(pod, phase, terminated)
}

// Asks it to end, and removes it from the API when it has.
func (k *kubelet) remove(pod *v1.Pod) {
	k.mutex.Lock()
	c := k.all[pod.UID]
	k.mutex.Unlock()
	if c != nil {
		c.process.Signal(syscall.SIGTERM)
		select {
		case <-c.done:
		case <-time.After(10 * time.Second):
			syscall.Kill(-c.process.Pid, syscall.SIGKILL)
		}
	}
	k.client.CoreV1().Pods(pod.Namespace).Delete(context.Background(), pod.Name, *metav1.NewDeleteOptions(0))
}

func keep(pod *v1.Pod) {
	text, _ := json.Marshal(pod)
	if err := os.WriteFile(*specs+"/"+pod.Name+".json", text, 0o644); err != nil {
		log.Fatal(err)
	}
}

func (k *kubelet) follow() {
	hour := int64(3600) // longer than a test
	watch, err := k.client.CoreV1().Pods("").Watch(context.Background(),
		metav1.ListOptions{FieldSelector: "spec.nodeName=" + *nodeName, TimeoutSeconds: &hour})
	if err != nil {
		log.Fatal(err)
	}
	known, removed := map[types.UID]bool{}, map[types.UID]bool{}
	for event := range watch.ResultChan() {
		pod, ok := event.Object.(*v1.Pod)
		if !ok {
			continue
		}
		if !known[pod.UID] {
			known[pod.UID] = true
			keep(pod)
			go func() {
				if k.admit(pod) {
					k.run(pod)
				}
			}()
		}
		if (pod.DeletionTimestamp != nil || event.Type == "DELETED") && !removed[pod.UID] {
			removed[pod.UID] = true
			go k.remove(pod)
		}
	}
	log.Fatal("the watch ended")
}

func (k *kubelet) register() {
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: *nodeName}}
	node, err := k.client.CoreV1().Nodes().Create(context.Background(), node, metav1.CreateOptions{})
	if err != nil {
		log.Fatal(err)
	}
	node.Status.Addresses = []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: *address}}
	node.Status.DaemonEndpoints.KubeletEndpoint.Port = int32(*port)
	node.Status.NodeInfo.OperatingSystem = *system
	node.Status.Conditions = []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue}}
	if _, err := k.client.CoreV1().Nodes().UpdateStatus(context.Background(), node, metav1.UpdateOptions{}); err != nil {
		log.Fatal(err)
	}
}

func main() {
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	k := &kubelet{client: kubernetes.NewForConfigOrDie(config), all: map[types.UID]*container{}, byName: map[string]*container{}}
	k.register()
	go k.follow()
	server := &http.Server{Addr: *address + ":" + flag.Lookup("port").Value.String(), Handler: http.HandlerFunc(k.serve)}
	log.Fatal(server.ListenAndServeTLS(*cert, *key))
}
