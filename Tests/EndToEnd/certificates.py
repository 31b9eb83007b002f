"""Certificates for applications that listen with TLS, made by the `openssl` command."""

import os
import ssl
import subprocess


class Authority:
    """An authority of our own in a directory, and what it signs."""

    def __init__(self, directory, name="ca"):
        self.directory = directory
        self.name = name
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path(f"{name}.key"), "-out",
                 self.path(f"{name}.pem"), "-subj", f"/CN={name}", "-days", "30")
        self.pem = self.path(f"{name}.pem")

    def path(self, name):
        """A file of its directory."""
        return os.path.join(self.directory, name)

    def sign(self, name, extensions, expired=False):
        """A key and a certificate: paths NAME.key and NAME.pem, and NAME.both with key and chain in one file."""
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path(f"{name}.key"), "-out",
                 self.path(f"{name}.csr"), "-subj", f"/CN={name}")
        with open(self.path(f"{name}.ext"), "w", encoding="utf-8") as file:
            file.write("[more]\n" + extensions + "\n")
        with open(self.path("index.txt"), "w", encoding="utf-8"), open(self.path("serial"), "w", encoding="utf-8") as serial:
            serial.write(os.urandom(8).hex() + "\n")
        with open(self.path("authority.cnf"), "w", encoding="utf-8") as file:
            file.write(f"[ca]\ndefault_ca=one\n[one]\ndatabase={self.path('index.txt')}\nserial={self.path('serial')}\nnew_certs_dir={self.directory}\n"
                       "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n")
        dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] if expired else ["-days", "10"]
        _openssl("ca", "-batch", "-config", self.path("authority.cnf"), "-cert", self.pem, "-keyfile",
                 self.path(f"{self.name}.key"), "-in", self.path(f"{name}.csr"), "-out", self.path(f"{name}.pem"), "-notext",
                 "-extfile", self.path(f"{name}.ext"), "-extensions", "more", *dates)
        with open(self.path(f"{name}.both"), "w", encoding="utf-8") as file:
            for part in (f"{name}.key", f"{name}.pem", f"{self.name}.pem"):
                with open(self.path(part), encoding="utf-8") as source:
                    file.write(source.read())


def _openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr}")


def server_context(directory, name="localhost"):
    """An SSL context of a server with a certificate that nobody signed but itself."""
    key, certificate = os.path.join(directory, "app.key"), os.path.join(directory, "app.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "1", "-subj", f"/CN={name}"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
