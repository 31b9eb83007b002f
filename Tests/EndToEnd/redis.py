"""A private redis-server, and as much of its protocol as the tests need to ask it questions."""

import os
import signal
import socket
import subprocess
import time


class RedisServer:
    """One redis-server on 127.0.0.1 that this process started. With `aof` every write is on disk before its reply."""

    def __init__(self, directory, port, aof=False, password=None, start=True):
        self.directory = directory
        self.port = port
        self.aof = aof
        self.password = password
        self.process = None
        if start:
            self.start()

    def start(self):
        """Starts the server and waits until it answers (it may load its append-only file first)."""
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.directory]
        command += ["--save", "", "--daemonize", "no", "--appendonly", "yes" if self.aof else "no"]
        command += ["--appendfsync", "always"] if self.aof else []
        command += ["--requirepass", self.password] if self.password else []
        with open(os.path.join(self.directory, "redis.log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                if self.command("PING") == "PONG":
                    return
            except (OSError, RedisReplyError):
                time.sleep(0.02)
        raise RuntimeError(f"redis-server on port {self.port} did not answer within 10 s")

    def kill(self):
        """SIGKILL: nothing is saved, connections are reset."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self):
        """SIGSTOP; returns the state letter of /proc/PID/stat as evidence (`T`)."""
        self.process.send_signal(signal.SIGSTOP)
        for _ in range(100):
            state = self.state()
            if state == "T":
                return state
            time.sleep(0.01)
        return state

    def resume(self):
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def state(self):
        """The state letter of the server's process."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]

    def command(self, *words, timeout=3.0):
        """Sends one command on its own connection and returns the reply; lists nest."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as sock:
            stream = sock.makefile("rb")
            if self.password:
                sock.sendall(encode("AUTH", self.password))
                decode(stream)
            sock.sendall(encode(*words))
            return decode(stream)

    def length(self, topic):
        """Entries of a stream."""
        return self.command("XLEN", topic)

    def pending(self, topic, group):
        """Entries that were read by a group and are not acknowledged."""
        return self.command("XPENDING", topic, group)[0]

    def entries(self, topic):
        """All entries of a stream as (id, fields)."""
        return [(one[0], dict(zip(one[1][::2], one[1][1::2]))) for one in self.command("XRANGE", topic, "-", "+")]


class RedisReplyError(Exception):
    """An error reply."""


def encode(*words):
    """A command as an array of bulk strings."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def decode(stream):
    """Reads one reply."""
    line = stream.readline()
    if not line:
        raise ConnectionResetError("redis-server closed the connection")
    kind, rest = line[:1], line[1:].rstrip(b"\r\n")
    if kind == b"+":
        return rest.decode()
    if kind == b"-":
        raise RedisReplyError(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        if rest == b"-1":
            return None
        data = stream.read(int(rest) + 2)[:-2]
        return data.decode("utf-8", "surrogateescape")
    return None if rest == b"-1" else [decode(stream) for _ in range(int(rest))]
