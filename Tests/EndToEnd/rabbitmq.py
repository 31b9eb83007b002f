"""A private RabbitMQ node, started by brokers/rabbitmq/start, and a link to it that can go silent."""

import os
import signal
import socket
import subprocess
import threading
import time

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "brokers", "rabbitmq")


class RabbitMQ:
    """One node with its own folder, ports and name service; `ports` are three free ones."""

    def __init__(self, directory, ports, lines=(), plugins=""):
        self.directory = os.path.join(directory, f"rabbitmq-{ports[0]}")
        self.port = ports[0]
        self.process = None
        self.environment = dict(os.environ, RABBITMQ_DATA=self.directory, RABBITMQ_PORT=str(ports[0]),
                                RABBITMQ_DIST=str(ports[1]), RABBITMQ_EPMD=str(ports[2]), RABBITMQ_PLUGINS=plugins)
        os.makedirs(os.path.join(self.directory, "conf.d"))
        with open(os.path.join(self.directory, "conf.d", "10-test.conf"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines).replace("PORT", str(self.port)) + "\n")
        self.start()

    def start(self):
        """Starts it and waits until it takes connections."""
        with open(os.path.join(self.directory, "start.log"), "ab") as log:
            self.process = subprocess.Popen([os.path.join(HERE, "start")], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"RabbitMQ on port {self.port} did not answer within 60 s:\n{self.log()[-3000:]}")

    def kill(self):
        """SIGKILL, in the midst of whatever it does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def log(self):
        """What it logged."""
        path = os.path.join(self.directory, "log", f"martlet-{self.port}@localhost.log")
        if not os.path.exists(path):
            path = os.path.join(self.directory, "start.log")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def control(self, *words):
        """What rabbitmqctl prints."""
        done = subprocess.run([os.path.join(HERE, "ctl"), *words], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"rabbitmqctl {' '.join(words)}: {done.stderr.strip()}{done.stdout.strip()}")
        return done.stdout

    def queues(self):
        """Name and number of events, unacknowledged ones included, of each queue."""
        lines = self.control("-q", "list_queues", "name", "messages", "--no-table-headers").splitlines()
        return {name: int(count) for name, count in (line.split("\t") for line in lines if "\t" in line)}


class Link:
    """A proxy on the loopback to a port. While it is `silent` it takes what comes and passes nothing on, and closes nothing."""

    def __init__(self, target):
        self.target = target
        self.silent = False
        self.swallowed = 0
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Makes a pair of each connection."""
        while True:
            try:
                near = self.listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            except OSError:
                if self.listener.fileno() < 0:
                    return
                near.close()
                continue
            far.settimeout(None)
            self.sockets += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, sink):
        """One direction."""
        try:
            while data := source.recv(65536):
                if self.silent:
                    self.swallowed += len(data)
                else:
                    sink.sendall(data)
        except OSError:
            pass
        if not self.silent:
            for one in (source, sink):
                one.close()

    def reset(self):
        """Ends every connection."""
        sockets, self.sockets = self.sockets, []
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def close(self):
        """Ends everything."""
        self.listener.close()
        self.reset()
