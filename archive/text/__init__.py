"""Text that people type: clean-up, Vietnamese names, order of segments."""
