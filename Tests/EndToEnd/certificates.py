"""Certificates for applications that listen with TLS, made by the `openssl` command."""

import os
import ssl
import subprocess


def server_context(directory, name="localhost"):
    """An SSL context of a server with a certificate that nobody signed but itself."""
    key, certificate = os.path.join(directory, "app.key"), os.path.join(directory, "app.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "1", "-subj", f"/CN={name}"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
