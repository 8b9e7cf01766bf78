# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An API server and a kubelet for tests: pods are listed, in pages, and watched, as kubernetes.io/docs/reference/using-api/
api-concepts has it, and each request can be answered wrongly instead, byte by byte.

Server(...) listens on 127.0.0.1; its attribute `pods` is what exists. add(), change() and remove() change it and tell
those who watch. fault(kind, answer) has the next request of that kind answered by answer(reply); kinds are list, watch,
node, version and kubelet. What was asked is kept in `requests`.

Run as a program it serves a load for tests/bench_kube; see main().
"""
import argparse
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse


def pod(name, *, uid=None, phase="Running", ip="10.0.1.5", node="worker-3", version=None, deleting=False, padding=0,
        source=None):
    """A pod as the API server spells it; padding: bytes of what netnsleak does not read."""
    metadata = {"name": name, "namespace": "shop", "uid": uid or "uid-" + name}
    if version:
        metadata["resourceVersion"] = str(version)
    if deleting:
        metadata["deletionTimestamp"] = "2026-11-21T14:02:11Z"
        metadata["deletionGracePeriodSeconds"] = 30
    if source:
        metadata["annotations"] = {"kubernetes.io/config.source": source}
    if padding:
        fields = {"f:spec": {"f:containers": {f"k:{{\"name\":\"c{i}\"}}": {".": {}, "f:image": {}, "f:name": {},
                                                                     "f:resources": {}} for i in range(padding // 200)}}}
        metadata["managedFields"] = [{"manager": "kubelet", "operation": "Update", "apiVersion": "v1",
                                      "time": "2026-11-21T14:02:11Z", "fieldsType": "FieldsV1", "fieldsV1": fields}]
    spec = {"nodeName": node, "containers": [{"name": "c0", "image": "registry.example/shop/cart:1.2.3"}]}
    if padding:
        spec["containers"] = [{"name": f"c{i}", "image": "registry.example/shop/cart:1.2.3", "imagePullPolicy": "Always",
                               "env": [{"name": "SOME_VALUE", "value": "text " * 8}],
                               "terminationMessagePath": "/dev/termination-log"} for i in range(padding // 400)]
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase, "podIP": ip, "podIPs": [{"ip": ip}]}}


class Reply:
    """One request, and the ways to answer it."""

    def __init__(self, connection, method, target, headers):
        self.connection, self.method, self.headers = connection, method, headers
        self.target = target
        self.came = time.monotonic()
        url = urllib.parse.urlsplit(target)
        self.path = url.path
        self.query = dict(urllib.parse.parse_qsl(url.query))
        self.close = False

    def raw(self, data):
        self.connection.sendall(data)

    def head(self, status, *headers):
        lines = [f"HTTP/1.1 {status} X", *headers, "", ""]
        self.raw("\r\n".join(lines).encode())

    def whole(self, status, body, *headers):
        body = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        self.head(status, "Content-Type: application/json", f"Content-Length: {len(body)}", *headers)
        self.raw(body)

    def begin(self, status=200):
        self.head(status, "Content-Type: application/json", "Transfer-Encoding: chunked")

    def chunk(self, data):
        self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    def event(self, kind, thing):
        self.chunk(json.dumps({"type": kind, "object": thing}, separators=(",", ":")).encode() + b"\n")

    def end(self):
        self.raw(b"0\r\n\r\n")

    def cut(self):
        """No more comes, and the connection is closed."""
        self.close = True

    def failure(self, status, *headers):
        self.whole(status, {"kind": "Status", "status": "Failure", "code": status, "message": "no"}, *headers)


class Server:
    def __init__(self, *, tls=None, node="worker-3", page=0, tokens=()):
        self.lock = threading.Condition()
        self.pods, self.version, self.history = {}, 100, []
        self.compacted = 0
        self.node, self.page, self.tokens = node, page, tokens
        self.faults, self.requests = [], []
        self.tls = tls
        self.stopping = False
        self.connections = set()
        # Bound as long as the server is there, so that nobody else gets the port while it is stopped.
        self.holder = socket.socket()
        self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.holder.bind(("127.0.0.1", 0))
        self.port = self.holder.getsockname()[1]
        self.listener = self._listen()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    # --- what exists ---

    def _tell(self, kind, thing):
        with self.lock:
            self.version += 1
            thing["metadata"]["resourceVersion"] = str(self.version)
            self.history.append((self.version, kind, json.loads(json.dumps(thing))))
            self.lock.notify_all()

    def add(self, thing):
        with self.lock:
            kind = "MODIFIED" if thing["metadata"]["uid"] in self.pods else "ADDED"
            self.pods[thing["metadata"]["uid"]] = thing
            self._tell(kind, thing)

    def remove(self, uid):
        with self.lock:
            self._tell("DELETED", self.pods.pop(uid))

    def bookmark(self):
        self._tell("BOOKMARK", {"kind": "Pod", "metadata": {}})

    def compact(self):
        """What was before now can no longer be watched."""
        with self.lock:
            self.compacted = self.version
            self.history.clear()

    # --- faults ---

    def fault(self, kind, answer, times=1):
        with self.lock:
            self.faults.append([kind, answer, times])

    def _fault_of(self, kind):
        with self.lock:
            for fault in self.faults:
                if fault[0] == kind:
                    fault[2] -= 1
                    if not fault[2]:
                        self.faults.remove(fault)
                    return fault[1]
        return None

    def asked(self, kind):
        with self.lock:
            return [reply for each, reply in self.requests if each == kind]

    def await_asked(self, kind, count, patience=30):
        """Waits until so many requests of that kind have come."""
        with self.lock:
            return self.lock.wait_for(lambda: sum(each == kind for each, _ in self.requests) >= count, patience)

    # --- connections ---

    def _listen(self):
        return socket.create_server(("127.0.0.1", self.port), backlog=64, reuse_port=True)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with self.lock:
                self.connections.add(connection)
            stream = connection.makefile("rb")
            while not self.stopping and self._serve_one(connection, stream):
                pass
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.connections.discard(connection)
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _serve_one(self, connection, stream):
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = {}
        while (text := stream.readline().decode("latin-1").strip()):
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        reply = Reply(connection, line[0], line[1], headers)
        self._answer(reply)
        return not reply.close

    def drop_connections(self):
        with self.lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self):
        """Nothing answers any more; start() undoes it at the same port."""
        # First: who is cut off asks anew at once.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            self.stopping = True
            self.lock.notify_all()
        self.drop_connections()

    def start(self):
        self.stopping = False
        self.listener = self._listen()
        threading.Thread(target=self._accept, daemon=True).start()

    # --- answers ---

    def _kind(self, reply):
        if reply.path == "/api/v1/pods":
            return "watch" if "watch" in reply.query else "list"
        return {"/version": "version", "/pods": "kubelet"}.get(reply.path, "node")

    def _answer(self, reply):
        kind = self._kind(reply)
        with self.lock:
            self.requests.append((kind, reply))
            self.lock.notify_all()
        fault = self._fault_of(kind)
        if fault:
            fault(reply)
        elif self.tokens and reply.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            reply.failure(401)
        else:
            getattr(self, "_" + kind)(reply)

    def _list(self, reply):
        with self.lock:
            pods, version = list(self.pods.values()), self.version
        start = int(reply.query.get("continue", "0"))
        size = self.page or int(reply.query["limit"])
        rest = start + size < len(pods)
        self._send_list(reply, pods[start:start + size], version, str(start + size) if rest else "")

    def _send_list(self, reply, pods, version, next_page):
        reply.whole(200, {"kind": "PodList", "apiVersion": "v1",
                          "metadata": {"resourceVersion": str(version), "continue": next_page}, "items": pods})

    def _watch(self, reply):
        seen = int(reply.query["resourceVersion"])
        until = time.monotonic() + int(reply.query.get("timeoutSeconds", "300"))
        reply.begin()
        while not self.stopping:
            with self.lock:
                if seen < self.compacted:
                    events, late = [], True
                else:
                    self.lock.wait_for(lambda: self.stopping or self.version > seen or seen < self.compacted,
                                       max(0, until - time.monotonic()))
                    events, late = [event for event in self.history if event[0] > seen], seen < self.compacted
                seen = max(seen, self.version if not late else seen)
            for _, kind, thing in events:
                reply.event(kind, thing)
            if late:
                reply.event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
                return reply.end()
            if time.monotonic() >= until:
                return reply.end()
        return reply.cut()

    def _node(self, reply):
        if reply.path == "/api/v1/nodes/" + self.node:
            reply.whole(200, {"kind": "Node", "metadata": {"name": self.node}})
        else:
            reply.failure(404)

    def _version(self, reply):
        reply.whole(200, {"major": "1", "minor": "31", "gitVersion": "v1.31.2"})

    def _kubelet(self, reply):
        with self.lock:
            pods = list(self.pods.values())
        reply.whole(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": pods})


# --- certificates ---

class Authority:
    """A CA made on the spot, in a directory."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name
        self.cert = self._path(name + ".crt")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=" + name, "-keyout", self._path(name + ".key"), "-out", self.cert)

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def sign(self, name, names="IP:127.0.0.1", expired=False):
        """Returns the certificate's and the key's file."""
        request, cert, key = (self._path(f"{name}.{end}") for end in ("csr", "crt", "key"))
        extensions = self._path(name + ".ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                      "-keyout", key, "-out", request)
        when = ["-days", "-1"] if expired else ["-days", "1"]
        self._openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self._path(self.name + ".key"),
                      "-CAcreateserial", *when, "-extfile", extensions, "-out", cert)
        return cert, key

    def context(self, name, clients=None, **options):
        """For a server; clients: the CA whose certificates it wants."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.sign(name, **options))
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients)
        return context


# --- a load ---

def main():
    """Serves a list of --pods pods; on each line "events RATE SECONDS" on stdin so many events a second, "deleted COUNT
    GAP" so many DELETED, apart by GAP seconds. Prints the URL and the CA's file, then the size of the list's body."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pods", type=int, default=10000)
    parser.add_argument("--bytes", type=int, default=4000, help="of a pod")
    parser.add_argument("--page", type=int, default=0, help="pods of a page; 0: as many as are asked for")
    parser.add_argument("--directory", help="TLS, with certificates made there")
    arguments = parser.parse_args()
    tls = None
    if arguments.directory:
        tls = Authority(arguments.directory, "ca").context("server")
    server = Server(tls=tls, page=arguments.page)
    for i in range(arguments.pods):
        thing = pod(f"pod-{i}", ip=f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}", version=i + 1, padding=arguments.bytes)
        server.pods[thing["metadata"]["uid"]] = thing
    size = len(json.dumps(list(server.pods.values()), separators=(",", ":")))
    print(server.url, os.path.join(arguments.directory, "ca.crt") if tls else "-", size, flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "events":
            rate, seconds = int(words[1]), float(words[2])
            things = list(server.pods.values())[:1000]
            began = time.monotonic()
            for i in range(int(rate * seconds)):
                server.add(things[i % len(things)])
                ahead = began + (i + 1) / rate - time.monotonic()
                if ahead > 0.002:
                    time.sleep(ahead)
        elif words[0] == "deleted":
            for uid in list(server.pods)[:int(words[1])]:
                server.remove(uid)
                time.sleep(float(words[2]))
        print("done", flush=True)


if __name__ == "__main__":
    main()
