"""etcd and kube-apiserver as two processes that never outlive the one that started them.

The ports are reserved for as long as the pair exists (both programs share them, SO_REUSEPORT), so a server that is
killed comes back at its address. Each program leads a process group of its own, and on Linux dies with its starter.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

from tests.kube import certificates
from tests.kube.programs import Programs

READY_SECONDS = 60.0
_BINDING = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class NotReady(Exception):
    """A server did not come up."""


class Pair:
    """etcd and kube-apiserver in `folder`; nothing runs before `start`."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.tokens = {name: f"{name}-{secrets.token_hex(16)}" for name in ("admin", "nobody")}
        self._sockets = [_reserved() for _ in range(3)]
        self.etcd_port, self.peer_port, self.port = (each.getsockname()[1] for each in self._sockets)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate."""
        return self.folder / "ca.crt"

    def start(self) -> None:
        """Start both and wait until the server is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.ca_file.exists():
            certificates.make(self.folder)
            rows = [f'{self.tokens["admin"]},admin,admin,"system:masters"', f"{self.tokens['nobody']},nobody,nobody"]
            (self.folder / "tokens.csv").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
            (self.folder / "tokens.csv").chmod(0o600)
        self._start("etcd", self._etcd())
        self.start_apiserver()

    def start_apiserver(self) -> None:
        """Start the server alone, as after `kill_apiserver`, and wait until it is ready."""
        self._start("kube-apiserver", self._apiserver())
        self._wait()

    def kill_apiserver(self) -> None:
        """End the server with no farewell; its connections break, new ones are refused."""
        self._end("kube-apiserver", signal.SIGKILL)

    def signal_apiserver(self, number: int) -> None:
        """Send the server a signal, such as SIGSTOP."""
        self._running["kube-apiserver"].send_signal(number)

    def pids(self) -> list[int]:
        """Give the process ids of what runs."""
        return [process.pid for process in self._running.values()]

    def check(self) -> None:
        """Raise `NotReady` when a program has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise NotReady(f"{name} ended with {process.returncode}:\n{self._log(name)}")

    def stop(self) -> None:
        """End both, give the ports back and remove the folder."""
        for name in ("kube-apiserver", "etcd"):
            self._end(name, signal.SIGKILL)
        for each in self._sockets:
            each.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                _bound(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )

    def _end(self, name: str, number: int) -> None:
        process = self._running.pop(name, None)
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, number)
        process.wait()

    def _wait(self) -> None:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        end = time.monotonic() + READY_SECONDS
        said = "it did not answer"
        while time.monotonic() < end:
            self.check()
            try:
                connection = HTTPSConnection("127.0.0.1", self.port, context=context, timeout=5)
                connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {self.tokens['admin']}"})
                answer = connection.getresponse()
                said = answer.read().decode()
                connection.close()
                if answer.status == 200:
                    return
            except (OSError, HTTPException) as error:
                said = str(error)
            time.sleep(0.05)
        raise NotReady(
            f"kube-apiserver is not ready after {READY_SECONDS:.0f} s: {said}\n{self._log('kube-apiserver')}"
        )

    def _log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def _etcd(self) -> list[str]:
        clients, peers = (f"http://127.0.0.1:{port}" for port in (self.etcd_port, self.peer_port))
        return [
            str(self.programs.etcd), "--name=only", "--data-dir=etcd", "--unsafe-no-fsync", "--socket-reuse-port",
            f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=only={peers}",
            "--quota-backend-bytes=4294967296", "--log-level=warn",
        ]  # fmt: skip

    def _apiserver(self) -> list[str]:
        return [
            str(self.programs.apiserver), f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            "--bind-address=127.0.0.1", f"--secure-port={self.port}", "--permit-port-sharing",
            "--endpoint-reconciler-type=none", "--advertise-address=127.0.0.1",
            "--service-cluster-ip-range=10.0.0.0/24", "--cert-dir=.", "--client-ca-file=ca.crt",
            "--tls-cert-file=server.crt", "--tls-private-key-file=server.key",
            "--token-auth-file=tokens.csv", "--authorization-mode=RBAC", "--service-account-issuer=https://127.0.0.1",
            "--service-account-key-file=accounts.crt", "--service-account-signing-key-file=accounts.key",
            "--disable-admission-plugins=ServiceAccount", "--profiling=false", "--v=0",
        ]  # fmt: skip


def _reserved() -> socket.socket:
    """Give a socket that keeps a free port for programs that share it; it does not listen, so gets no connections."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(("127.0.0.1", 0))
    return found


def _bound(command: list[str]) -> list[str]:
    """Give the command as one that the kernel kills when the thread that starts it ends (Linux; elsewhere as it is)."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", "-c", _BINDING, str(os.getpid()), *command]
