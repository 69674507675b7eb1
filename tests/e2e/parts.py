"""The real parts of the end-to-end tests: Apache Kafka and a schema registry, on free loopback
ports, with all they write in a temporary folder.

    with parts.Workplace() as place:
        broker = place.start(parts.Broker)
        registry = place.start(parts.Registry)

Whatever a workplace started is stopped by its process id at the end of the block, whether the test
passed, failed or was told to stop; and if this program is killed, the kernel ends its children.
Maven fetches the parts once, into build/e2e/; after that no network is needed.
"""
import contextlib
import ctypes
import glob
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(ROOT, "build", "e2e")
START_SECONDS = 90
STOP_SECONDS = 15
_PR_SET_PDEATHSIG = 1

# A proxy that the environment names is for the world outside, not for loopback.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_libc = ctypes.CDLL(None, use_errno=True)


def wait_until(condition, seconds, what):
    """Returns the first true value of condition(); after `seconds`, an error that names `what`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for s in held:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in held]


def _need(program):
    if not shutil.which(program):
        raise RuntimeError(f"{program} is not installed; ops/setup test installs what tests need")


def fetched(goal, name, pom="pom.xml"):
    """The folder with what the Maven goal fetches; Maven runs when its pom has changed."""
    pom = os.path.join(HERE, pom)
    folder = os.path.join(CACHE, name)
    stamp = os.path.join(CACHE, name + ".stamp")
    with open(pom, "rb") as f:
        want = hashlib.sha256(f.read()).hexdigest()
    if os.path.exists(stamp):
        with open(stamp, encoding="ascii") as f:
            if f.read() == want:
                return folder
    _need("mvn")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    command = ["mvn", "-B", "-q", "-ntp", "-f", pom,
               f"-DoutputDirectory={folder}", goal]
    # Offline first: Maven's own store may have it all.
    if subprocess.run([*command, "-o"], stdout=subprocess.DEVNULL, check=False).returncode:
        subprocess.run(command, check=True)
    with open(stamp, "w", encoding="ascii") as f:
        f.write(want)
    return folder


class Process:
    """A program of the test; its output goes to a file."""

    def __init__(self, name, command, folder):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "wb") as out:
            self.popen = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                preexec_fn=self._die_with_parent)

    @staticmethod
    def _die_with_parent():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def running(self):
        return self.popen.poll() is None

    def wait_ready(self, condition):
        def ready():
            if not self.running():
                raise RuntimeError(
                    f"{self.name} ended with {self.popen.returncode}:\n{self.output()[-4000:]}")
            return condition()
        wait_until(ready, START_SECONDS, f"{self.name} ready")

    def stop(self, seconds=STOP_SECONDS):
        """SIGTERM, and SIGKILL when that takes too long. Returns the exit status."""
        if self.running():
            self.popen.terminate()
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.popen.returncode

    def kill(self):
        if self.running():
            self.popen.kill()
        self.popen.wait()


class Broker:
    """Apache Kafka, one node in KRaft mode. Its address is known before it starts."""
    jars, pom = "kafka", "pom.xml"

    def __init__(self, folder):
        self.port, self._controller = free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self._folder = tempfile.mkdtemp(prefix="kafka-", dir=folder)
        self._properties = os.path.join(self._folder, "server.properties")
        with open(self._properties, "w", encoding="ascii") as f:
            f.write(self._settings())
        self.process = None

    def _settings(self):
        return "\n".join([
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{self._controller}",
            f"listeners=PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self._controller}",
            f"advertised.listeners=PLAINTEXT://{self.address}",
            "controller.listener.names=CONTROLLER",
            f"log.dirs={self._folder}/data",
            "auto.create.topics.enable=false",
            "offsets.topic.replication.factor=1",
            "offsets.topic.num.partitions=4",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "transaction.state.log.num.partitions=4",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1",
            "group.initial.rebalance.delay.ms=0",
            # The records are of 2023: half a minute after its start the broker would delete them.
            "log.retention.ms=-1",
            ""])

    @staticmethod
    def format_options():
        """What the storage is to hold from the first start on: users, for one that has any."""
        return []

    @classmethod
    def _java(cls, *arguments):
        _need("java")
        jars = os.path.join(fetched("dependency:copy-dependencies", cls.jars, cls.pom), "*")
        return ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", jars,
                *arguments]

    def start(self):
        """Starts it, again if it was stopped, with the data that it has."""
        if not os.path.exists(os.path.join(self._folder, "data")):
            subprocess.run(
                self._java("kafka.tools.StorageTool", "format", "--cluster-id",
                           "flinch-e2e-tests-000aa", "--config", self._properties,
                           *self.format_options()),
                check=True, stdout=subprocess.DEVNULL)
        self.process = Process("kafka", self._java("kafka.Kafka", self._properties), self._folder)
        try:
            self.process.wait_ready(self._answers)
        except BaseException:
            self.process.kill()
            raise

    def stop(self):
        if self.process:
            self.process.stop()

    def _answers(self):
        """Whether an ApiVersions request is answered without an error."""
        request = struct.pack(">hhih", 18, 0, 1, -1)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                s.sendall(struct.pack(">i", len(request)) + request)
                with s.makefile("rb") as answer:
                    head = answer.read(10)
            return len(head) == 10 and struct.unpack(">iih", head)[1:] == (1, 0)
        except OSError:
            return False


class Registry:
    """Apicurio, a schema registry with Confluent's interface, in memory. Its address is known
    before it starts."""

    def __init__(self, folder):
        self.port, = free_ports(1)
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}/apis/ccompat/v7"
        self._folder = tempfile.mkdtemp(prefix="registry-", dir=folder)
        self.process = None

    def start(self):
        _need("java")
        home = fetched("dependency:unpack", "registry")
        runner, = glob.glob(os.path.join(home, "*-runner.jar"))
        self.process = Process("registry", [
            "java", "-Xmx512m", f"-Dquarkus.http.port={self.port}",
            "-Dquarkus.http.host=127.0.0.1", "-jar", runner], self._folder)
        try:
            self.process.wait_ready(self._answers)
        except BaseException:
            self.process.kill()
            raise

    def stop(self):
        if self.process:
            self.process.stop()

    def _answers(self):
        try:
            self.request("/subjects")
            return True
        except (urllib.error.URLError, OSError):
            return False

    def request(self, path, body=None):
        """The answer to a GET, or a POST with a body, as what its JSON means."""
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        with _http.open(request, timeout=10) as answer:
            return json.load(answer)

    def register(self, subject, schema):
        return self.request(f"/subjects/{subject}/versions", {"schema": schema})["id"]


class Workplace:
    """A temporary folder and the parts that run in it. The folder is kept when the test fails and
    FLINCH_E2E_KEEP is set."""

    def __enter__(self):
        # As Ctrl-C: what unittest would not take for the failure of one test.
        self._before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.folder = tempfile.mkdtemp(prefix="flinch-e2e-")
        self._parts = []
        return self

    def __exit__(self, _kind, error, _trace):
        for part in reversed(self._parts):
            part.stop()
        signal.signal(signal.SIGTERM, self._before)
        failed = error is not None and getattr(error, "code", True)  # SystemExit(0) is a success
        if failed and os.environ.get("FLINCH_E2E_KEEP"):
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, part):
        """A Broker or a Registry, not started yet; it is stopped with the workplace."""
        self._parts.append(part(self.folder))
        return self._parts[-1]

    def start(self, part):
        added = self.add(part)
        added.start()
        return added

    def adopt(self, process):
        """A Process that runs already; it is stopped with the workplace."""
        self._parts.append(process)
        return process

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content)
        return path
