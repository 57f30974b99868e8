"""How the pictures of the sample were made; the program itself never imports this."""
