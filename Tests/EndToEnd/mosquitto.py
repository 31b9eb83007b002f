"""A private mosquitto, and as much of MQTT 3.1.1 as the tests need to publish and to look at it."""

import os
import signal
import socket
import struct
import subprocess
import time


class Mosquitto:
    """One mosquitto on 127.0.0.1 that this process started; its file is written at every change, or with `saves=False` at its end."""

    def __init__(self, directory, port, lines=("allow_anonymous true",), saves=True):
        self.directory = directory
        self.port = port
        self.process = None
        with open(os.path.join(directory, "mosquitto.conf"), "w", encoding="utf-8") as file:
            file.write("\n".join([f"listener {port} 127.0.0.1", "persistence true",
                                  f"persistence_location {directory}/", f"autosave_interval {1 if saves else 1800}",
                                  f"autosave_on_changes {'true' if saves else 'false'}", "max_queued_messages 0", "max_inflight_messages 1000",
                                  f"log_dest file {directory}/mosquitto.log",
                                  f"log_type {'all' if saves else 'error'}"]
                                 + ["user root"] * (os.geteuid() == 0) + list(lines)) + "\n")
        self.start()

    def start(self):
        """Starts it and waits until it takes connections."""
        self.process = subprocess.Popen(["mosquitto", "-c", os.path.join(self.directory, "mosquitto.conf")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"mosquitto on port {self.port} did not answer within 10 s")

    def kill(self):
        """SIGKILL, whatever is not in its file yet."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def terminate(self):
        """SIGTERM: it writes its file."""
        self.process.terminate()
        self.process.wait(10)
        self.process = None

    def save(self):
        """Has it write its file, and waits until it did."""
        path = os.path.join(self.directory, "mosquitto.db")
        before = os.stat(path).st_mtime_ns if os.path.exists(path) else 0
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if os.path.exists(path) and os.stat(path).st_mtime_ns > before:
                return
            time.sleep(0.01)
        raise RuntimeError("mosquitto did not write its file")

    def pause(self):
        """SIGSTOP; the state letter of /proc/PID/stat as evidence (`T`)."""
        self.process.send_signal(signal.SIGSTOP)
        for _ in range(100):
            with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stat:
                state = stat.read().rsplit(")", 1)[1].split()[0]
            if state == "T":
                break
            time.sleep(0.01)
        return state

    def resume(self):
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def log(self):
        """What it logged."""
        with open(os.path.join(self.directory, "mosquitto.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_log(self, line):
        """Waits until it has logged something."""
        deadline = time.monotonic() + 10
        while line not in self.log():
            if time.monotonic() > deadline:
                raise RuntimeError(f"mosquitto did not log {line!r}:\n{self.log()[-2000:]}")
            time.sleep(0.02)

    def publish(self, topic, bodies):
        """Publishes with QoS 1 from a connection of its own, and waits for every PUBACK."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as sock:
            stream = sock.makefile("rb")
            sock.sendall(packet(0x10, text("MQTT") + b"\x04\x02\x00\x3c" + text(f"e2e-{os.getpid()}-{time.monotonic_ns()}")))
            if stream.read(4) != b"\x20\x02\x00\x00":
                raise RuntimeError("mosquitto refused the connection")
            for number, body in enumerate(bodies):
                sock.sendall(packet(0x32, text(topic) + struct.pack(">H", number % 60_000 + 1) + body))
                if stream.read(4)[:2] != b"\x40\x02":
                    raise RuntimeError("mosquitto did not acknowledge")
            sock.sendall(b"\xe0\x00")


def text(value):
    """A text with its length before it."""
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def packet(header, body):
    """A packet with its length."""
    length, encoded = len(body), b""
    while True:
        length, byte = length >> 7, length & 0x7F
        encoded += bytes([byte | (0x80 if length else 0)])
        if not length:
            return bytes([header]) + encoded + body
