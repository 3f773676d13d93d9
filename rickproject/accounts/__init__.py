"""Accounts: logging in, the second step, addresses, sessions, invitations, OpenID Connect."""
