"""Certificates with something wrong about them, made by the openssl program, and servers of old TLS."""

import ssl
import subprocess
import warnings
from pathlib import Path
from typing import Final

from servers import Certificate, ScriptedServer, make_certificate

_AUTHORITY: Final = """
[ca]
default_ca = this
[this]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def make_in(folder: Path, names: str = "IP:127.0.0.1,DNS:localhost") -> Certificate:
    """Make a certificate that is good, in a folder that is not there yet."""
    folder.mkdir()
    return make_certificate(folder, names)


def make_expired(folder: Path) -> Certificate:
    """Make a certificate that was good until 2020."""
    made = make_in(folder)
    (folder / "authority.cnf").write_text(_AUTHORITY)
    (folder / "index.txt").touch()
    request = ["req", "-new", "-key", "key.pem", "-subj", "/CN=retouchd tests, expired"]
    _openssl(folder, *request, "-addext", "subjectAltName=IP:127.0.0.1", "-out", "request.pem")
    signing = ["ca", "-batch", "-config", "authority.cnf", "-selfsign", "-keyfile", "key.pem", "-notext"]
    dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]
    _openssl(folder, *signing, *dates, "-in", "request.pem", "-out", made.certificate.name)
    return made


def bundle(path: Path, *trusted: Certificate) -> Path:
    """Write a file of certificates that are trusted."""
    path.write_text("".join(one.certificate.read_text() for one in trusted))
    return path


def present(server: ScriptedServer, certificate: Certificate) -> None:
    """Have a server present this certificate from its next connection on."""
    assert server.context is not None
    server.context.load_cert_chain(certificate.certificate, certificate.key)


def speak_only(server: ScriptedServer, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> None:
    """Have a server speak these versions of TLS, which may be too old for anybody else."""
    assert server.context is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server.context.minimum_version, server.context.maximum_version = lowest, highest
    server.context.set_ciphers("DEFAULT:@SECLEVEL=0")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=20)
