"""Certificates for tests, good ones and bad ones, made on the spot by the program `openssl`."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

_CONFIG = """
[ca]
default_ca = own
[own]
dir = .
database = ./index.txt
serial = ./serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = dn
prompt = no
[dn]
CN = nobody
[issuer]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate authority in a folder of its own."""

    folder: Path

    @property
    def file(self) -> Path:
        """What to trust."""
        return self.folder / "ca.pem"

    def server(
        self,
        name: str,
        hosts: tuple[str, ...] = ("DNS:desk.test", "DNS:localhost", "IP:127.0.0.1"),
        days: tuple[int, int] = (-1, 30),
    ) -> ssl.SSLContext:
        """A server's side of TLS; its certificate for `hosts` is good between `days` from now."""
        now = datetime.now(UTC)
        begin, end = (f"{now + timedelta(days=day):%y%m%d%H%M%SZ}" for day in days)
        request = ("req", "-new", "-config", "c.cnf", *_KEY, "-subj", f"/CN={name}")
        names = ("-addext", f"subjectAltName={','.join(hosts)}")
        self._openssl(*request, *names, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        sign = ("ca", "-batch", "-config", "c.cnf", "-cert", "ca.pem", "-keyfile", "ca.key")
        dates = ("-startdate", begin, "-enddate", end, "-notext")
        self._openssl(*sign, *dates, "-in", f"{name}.csr", "-out", f"{name}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def _openssl(self, *words: str) -> None:
        program = shutil.which("openssl")
        if program is None:
            pytest.skip("needs the program openssl, to make certificates")
        subprocess.run((program, *words), cwd=self.folder, check=True, capture_output=True)


def issuer(folder: Path, name: str = "Company CA") -> Issuer:
    """A new authority in `folder`, which is made."""
    folder.mkdir()
    (folder / "c.cnf").write_text(_CONFIG)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    made = Issuer(folder)
    own = ("-extensions", "issuer", "-days", "30", "-subj", f"/CN={name}")
    made._openssl(
        *("req", "-x509", "-config", "c.cnf", *own, *_KEY),
        *("-keyout", "ca.key", "-out", "ca.pem"),
    )
    return made
