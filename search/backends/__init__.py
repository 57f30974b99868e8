"""Search backends; base.py is their interface, registry.py their list."""
