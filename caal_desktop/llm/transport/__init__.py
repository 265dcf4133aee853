"""How requests leave this machine: addresses, proxies, certificates, retries, and the SDK's client."""
