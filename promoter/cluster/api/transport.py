"""What goes wrong on the way to an API server: the HTTP library's exceptions, as sentences for people.

Imported only to connect, as the library is there only with the extra `cluster`.
"""

from __future__ import annotations

import ssl

import urllib3.exceptions as lib

from promoter.cluster.api.trouble import Asked, Late, Passing, half
from promoter.errors import EdgeFailed


def from_error(error: Exception, asked: Asked) -> EdgeFailed:
    """Give what an exception of the HTTP library means."""
    error = _cause(error)
    if isinstance(error, (lib.SSLError, ssl.SSLError)):
        return _tls(error, asked)
    if isinstance(error, lib.NameResolutionError):
        return Late(f"{asked.where}: the server's name cannot be resolved", "Look at the address, DNS and VPN.")
    if isinstance(error, lib.NewConnectionError):
        return Passing(
            f"{asked.where} cannot be connected to", "Look whether it runs, and can be reached: network, VPN, proxy."
        )
    if isinstance(error, lib.TimeoutError):
        return Late(f"{asked.where} does not answer", "Look whether it can be reached from here: network, VPN, proxy.")
    if isinstance(error, lib.ProxyError):
        return Late(f"{asked.where}: the proxy does not let it through", "Look at HTTPS_PROXY, NO_PROXY and proxy-url.")
    if isinstance(error, lib.LocationValueError):
        return EdgeFailed(f"{asked.where}: the server's address is no URL", "Correct it: https://host:6443.")
    return half(asked)


def _cause(error: Exception) -> Exception:
    if isinstance(error, lib.MaxRetryError) and error.reason is not None:
        return _cause(error.reason)
    if isinstance(error, lib.ProxyError) and isinstance(error.original_error, (lib.SSLError, ssl.SSLError)):
        return error.original_error
    return error


def _tls(error: Exception, asked: Asked) -> EdgeFailed:
    """Tell apart what can be wrong with certificates, by OpenSSL's own words."""
    said = str(error)
    if "certificate has expired" in said:
        return EdgeFailed(f"{asked.where}: the server's certificate has expired", "Renew it on the cluster.")
    if "not yet valid" in said:
        return EdgeFailed(f"{asked.where}: the server's certificate is not valid yet", "Look at the clocks.")
    if "ostname mismatch" in said or "IP address mismatch" in said or "doesn't match" in said:
        return EdgeFailed(
            f"{asked.where}: the server's certificate is for another name", "Correct the address, or tls-server-name."
        )
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return EdgeFailed(
            f"{asked.where}: the server's certificate is of an unknown CA",
            "Give the cluster's CA: certificate-authority-data in the kubeconfig, or ca in live.",
        )
    if "ALERT" in said.upper() and "CERTIFICATE" in said.upper():
        return EdgeFailed(
            f"{asked.where} does not accept the client certificate", "It may have expired: log in again, or renew it."
        )
    return EdgeFailed(
        f"{asked.where}: no TLS connection could be made", "Look at the address and port, and at proxies on the way."
    )
