"""Detect requests sent by pages of other origins; they may change nothing, with any cookies.

A cookie is bound to a host, not to a port, so a page on another port of this computer can plant a
form cookie of its own and send a form that fits it. Only the browser's own headers about the sender
distinguish such a form: Sec-Fetch-Site (Fetch Metadata) and Origin (RFC 6454). Browsers send no
Sec-Fetch headers to plain-http hosts.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from flask import request

from archive.web.core import current

_SAME_SITE_VALUES = frozenset({"same-origin", "none"})  # none: typed into the address bar
_PORTS = {"http": 80, "https": 443}


def is_cross_origin() -> bool:
    """Return whether the browser names a page of another origin as the sender.

    A request with none of the three headers is not from a current browser; the form token decides
    about it.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _SAME_SITE_VALUES:
        return True
    sender = request.headers.get("Origin")
    if sender is None:  # a page can leave its Referer out, so an empty one proves nothing
        sender = request.headers.get("Referer") or None
    return sender is not None and not is_own_host(sender)


def is_own_host(sender: str) -> bool:
    """Return whether an Origin or Referer has the host and port of this request.

    Schemes are not compared: behind a TLS proxy only the browser has the real scheme. `null` and
    unparsable values are not our own.
    """
    # With LOIKE_HTTPS a Host without a port means 443, although the proxy speaks http to us.
    scheme = "https" if current.settings().https else request.scheme
    try:
        requested, claimed = urlsplit(f"{scheme}://{request.host}"), urlsplit(sender)
        if not claimed.hostname or "@" in claimed.netloc:
            return False
        return (requested.hostname, _port(requested)) == (claimed.hostname, _port(claimed))
    except (ValueError, KeyError):
        return False


def _port(address: SplitResult) -> int:
    return _PORTS[address.scheme] if address.port is None else address.port
