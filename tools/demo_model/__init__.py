"""How the demo model and its samples were made. Run by hand; the program never imports this."""
