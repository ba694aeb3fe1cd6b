"""Addresses with a chosen behaviour: who connects there is refused, kept waiting, reset or served, as was asked."""
