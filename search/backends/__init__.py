"""Where passages are kept and found; base.py is the contract, registry.py the list."""
