"""Deliveries of events to webhooks (Standard Webhooks 1.0.0)."""
