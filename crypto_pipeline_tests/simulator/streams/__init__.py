"""Feeds and subscriptions, without sockets."""
