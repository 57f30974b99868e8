"""Rights: who may do what, and why."""
