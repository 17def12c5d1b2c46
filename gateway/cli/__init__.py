"""The command `gateway`: one file for each thing that a person does with it."""

from gateway.cli import check, copy, demo_data, documents, export_devices, import_devices, migrate, schema, serve, token
from gateway.cli.app import app

__all__ = [
    "app",
    "check",
    "copy",
    "demo_data",
    "documents",
    "export_devices",
    "import_devices",
    "migrate",
    "schema",
    "serve",
    "token",
]
