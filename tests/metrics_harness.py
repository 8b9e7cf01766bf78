# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What tests of --metrics share: BUILD/tests/metrics_server (BUILD is the first argument of the program that imports this), which has
the pipeline, loop and exporter of a session and is fed with recordings of real ones, and a real Prometheus that scrapes it.
"""
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = int(os.environ.get("PATIENCE", "60"))
HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
SERVER = BUILD + "/tests/metrics_server"
NAME = os.path.basename(sys.argv[0])
made = [] # one for each check


def fail(text):
    sys.exit(f"{NAME}: {text}")


def expect(what, got, wanted):
    made.append(what)
    if got != wanted:
        fail(f"{what}: {got!r}, not {wanted!r}")


class Server:
    """One that runs: ask() is what a probe does, tell() what its session would."""

    def __init__(self, recording, address, work):
        self.file = os.path.join(work, os.path.basename(recording))
        with open(self.file, "wb") as file:
            subprocess.run(["zstd", "-dqc", f"{HERE}/recordings/{recording}.record.zst"], stdout=file, check=True)
        self.process = subprocess.Popen([SERVER, address, self.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1)
        self.name = self.process.stdout.readline().strip()
        if not self.name:
            fail(f"{address}: {self.process.stderr.read()}")

    def tell(self, *words):
        for word in words:
            self.process.stdin.write(word + "\n")
            expect(word, self.process.stdout.readline(), "done\n")

    def connect(self):
        if self.name.startswith("unix:"):
            client = socket.socket(socket.AF_UNIX)
            client.connect(self.name[5:])
            client.settimeout(PATIENCE)
            return client
        host, port = self.name.removeprefix("http://").rsplit(":", 1)
        return socket.create_connection((host.strip("[]"), int(port)), PATIENCE)

    def raw(self, request):
        """The whole answer to these bytes, until the server closes."""
        try:
            with self.connect() as client:
                client.sendall(request)
                return everything_of(client)
        except (BrokenPipeError, ConnectionResetError):
            return b""

    def ask(self, path, method="GET"):
        """status, headers, body"""
        where = ["--unix-socket", self.name[5:], "http://localhost" + path] if self.name.startswith("unix:") else \
            [self.name + path]
        how = ["-I"] if method == "HEAD" else ["-X", method]
        out = subprocess.run(["curl", "-sS", "-g", "-i", "-m", str(PATIENCE), *how, *where], check=True, capture_output=True).stdout
        head, body = out.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body.decode()

    def metrics(self):
        status, headers, body = self.ask("/metrics")
        expect("status of /metrics", status, 200)
        expect("content type", headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return body

    def expect_metrics(self, *lines):
        """Each of these, as it stands."""
        told = self.metrics().split("\n")
        for line in lines:
            expect(line, [one for one in told if one.rsplit(" ", 1)[0] == line.rsplit(" ", 1)[0]], [line])

    def expect_probe(self, path, status, text):
        got = self.ask(path)
        expect(path, (got[0], got[2]), (status, text + "\n"))

    def end(self):
        self.process.stdin.close()
        expect("exit status", self.process.wait(PATIENCE), 0)
        expect("stderr", self.process.stderr.read(), "")


def everything_of(client):
    out = b""
    try:
        while piece := client.recv(65536):
            out += piece
    except ConnectionResetError:
        pass
    return out


def program(name):
    """Where it is; None: it cannot be had, which counts as a skipped test."""
    found = subprocess.run([HERE + "/prometheus", name], capture_output=True, text=True)
    if found.returncode == 77:
        print(f"[  SKIPPED ] {name}")
        return None
    if found.returncode:
        fail(found.stderr)
    return found.stdout.strip()


def free_port():
    """Below those that the kernel gives out by itself, so that none is taken before it is used."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        end = int(file.read().split()[0])
    while True:
        try:
            with socket.create_server(("127.0.0.1", random.randrange(10000, max(end, 11000)))) as one:
                return one.getsockname()[1]
        except OSError:
            pass


class Prometheus:
    """A real one, which scrapes these servers every three seconds; each is an instance. In a `with`. A server has as long to answer:
    what it misses once would have no value until the next time."""

    def __init__(self, work, servers, rules=None):
        self.port = free_port()
        self.log = open(work + "/prometheus.log", "w", encoding="utf-8")
        config = {"global": {"scrape_interval": "3s", "evaluation_interval": "1s"}, "rule_files": [rules] if rules else [],
                  "scrape_configs": [{"job_name": "netnsleak", "static_configs": [
                      {"targets": [server.name.removeprefix("http://")], "labels": {"instance": name}} for name, server in servers.items()]}]}
        with open(work + "/prometheus.yml", "w", encoding="ascii") as file:
            json.dump(config, file)
        self.process = subprocess.Popen(
            [program("prometheus"), f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}"], stderr=self.log, stdout=self.log)
        self.servers = servers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()

    def ask(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code >= 500: # it has just been started
                raise
            fail(f"{path} {parameters}: {error.read().decode()}")

    def query(self, text):
        """[(labels, value)]"""
        return [(one["metric"], one["value"][1]) for one in self.ask("query", query=text)["result"]]

    def wait_for(self, text, wanted):
        """Until this query gives one value, and that is it."""
        end = time.monotonic() + PATIENCE
        got = None
        while time.monotonic() < end:
            try:
                got = [value for _, value in self.query(text)]
                if got == [wanted]:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.2)
        fail(f"{text}: {got}, not {wanted}")

    def wait_for_scrapes(self):
        self.wait_for("sum(up)", str(len(self.servers)))
