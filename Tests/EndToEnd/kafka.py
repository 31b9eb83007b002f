"""A private Kafka node from the distribution that KAFKA_HOME names (brokers/kafka/README.md)."""

import hashlib
import os
import random
import signal
import socket
import struct
import subprocess
import time

from case import component

HOME = os.environ.get("KAFKA_HOME", "")
PROGRAM = os.path.join(HOME, "run")
# Why no test with Kafka runs; empty where they do.
ABSENCE = ("KAFKA_HOME is not set" if not HOME else
           "" if os.access(PROGRAM, os.X_OK) else f"there is no program {PROGRAM}")


class Kafka:
    """One node on loopback with a topic's partitions, killed and started again on the same data."""

    name = "kafka"

    def __init__(self, directory, partitions=4, properties=(), port=None, **settings):
        self.directory = os.path.join(directory, "kafka")
        self.properties = [f"num.partitions={partitions}", *properties]
        self.more = settings
        self.process = None
        # Below the ports that connections get by themselves: a node that starts again must find both of its own.
        self.port = port
        while port is None:
            self.port = random.randrange(20_000, 30_000)
            if is_free(self.port) and is_free(self.port + 1):
                break
        self.start()

    def component(self, **more):
        """Its Component resource."""
        return component("pubsub.kafka", **self.settings(), **more)

    def settings(self):
        """Its fields, with a session short enough for a test."""
        return {"brokers": f"127.0.0.1:{self.port}", "authType": "none", "initialOffset": "oldest",
                "sessionTimeout": "6s", "heartbeatInterval": "500ms", **self.more}

    def start(self):
        """Starts the node and waits until it answers."""
        os.makedirs(self.directory, exist_ok=True)
        with open(os.path.join(self.directory, "kafka.log"), "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", PROGRAM, self.directory, str(self.port), *self.properties],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.answers():
                return
            time.sleep(0.05)
        raise RuntimeError(f"Kafka on port {self.port} did not answer within 60 s")

    def answers(self):
        """Whether it answers a request for its API versions."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as sock:
                sock.sendall(bytes([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]))
                return len(sock.recv(16)) >= 8
        except OSError:
            return False

    def add_scram_user(self, name, password, mechanism):
        """Makes a user for SCRAM-SHA-256 or -512 (AlterUserScramCredentials, version 0)."""
        def text(value):
            return bytes([len(value) + 1]) + value
        salt, rounds = os.urandom(16), 4096
        salted = hashlib.pbkdf2_hmac({256: "sha256", 512: "sha512"}[mechanism], password.encode(), salt, rounds)
        body = struct.pack(">hhihB", 51, 0, 7, -1, 0) + bytes([1, 2]) + text(name.encode())
        body += bytes([{256: 1, 512: 2}[mechanism]]) + struct.pack(">i", rounds) + text(salt) + text(salted) + bytes([0, 0])
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as sock:
            sock.sendall(struct.pack(">i", len(body)) + body)
            answer = sock.recv(4096)
        error = struct.unpack(">h", answer[14 + len(text(name.encode())):][:2])[0]
        if error != 0:
            raise RuntimeError(f"Kafka does not take the user: error {error}")

    def kill(self):
        """SIGKILL; the exit status is the evidence."""
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        return self.process.wait()

    def close(self):
        """Ends the node."""
        if self.process is not None:
            self.kill()
            self.process = None


def is_free(port):
    """Whether nobody listens on a port of loopback."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0
