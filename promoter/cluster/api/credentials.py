"""How to reach an API server, and as whom: a kubeconfig's context, the pod's service account, or named variables.

Invariant: no message says what stands in a kubeconfig beside names: the client's own messages repeat whole entries,
tokens too, so none of them is passed on.
"""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client import Configuration
from kubernetes.config import ConfigException
from kubernetes.config.dateutil import parse_rfc3339
from kubernetes.config.exec_provider import ExecProvider
from kubernetes.config.incluster_config import InClusterConfigLoader
from kubernetes.config.kube_config import FileOrData, KubeConfigLoader, KubeConfigMerger

from promoter.cluster.api.target import Target
from promoter.cluster.api.trouble import redacted
from promoter.errors import EdgeFailed

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds the token and the CA of its service account."""
_DEFAULT = "~/.kube/config"


def configuration(target: Target, env: Mapping[str, str], account: Path = ACCOUNT) -> Configuration:
    """Give the client's configuration for `target`. Raises EdgeFailed."""
    made = Configuration(host="")  # the client's own default is this machine
    made.retries = False
    if target.context:
        _from_kubeconfig(made, target.context, env.get("KUBECONFIG") or _DEFAULT)
    elif target.server:
        _from_variables(made, target, env)
    else:
        _from_pod(made, env, account)
    return made


def _from_kubeconfig(made: Configuration, context: str, paths: str) -> None:
    merged = _read(paths)
    names = _names(merged, "contexts")
    if context not in names:
        few = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        raise EdgeFailed(
            f"there is no context {context} in {paths}",
            f"There is {few or 'none'}. Set KUBECONFIG, or correct live.kubernetes.context.",
        )
    try:
        _Loader(config_dict=merged.config, active_context=context).load_and_set(made)
    except (ConfigException, OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        missing = f": {error.strerror}: {error.filename}" if isinstance(error, OSError) and error.filename else ""
        raise EdgeFailed(
            f"context {context} in {paths} cannot be used{missing}",
            f"Its cluster or user is missing or incomplete; kubectl --context {context} version tells more.",
        ) from None


def _read(paths: str) -> Any:
    try:
        merged = KubeConfigMerger(paths)
    except OSError as error:
        raise EdgeFailed(f"{paths} cannot be read: {error.strerror}", "Look at KUBECONFIG.") from None
    except yaml.MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark is not None else ""
        raise EdgeFailed(f"{paths} is no YAML{line}", "Look at KUBECONFIG, or log in again.") from None
    except (yaml.YAMLError, ConfigException, ValueError, TypeError, KeyError, AttributeError):
        raise EdgeFailed(f"{paths} is no kubeconfig", "Look at KUBECONFIG, or log in again.") from None
    if merged.config is None:
        raise EdgeFailed(
            f"there is no kubeconfig at {paths}",
            "Set KUBECONFIG to one, or write live: {kubernetes: {server: ..., token: NAME_OF_A_VARIABLE}}.",
        )
    return merged


def _names(merged: Any, kind: str) -> list[str]:
    return [str(entry["name"]) for entry in merged.config.value.get(kind, ()) if "name" in entry]


class _Loader(KubeConfigLoader):  # type: ignore[misc]  # the client has no types
    """The client's reader of contexts; a plugin that fails is told of, where the client would log it and go on."""

    def _load_from_exec_plugin(self) -> bool | None:
        if "exec" not in self._user:
            return None
        folder = self._get_base_path(self._cluster.path)
        program = str(self._user["exec"].safe_get("command") or "the plugin")
        try:
            status = ExecProvider(self._user["exec"], folder, self._cluster).run()
        except FileNotFoundError:
            raise EdgeFailed(
                f"the credential plugin {program} is not installed", "Install it, or use another context."
            ) from None
        except (ConfigException, OSError, ValueError, KeyError) as error:
            raise EdgeFailed(
                f"the credential plugin {program} failed: {redacted(str(error))}",
                "Run it by hand; it may want a person to log in again.",
            ) from None
        if "token" in status:
            self.token = f"Bearer {status['token']}"
        elif "clientCertificateData" in status and "clientKeyData" in status:
            self.cert_file = _file(status, "clientCertificateData", folder)
            self.key_file = _file(status, "clientKeyData", folder)
        else:
            raise EdgeFailed(f"the credential plugin {program} gave neither a token nor a certificate with its key")
        if "expirationTimestamp" in status:
            self.expiry = parse_rfc3339(status["expirationTimestamp"])
        return True


def _file(status: Any, name: str, folder: str) -> Any:
    return FileOrData(status, None, data_key_name=name, file_base_path=folder, base64_file_content=False).as_file()


def _from_pod(made: Configuration, env: Mapping[str, str], account: Path) -> None:
    try:
        InClusterConfigLoader(str(account / "token"), str(account / "ca.crt"), environ=env).load_and_set(made)
    except (ConfigException, OSError):
        raise EdgeFailed(
            "this does not run in a pod with a service account",
            "in-cluster is for jobs that run in the cluster; elsewhere write a context, or server and token.",
        ) from None


def _from_variables(made: Configuration, target: Target, env: Mapping[str, str]) -> None:
    token = env.get(target.token, "").strip()
    if not token:
        raise EdgeFailed(
            f"the environment variable {target.token} is not set: it holds the token for {target}",
            "Set it to a service account's token, as a secret of the job.",
        )
    made.host = target.server.rstrip("/")
    made.api_key["authorization"] = f"Bearer {token}"
    if target.ca:
        made.ca_cert_data = _authority(target, env.get(target.ca, "").strip())


def _authority(target: Target, text: str) -> str:
    """Give a CA's PEM; it may be in base64, as kubeconfigs have it."""
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode(text, validate=True).decode()
        except ValueError:
            text = ""
    try:
        ssl.create_default_context(cadata=text or "none")  # the CAs of the machine are not what was asked for
    except (ssl.SSLError, ValueError):
        raise EdgeFailed(
            f"the environment variable {target.ca} holds no CA certificate for {target}",
            "Set it to the PEM, or to certificate-authority-data from a kubeconfig.",
        ) from None
    return text


def authorization(made: Configuration) -> Callable[[], Mapping[str, str]]:
    """Give a function that gives the header that says who asks; it renews what has expired. Raises EdgeFailed."""

    def header() -> Mapping[str, str]:
        try:
            settings = made.auth_settings().values()
        except (ConfigException, OSError, ValueError):
            raise EdgeFailed("the credentials could not be renewed", "Log in again, and run again.") from None
        values = {str(one["key"]): str(one["value"]).strip() for one in settings if one["value"]}
        if any(not value.isprintable() or not value.isascii() for value in values.values()):
            raise EdgeFailed("the token is more than one line of plain text", "Set it to the token alone.")
        return values

    return header
